"""The next instance of code that was called stands ready; nobody can tell, but by the time."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runtime.deadline import Deadline
from runtime.sandbox import idle
from runtime.sandbox.endings import Finished, NotDefined, TimedOut
from runtime.sandbox.preparation import Preparations
from runtime.sandbox.runner_process import RunnerProcess
from runtime.sandbox.sandbox import Limits, Sandbox
from tests.sandbox.calls import HELLO, RecordingHost, body, code, event, run

pytestmark = pytest.mark.slow

RETURNS_WHEN_IT_WAS_LOADED = "import time\nloaded = time.time()\ndef on_request(request, response): return loaded"

REMEMBERS = """
import random, shared.counter
drawn = random.random()
calls = []

def on_request(request, response):
    calls.append(1)
    shared.counter.value += 1
    return [len(calls), shared.counter.value, random.random()]
"""

LOGS = "print('loading')\ndef on_request(request, response): print('handling')"


@pytest.fixture
def sandbox(guest: Path) -> Iterator[Sandbox]:
    """With two runners, and a short time for loading."""
    sandbox = Sandbox(guest, Limits(runners=2, depth=0, definition_seconds=2))
    yield sandbox
    sandbox.close()


def idle_runners(sandbox: Sandbox) -> list[RunnerProcess]:
    return sandbox._pool._idle._runners


def prepared(sandbox: Sandbox) -> list[str]:
    """The codes that stand ready."""
    return [runner.prepared.code for runner in idle_runners(sandbox) if runner.prepared]


class TestWhatStandsReady:
    def test_the_code_that_was_called(self, sandbox: Sandbox) -> None:
        run(sandbox, HELLO)
        assert prepared(sandbox) == [code(HELLO)]

    def test_nothing_where_it_is_switched_off(self, guest: Path) -> None:
        sandbox = Sandbox(guest, Limits(runners=1, depth=0, prepare=False))
        try:
            run(sandbox, HELLO)
            assert (len(idle_runners(sandbox)), prepared(sandbox)) == (1, [])
        finally:
            sandbox.close()

    def test_two_files_each_have_a_runner_of_their_own(self, sandbox: Sandbox) -> None:
        other = HELLO.replace("hello", "other")
        for _ in range(3):
            assert (body(run(sandbox, HELLO)), body(run(sandbox, other))) == ("hello", "other")
        assert sorted(prepared(sandbox)) == sorted([code(HELLO), code(other)])
        assert len({runner.pid for runner in idle_runners(sandbox)}) == 2

    def test_a_caller_that_is_quicker_than_the_preparation_gets_another_runner(self, guest: Path) -> None:
        sandbox = Sandbox(guest, Limits(runners=16, depth=0))
        slow = f"import time\ntime.sleep(0.3)\n{HELLO}"
        try:
            for _ in range(8):
                assert body(run(sandbox, slow)) == "hello"
            assert len(prepared(sandbox)) == idle.PREPARED_AT_ONCE
        finally:
            sandbox.close()

    def test_code_that_another_pushes_out_is_left_alone_for_a_while(self, sandbox: Sandbox) -> None:
        sources = [HELLO.replace("hello", name) for name in ("one", "two", "three")]
        for source in sources:
            run(sandbox, source)
        assert not sandbox._preparations.are_wanted(code(sources[0]))
        run(sandbox, sources[0])
        assert code(sources[0]) not in prepared(sandbox)

    @pytest.mark.parametrize(
        "source",
        [
            pytest.param("def on_request(request, response): return", id="no failure"),
            pytest.param("raise ValueError", id="it does not load"),
            pytest.param("import os\nos.abort()", id="it ends the guest"),
        ],
    )
    def test_only_what_ended_well(self, sandbox: Sandbox, source: str) -> None:
        ending = run(sandbox, source)
        assert bool(prepared(sandbox)) == isinstance(ending, Finished)

    def test_code_too_long_for_the_pipe_is_not(self, sandbox: Sandbox) -> None:
        long = f"{HELLO}\ntext = '{'x' * 2_000_000}'"
        assert body(run(sandbox, long)) == "hello"
        assert prepared(sandbox) == []
        assert body(run(sandbox, long)) == "hello"


class TestACallOnAPreparedInstance:
    def test_its_top_level_ran_before_the_call(self, sandbox: Sandbox) -> None:
        run(sandbox, RETURNS_WHEN_IT_WAS_LOADED)
        time.sleep(0.3)
        before = time.time()
        assert body(run(sandbox, RETURNS_WHEN_IT_WAS_LOADED)) < before

    def test_it_is_of_no_use_when_it_is_old(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        run(sandbox, RETURNS_WHEN_IT_WAS_LOADED)
        (runner,) = idle_runners(sandbox)
        monkeypatch.setattr(idle, "FRESH_SECONDS", 0.2)
        time.sleep(0.3)
        before = time.time()
        assert body(run(sandbox, RETURNS_WHEN_IT_WAS_LOADED)) > before
        assert runner._ended

    def test_nothing_is_left_of_the_call_before(self, sandbox: Sandbox) -> None:
        told = [body(sandbox_run(sandbox, REMEMBERS, counter="value = 0")) for _ in range(5)]
        assert [one[:2] for one in told] == [[1, 1]] * 5
        assert len({one[2] for one in told}) == 5

    def test_what_the_top_level_logs_is_in_the_log_of_the_call_that_it_was_for(self, sandbox: Sandbox) -> None:
        for _ in range(3):
            host = RecordingHost()
            run(sandbox, LOGS, host=host)
            assert host.lines == ["loading", "handling"]

    def test_it_has_a_time_of_its_own(self, sandbox: Sandbox) -> None:
        sleeps = "import time\ndef on_request(request, response): time.sleep(0.6)"
        for _ in range(3):
            assert isinstance(run(sandbox, sleeps, seconds=5), Finished)
        assert isinstance(run(sandbox, sleeps, seconds=0.3), TimedOut)


def sandbox_run(sandbox: Sandbox, source: str, **shared: str) -> object:
    return sandbox.run("app", code(source, **shared), event, host=RecordingHost(), deadline=Deadline.after(30))


FAILING: dict[str, tuple[str, Callable[[object], bool]]] = {
    "raises": (
        "raise ValueError('not today')",
        lambda ending: isinstance(ending, NotDefined) and "not today" in ending.text,
    ),
    "never ends": ("import time\ntime.sleep(100)", lambda ending: isinstance(ending, TimedOut) and ending.defining),
    "logs for ever": ("[print('x' * 1000) for _ in iter(int, 1)]", lambda ending: isinstance(ending, TimedOut)),
}


class TestAPreparationThatFails:
    @pytest.mark.parametrize(("source", "expected"), FAILING.values(), ids=FAILING)
    def test_the_call_tells_what_it_meets_itself(
        self, guest: Path, source: str, expected: Callable[[object], bool]
    ) -> None:
        sandbox = Sandbox(guest, Limits(runners=2, depth=0, definition_seconds=2, prepare=False))
        try:
            run(sandbox, HELLO)
            idle_runners(sandbox)[0].prepare(code(source), 30)
            assert expected(run(sandbox, source))
            assert body(run(sandbox, HELLO)) == "hello"
        finally:
            sandbox.close()

    def test_a_preparation_that_failed_is_made_good_by_the_call(self, sandbox: Sandbox) -> None:
        source = "import os\nif int.from_bytes(os.urandom(1)) % 2: raise ValueError\n" + HELLO
        endings = {type(run(sandbox, source)) for _ in range(30)}
        assert endings == {Finished, NotDefined}

    @pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM], ids=lambda ending: ending.name)
    def test_its_runner_is_killed(self, sandbox: Sandbox, ending: signal.Signals) -> None:
        for _ in range(5):
            run(sandbox, HELLO)
            for runner in idle_runners(sandbox):
                os.kill(runner.pid, ending)
                while not runner.has_died():
                    time.sleep(0.01)
            assert body(run(sandbox, HELLO)) == "hello"


SPINS_LATER = """
import time
if time.time() > {moment}:
    while True: pass
