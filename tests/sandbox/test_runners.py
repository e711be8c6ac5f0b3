"""Runner processes: how they start, what they hold, and what happens to those that misbehave."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.deadline import Deadline
from runtime.sandbox.endings import Crashed, TimedOut
from runtime.sandbox.sandbox import Limits, Sandbox
from tests.sandbox.calls import RecordingHost, body, code, event, failure, run
from tests.sandbox.processes import children, descriptors, environment, is_alive, needs_proc, threads

HELLO = "def on_request(request, response): return 'hello'"
SLEEP = "import time\ndef on_request(request, response): time.sleep(100)"
SPIN = "def on_request(request, response):\n    while True: pass"


@pytest.fixture
def sandbox(guest: Path) -> Iterator[Sandbox]:
    sandbox = Sandbox(guest, Limits(runners=4, depth=2))
    yield sandbox
    sandbox.close()


def fork_server(sandbox: Sandbox) -> int:
    sandbox.start()
    pid = sandbox._fork_server.pid
    assert pid is not None
    return pid


def runners(sandbox: Sandbox) -> list[int]:
    return [pid for pid in children(fork_server(sandbox)) if is_alive(pid)]


def wait_until(condition: object, what: str) -> None:
    assert callable(condition)
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.01)


@needs_proc
class TestCleanStart:
    def test_nothing_is_inherited(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not for you")
        inheritable = os.open("/dev/zero", os.O_RDONLY)
        os.set_inheritable(inheritable, True)
        try:
            assert body(run(sandbox, HELLO)) == "hello"
            (runner,) = runners(sandbox)
            for pid in (fork_server(sandbox), runner):
                assert [name for name in environment(pid) if not name.startswith("LD_LIBRARY_PATH=")] == []
                assert "/dev/zero" not in descriptors(pid).values()
        finally:
            os.close(inheritable)

    def test_a_runner_holds_two_pipes_and_the_guest(self, sandbox: Sandbox, guest: Path) -> None:
        run(sandbox, HELLO)
        (runner,) = runners(sandbox)
        held = sorted(name.split(":")[0] for number, name in descriptors(runner).items() if number > 2)
        assert [name for name in held if name == "pipe"] == ["pipe", "pipe"]
        assert [name for name in held if name == "socket"] == []
        assert all(name in ("pipe", str(guest)) or "memfd" in name or "anon_inode" in name for name in held)
        assert {descriptors(runner)[number] for number in (0, 1, 2)} == {"/dev/null"}

    def test_a_runner_cannot_reach_another_runners_pipes(self, sandbox: Sandbox) -> None:
        for app in ("one", "two"):
            run(sandbox, HELLO, app=app)
        first, second = (
            {name for name in descriptors(pid).values() if name.startswith("pipe")} for pid in runners(sandbox)
        )
        assert first.isdisjoint(second)

    def test_the_fork_server_has_one_thread_whatever_its_runners_do(self, sandbox: Sandbox) -> None:
        run(sandbox, SLEEP, seconds=0.3)
        run(sandbox, HELLO)
        assert threads(fork_server(sandbox)) == 1


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
    def test_is_ended_at_the_deadline(self, sandbox: Sandbox, source: str) -> None:
        started = time.monotonic()
        ending = run(sandbox, source, seconds=0.4)
        assert isinstance(ending, TimedOut)
        assert not ending.defining
        assert time.monotonic() - started < 2.5  # a bound against a hang; the sleeps go on for longer
        assert body(run(sandbox, HELLO)) == "hello"

    def test_what_it_waited_for_is_told(self, sandbox: Sandbox) -> None:
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
    def test_a_trap_is_told_with_its_reason(self, sandbox: Sandbox, source: str, reason: str) -> None:
        ending = run(sandbox, source)
        assert isinstance(ending, Crashed)
        assert reason in ending.reason
        assert body(run(sandbox, HELLO)) == "hello"

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
    def test_a_python_exception_is_told_as_one(self, sandbox: Sandbox, source: str, exception: str) -> None:
        assert failure(run(sandbox, source)) == exception
        assert body(run(sandbox, HELLO)) == "hello"

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


@needs_proc
class TestForkServer:
    def test_when_it_dies_the_next_call_starts_another(self, sandbox: Sandbox) -> None:
        run(sandbox, HELLO, app="one")
        first = fork_server(sandbox)
        os.kill(first, signal.SIGKILL)
        assert body(run(sandbox, HELLO, app="two")) == "hello"
        assert fork_server(sandbox) != first

    def test_a_call_in_flight_survives_its_death(self, sandbox: Sandbox) -> None:
        endings: list[object] = []
        source = "import time\ndef on_request(request, response): time.sleep(0.7); return 'still here'"
        call = threading.Thread(target=lambda: endings.append(body(run(sandbox, source))))
        call.start()
        wait_until(lambda: runners(sandbox), "a runner")
        os.kill(fork_server(sandbox), signal.SIGKILL)
        call.join(20)
        assert endings == ["still here"]

    def test_closing_ends_every_process(self, guest: Path) -> None:
        sandbox = Sandbox(guest, Limits(runners=4, depth=2))
        for app in ("one", "two"):
            run(sandbox, HELLO, app=app)
        processes = [fork_server(sandbox), *runners(sandbox)]
        assert len(processes) == 3
        sandbox.close()
        wait_until(lambda: not any(is_alive(pid) for pid in processes), "the end of all processes")

    def test_runners_end_when_the_server_is_killed(self, guest: Path) -> None:
        """Also busy ones: the fork server ends them when its own parent has gone."""
        import subprocess
        import sys

        program = (
            "import sys; from pathlib import Path; from tests.sandbox.test_runners import *\n"
            "sandbox = Sandbox(Path(sys.argv[1]), Limits(runners=4, depth=2))\n"
            "threading.Thread(target=lambda: run(sandbox, SPIN)).start()\n"
            "wait_until(lambda: runners(sandbox), 'a runner')\n"
            "print(fork_server(sandbox), *runners(sandbox), flush=True)\n"
        )
        server = subprocess.Popen([sys.executable, "-c", program, str(guest)], stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        processes = [int(pid) for pid in server.stdout.readline().split()]
        server.kill()
        server.wait()
        server.stdout.close()
        assert len(processes) == 2
        wait_until(lambda: not any(is_alive(pid) for pid in processes), "the end of all processes")


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
        assert host.most_at_once <= 32

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


def test_a_deadline_that_has_passed_ends_the_call_at_once(sandbox: Sandbox) -> None:
    ending = sandbox.run("app", code(HELLO), event, host=RecordingHost(), deadline=Deadline.after(0.001))
    assert isinstance(ending, TimedOut)
