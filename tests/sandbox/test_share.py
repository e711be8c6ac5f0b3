"""What the calls of one request have of the sandbox together: runners, and room for their host calls."""

import json
import threading
import time
from typing import Any

import pytest

from runtime.deadline import Deadline
from runtime.held import HeldBytes
from runtime.sandbox.endings import Ending
from runtime.sandbox.pool import NoRunnerInTime
from runtime.sandbox.sandbox import Sandbox
from runtime.sandbox.share import Share
from runtime.turns import Turns
from tests.sandbox.calls import HELLO, RecordingHost, body, code, event

REFUSAL = '{"value": "refused"}'
LIMIT = 400_000
SMALL = 100_000


class GenerousHost(RecordingHost):
    """Offers `many`, too: as many characters as it is asked for."""

    def call(self, capability: str, arguments: str) -> str | None:
        if capability == "many":
            return json.dumps({"value": "x" * json.loads(arguments)["n"]})
        return super().call(capability, arguments)


def run(sandbox: Sandbox, source: str, share: Share, *, seconds: float = 20) -> Ending:
    return sandbox.run(
        "app", code(source), event, host=GenerousHost(), deadline=Deadline.after(seconds), share=share
    )  # fmt: skip


def share(runners: int = 4) -> Share:
    return Share(Turns(runners, deepest=0), HeldBytes(LIMIT), REFUSAL)


def calls(*told: tuple[str, Any]) -> str:
    """A function that starts these calls at once and answers how long each value is, or what it was refused with."""
    return (
        "from relive_guest import host\nimport json\n"
        "def on_request(request, response):\n"
        f"    started = [host.start(name, json.dumps(arguments)) for name, arguments in {told!r}]\n"
        "    values = [host.wait_for(call)['value'] for call in started]\n"
        "    return [value if value == 'refused' else len(json.dumps(value)) for value in values]"
    )


CALLS = {
    "arguments that fit": ([("echo", {"x": "y" * SMALL})], False),
    "arguments that do not": ([("echo", {"x": "y" * LIMIT})], True),
    "a reply that fits": ([("many", {"n": SMALL})], False),
    "a reply that does not": ([("many", {"n": LIMIT})], True),
}


@pytest.mark.parametrize(("told", "is_refused"), CALLS.values(), ids=CALLS.keys())
def test_what_does_not_fit_is_refused_and_all_is_given_back(
    sandbox: Sandbox, told: list[tuple[str, Any]], is_refused: bool
) -> None:
    of_request = share()
    answer = body(run(sandbox, calls(*told, ("echo", {})), of_request))
    assert answer == ["refused" if is_refused else answer[0], 2]
    assert is_refused or answer[0] > SMALL
    assert_empty(of_request)


def test_calls_that_wait_for_their_turn_are_held_too(sandbox: Sandbox) -> None:
    """Sixteen sleep, so that further ones wait; of those, as many fit as the limit says."""
    sleeping = [("sleep", {"seconds": 0.3})] * 16
    of_request = share()
    answer = body(run(sandbox, calls(*sleeping, *[("echo", {"x": "y" * SMALL})] * 8), of_request))
    assert 1 <= answer[16:].count("refused") <= 7
    assert_empty(of_request)


def test_what_waits_when_the_call_ends_is_given_back(sandbox: Sandbox) -> None:
    source = (
        "from relive_guest import host\nimport json\n"
        "def on_request(request, response):\n"
        "    for _ in range(16): host.start('sleep', '{\"seconds\": 0.3}')\n"
        f"    for _ in range(3): host.start('echo', json.dumps('y' * {SMALL}))\n"
        "    return 'left'"
    )
    of_request = share()
    assert body(run(sandbox, source, of_request)) == "left"
    assert_empty(of_request)


def test_two_requests_have_room_of_their_own(sandbox: Sandbox) -> None:
    full, other = share(), share()
    assert full.held.take(LIMIT)
    assert body(run(sandbox, calls(("echo", {})), full)) == ["refused"]
    assert body(run(sandbox, calls(("echo", {})), other)) == [2]


def test_who_finds_no_turn_in_time_gets_no_runner(sandbox: Sandbox) -> None:
    of_request = share(runners=1)
    nap = "import time\ndef on_request(request, response): time.sleep(1); return 'here'"
    endings: list[Any] = []
    first = threading.Thread(target=lambda: endings.append(body(run(sandbox, nap, of_request))))
    first.start()
    time.sleep(0.4)
    with pytest.raises(NoRunnerInTime):
        run(sandbox, HELLO, of_request, seconds=0.1)
    assert body(run(sandbox, HELLO, share())) == "hello"
    first.join()
    assert endings == ["here"]
    assert body(run(sandbox, HELLO, of_request)) == "hello"
    assert of_request.runners.held == 0


def assert_empty(of_request: Share) -> None:
    for _ in range(100):
        if not of_request.held.held:
            break
        time.sleep(0.05)  # a call that was left may still be at work
    assert of_request.held.held == 0
    assert of_request.runners.held == 0