def on_request(request, response): time.sleep({seconds})
"""

SPINNING_SECONDS = 8
"""Far more than what little code may prepare for, and far less than the longest time for loading."""


def processor_seconds(pid: int) -> float:
    """What a process has used up, by proc(5)."""
    utime, stime = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(utime) + int(stime)) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_preparation_uses_no_more_than_loading_did_and_is_given_up_for_a_while(guest: Path) -> None:
    sandbox = Sandbox(guest, Limits(runners=2, depth=0, definition_seconds=10))
    try:
        source = SPINS_LATER.format(moment=time.time() + 0.8, seconds=1)
        assert isinstance(run(sandbox, source), Finished)
        (runner,) = idle_runners(sandbox)
        assert runner.prepared
        end = time.monotonic() + SPINNING_SECONDS
        while not runner.has_died():
            assert time.monotonic() < end, "it still spins"
            time.sleep(0.05)
        assert 0 < processor_seconds(runner.pid) < SPINNING_SECONDS
        time.sleep(max(0.0, runner.prepared.done_at - time.monotonic()))
        run(sandbox, HELLO)
        assert runner._ended, "any other call finds out"
        assert not sandbox._preparations.are_wanted(code(source))
    finally:
        sandbox.close()


class TestTime:
    @pytest.mark.parametrize(
        ("loading", "seconds"), [(None, 21), (0.001, 1), (0.2, 1), (0.3, 2), (2, 8), (9, 21)], ids=str
    )
    def test_it_is_a_few_times_what_loading_took(self, loading: float | None, seconds: int) -> None:
        preparations = Preparations()
        if loading is not None:
            preparations.was_loaded("code", 100)
            preparations.was_loaded("code", loading)
        assert preparations.seconds("code", longest=21) == seconds

    def test_it_remembers_a_bounded_number(self) -> None:
        preparations = Preparations()
        for number in range(2000):
            preparations.was_loaded(str(number), 0.1)
        assert [preparations.seconds(code, longest=21) for code in ("0", "1999")] == [21, 1]


class TestBackoff:
    def test_each_time_is_longer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = [0.0]
        monkeypatch.setattr(time, "monotonic", lambda: clock[0])
        preparations = Preparations()
        waited = []
        for _ in range(5):
            preparations.was_useless("code")
            began = clock[0]
            while not preparations.are_wanted("code"):
                clock[0] += 0.5
            waited.append(clock[0] - began)
        assert waited == [1, 2, 4, 8, 16]

    def test_it_is_forgotten_when_it_was_of_use(self) -> None:
        preparations = Preparations()
        preparations.was_useless("code")
        preparations.was_useful("code")
        assert preparations.are_wanted("code")

    def test_it_is_not_forgotten_when_it_was_of_use_only_now_and_then(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = [0.0]
        monkeypatch.setattr(time, "monotonic", lambda: clock[0])
        preparations = Preparations()
        for _ in range(4):
            preparations.was_useless("code")
        clock[0] = 8
        assert preparations.are_wanted("code")
        preparations.was_useful("code")
        preparations.was_useless("code")
        clock[0] = 15.5
        assert not preparations.are_wanted("code")

    def test_it_is_for_one_code_alone(self) -> None:
        preparations = Preparations()
        preparations.was_useless("code")
        assert preparations.are_wanted("other")

    def test_it_remembers_a_bounded_number(self) -> None:
        preparations = Preparations()
        for number in range(2000):
            preparations.was_useless(str(number))
        assert preparations.are_wanted("0")
        assert not preparations.are_wanted("1999")
