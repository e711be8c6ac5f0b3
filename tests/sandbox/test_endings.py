"""What overstays and what breaks: each call ends, and the next one is well."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from runtime.deadline import Deadline
from runtime.sandbox.endings import Crashed, TimedOut
from runtime.sandbox.pool import NoRunnerInTime
from runtime.sandbox.sandbox import Limits, Sandbox
from tests.sandbox.calls import HELLO, SLEEP, SPIN, RecordingHost, body, code, event, failure, run
from tests.sandbox.processes import (
    children,
    fork_server,
    needs_proc,
    runners,
    wait_until,
)


class TestWhatOverstays:
    """Epochs of the engine do not stop a guest that sleeps in a host call; a kill does, and it stops the others too."""

    WAYS = {
        "a busy loop": SPIN,
        "a sleep": SLEEP,
        "a wait for nothing": "import wit_world\ndef on_request(request, response): wit_world.wait(None)",
        "a host call that takes longer": (
            "from relive_guest import host\n"
            "def on_request(request, response): host.wait_for(host.start('sleep', '{\"seconds\": 3}'))"
        ),
        "a regular expression": (
            "import re\ndef on_request(request, response): re.match(r'(a+)+$', 'a' * 40 + 'b')"
        ),
        "a flood of the log": "def on_request(request, response):\n    while True: print('x' * 1000)",
        "a big number": "def on_request(request, response): return len(str(7 ** 7 ** 8))",
    }  # fmt: skip

    @pytest.mark.parametrize("source", WAYS.values(), ids=WAYS)
    def test_is_ended_at_the_deadline(self, guest_sandbox: Sandbox, source: str) -> None:
        guest_sandbox.start()
        started = time.monotonic()
        ending = run(guest_sandbox, source, seconds=0.4)
        assert isinstance(ending, TimedOut)
        assert not ending.defining
        assert time.monotonic() - started < 2.9  # a bound against a hang; the sleeps go on for longer
        assert body(run(guest_sandbox, HELLO)) == "hello"

    def test_what_it_waited_for_is_told(self, sandbox: Sandbox) -> None:
        sandbox.start()
        ending = run(sandbox, self.WAYS["a host call that takes longer"], seconds=0.3)
        assert ending == TimedOut(defining=False, waiting_for=("sleep",))

    @pytest.mark.parametrize("source", ["while True: pass", "import time\ntime.sleep(100)"], ids=["loop", "sleep"])
    def test_a_definition_has_a_limit_of_its_own(self, guest: Path, source: str) -> None:
        sandbox = Sandbox(guest, Limits(runners=1, depth=0, definition_seconds=0.3))
        try:
            assert run(sandbox, source, seconds=30) == TimedOut(defining=True)
            assert body(run(sandbox, HELLO)) == "hello"
        finally:
            sandbox.close()

    @needs_proc
    def test_its_runner_is_gone_and_collected(self, sandbox: Sandbox) -> None:
        run(sandbox, SPIN, seconds=0.3)
        assert children(fork_server(sandbox)) == []

    def test_only_its_own_call_sees_it(self, sandbox: Sandbox) -> None:
        endings: list[object] = []
        neighbour = threading.Thread(
            target=lambda: endings.append(
                body(run(sandbox, "import time\ndef on_request(request, response): time.sleep(1); return 'here'"))
            )
        )
        neighbour.start()
        run(sandbox, SPIN, seconds=0.3)
        neighbour.join()
        assert endings == ["here"]


class TestWhatBreaks:
    """Each of these ends the guest in another way; all are a crash or a plain failure, and the next call is well."""

    CRASHES = {
        "abort": ("import os\ndef on_request(request, response): os.abort()", "unreachable"),
        "a deep recursion in C": (
            "def on_request(request, response):\n    x = []\n    for _ in range(1_000_000): x = [x]\n    return 1",
            "stack exhausted",
        ),
        "an export left by an exception": (
            "import guest\ndef on_request(request, response):\n    guest.handle = None\n    del guest.failure.ending\n"
            "    raise ValueError",
            "unreachable",
        ),
    }

    @pytest.mark.parametrize(("source", "reason"), CRASHES.values(), ids=CRASHES)
    def test_a_trap_is_told_with_its_reason(self, guest_sandbox: Sandbox, source: str, reason: str) -> None:
        ending = run(guest_sandbox, source)
        assert isinstance(ending, Crashed)
        assert reason in ending.reason
        assert body(run(guest_sandbox, HELLO)) == "hello"

    FAILURES = {
        "exit": ("import sys\ndef on_request(request, response): sys.exit(0)", "SystemExit"),
        "recursion": ("def on_request(request, response): return on_request(request, response)", "RecursionError"),
        "one big allocation": (
            "def on_request(request, response): return len(bytearray(500_000_000))", "MemoryError"
        ),
        "many small ones": (
            "def on_request(request, response):\n    x = []\n    while True: x.append('a' * 100_000 + str(len(x)))",
            "MemoryError",
        ),
    }  # fmt: skip

    @pytest.mark.parametrize(("source", "exception"), FAILURES.values(), ids=FAILURES)
    def test_a_python_exception_is_told_as_one(self, guest_sandbox: Sandbox, source: str, exception: str) -> None:
        assert failure(run(guest_sandbox, source)) == exception
        assert body(run(guest_sandbox, HELLO)) == "hello"

    def test_the_memory_limit_is_the_one_that_is_set(self, guest: Path) -> None:
        source = "def on_request(request, response): return len(bytearray(100_000_000))"
        for megabytes, fits in ((64, False), (256, True)):
            sandbox = Sandbox(guest, Limits(memory_mb=megabytes, runners=1, depth=0))
            try:
                ending = run(sandbox, source)
                assert (body(ending) == 100_000_000) if fits else (failure(ending) == "MemoryError")
            finally:
                sandbox.close()

    @needs_proc
    def test_a_killed_runner_is_a_crash_of_its_own_call(self, sandbox: Sandbox) -> None:
        endings: list[object] = []
        call = threading.Thread(target=lambda: endings.append(run(sandbox, SLEEP)))
        call.start()
        wait_until(lambda: runners(sandbox), "a runner")
        os.kill(runners(sandbox)[0], signal.SIGKILL)
        call.join(20)
        assert isinstance(endings[0], Crashed)
        assert body(run(sandbox, HELLO)) == "hello"

    @needs_proc
    def test_an_idle_runner_that_was_killed_is_a_crash_at_worst(self, sandbox: Sandbox) -> None:
        run(sandbox, HELLO)
        os.kill(runners(sandbox)[0], signal.SIGKILL)
        endings = [run(sandbox, HELLO) for _ in range(3)]
        assert body(endings[-1]) == "hello"


def test_a_deadline_that_has_passed_ends_the_call_at_once(sandbox: Sandbox) -> None:
    with pytest.raises(NoRunnerInTime):
        sandbox.run("app", code(HELLO), event, host=RecordingHost(), deadline=Deadline.after(0))
