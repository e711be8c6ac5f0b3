"""Calls to the host, which overlap, and what calls of user code share: nothing."""

import threading
from pathlib import Path

import pytest

from runtime.sandbox.endings import Crashed
from runtime.sandbox.host_calls import HostCalls
from runtime.sandbox.sandbox import Limits, Sandbox
from runtime.sandbox.share import Share
from runtime.threads import Threads
from tests.sandbox.calls import HELLO, RecordingHost, body, run


class TestHostCalls:
    OVERLAP = (
        "from relive_guest import host\n"
        "def on_request(request, response):\n"
        "    calls = [host.start('sleep', '{\"seconds\": 0.3}') for _ in range(3)]\n"
        "    return [host.wait_for(call)['value']['seconds'] for call in calls]"
    )

    def test_calls_overlap(self, sandbox: Sandbox) -> None:
        host = RecordingHost()
        assert body(run(sandbox, self.OVERLAP, host=host)) == [0.3, 0.3, 0.3]
        assert host.most_at_once == 3

    def test_whichever_ends_first_comes_first(self, sandbox: Sandbox) -> None:
        source = (
            "import wit_world, json\n"
            "def on_request(request, response):\n"
            "    names = {wit_world.start('sleep', json.dumps({'seconds': s})): s for s in (0.5, 0.05, 0.25)}\n"
            "    return [names[wit_world.wait(None)[0]] for _ in names]"
        )
        assert body(run(sandbox, source)) == [0.05, 0.25, 0.5]

    def test_a_wait_ends_when_its_time_is_up(self, sandbox: Sandbox) -> None:
        source = (
            "import wit_world\n"
            "def on_request(request, response):\n"
            "    wit_world.start('sleep', '{\"seconds\": 0.5}')\n"
            "    return [wit_world.wait(50) is None, wit_world.wait(None) is None]"
        )
        assert body(run(sandbox, source)) == [True, False]

    def test_a_thousand_are_worked_on_a_few_at_a_time(self, sandbox: Sandbox) -> None:
        source = (
            "from relive_guest import host\n"
            "def on_request(request, response):\n"
            "    calls = [host.start('echo', f'{{\"n\": {n}}}') for n in range(1000)]\n"
            "    return sum(host.wait_for(call)['value']['n'] for call in calls)"
        )
        host = RecordingHost()
        assert body(run(sandbox, source, host=host)) == 499_500
        assert host.most_at_once <= 16

    def test_a_late_reply_is_not_taken_for_one_to_the_next_call(self, guest: Path) -> None:
        sandbox = Sandbox(guest, Limits(runners=1, depth=0))
        leave = (
            "import wit_world\nfrom relive_guest import pending\n"
            "def on_request(request, response): wit_world.start('sleep', '{\"seconds\": 0.2}'); return 'left'"
        )
        wait = "import wit_world\ndef on_request(request, response): return [wit_world.wait(600)]"
        try:
            assert body(run(sandbox, leave)) == "left"
            assert body(run(sandbox, wait)) == [None]
        finally:
            sandbox.close()

    def test_the_top_level_of_a_file_has_no_capabilities(self, sandbox: Sandbox) -> None:
        """Not even for code that goes around the guest's own check: the runner refuses."""
        host = RecordingHost()
        ending = run(sandbox, "import wit_world\nwit_world.start('echo', '{}')\n" + HELLO, host=host)
        assert isinstance(ending, Crashed)
        assert host.calls == []

    def test_six_megabytes_come_and_go(self, sandbox: Sandbox) -> None:
        source = "def on_request(request, response): return 'x' * 6_000_000"
        assert len(body(run(sandbox, source))) == 6_000_000


def test_a_call_that_comes_while_the_last_worker_leaves_is_worked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.sandbox.host_calls.SIMULTANEOUS_HOST_CALLS", 1)
    second = threading.Event()

    class OneComesLate(HostCalls):
        def _next(self) -> tuple[int, str, str | None] | None:
            found = super()._next()
            if found is None and not self.under_way() and not second.is_set():
                self.start(2, "echo", "{}")
            return found

    def work(number: int, _capability: str, _arguments: str | None) -> None:
        if number == 2:
            second.set()

    threads = Threads()
    OneComesLate(work, threads, Share.of_one_call()).start(1, "echo", "{}")
    assert second.wait(20)
    threads.close()


def test_two_calls_share_nothing(sandbox: Sandbox) -> None:
    source = (
        "import builtins, json, random, os\n"
        "seen = getattr(builtins, 'seen', 0)\n"
        "def on_request(request, response):\n"
        "    builtins.seen = 1\n"
        "    json.dumps.__defaults__ = None\n"
        "    os.environ['LEFT'] = 'behind'\n"
        "    return [seen, os.environ.get('LEFT') if seen else None, random.random(), hash('frozen')]"
    )
    first, second = body(run(sandbox, source)), body(run(sandbox, source))
    assert first[:2] == second[:2] == [0, None]
    assert first[2] != second[2], "random numbers must differ between calls"
    assert first[3] == second[3], "string hashing is frozen in the snapshot; should this change, the guide is wrong"
