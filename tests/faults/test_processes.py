"""Processes that are killed or stopped at any moment: runners, the fork server, and the server itself."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.faults.clients import NO_ANSWER
from tests.faults.conftest import MakeServer
from tests.faults.load import Load, recovers, under_load
from tests.faults.server import BUDGET_SECONDS, PATIENT_SECONDS, Server, descendants, wait_for
from tests.sandbox.processes import is_alive, needs_proc

pytestmark = [pytest.mark.slow, needs_proc]

SECONDS = 2
CRASHED, OUT_OF_TIME, TIMED_OUT = 901, 902, 650

FORK_SERVER_PATIENCE = 7
"""Seconds until a fork server that does not answer is given up."""


@dataclass(frozen=True)
class Fault:
    """What is done every so many seconds, and the codes that calls may end in for it.

    With `once_a_call` no call is struck twice: one that finds its fork server dead asks one other.
    """

    strike: Callable[[Server], None]
    every: float
    expected: frozenset[int] = frozenset()
    slowest: float = PATIENT_SECONDS + 2
    once_a_call: bool = False

    @property
    def takes_all_time(self) -> bool:
        """Whether calls may run out of time, of which they then should not have much."""
        return OUT_OF_TIME in self.expected


def kill_a_runner(server: Server) -> None:
    _signal_a_runner(server, signal.SIGKILL)


def stop_a_runner(server: Server) -> None:
    _signal_a_runner(server, signal.SIGSTOP)


def pause_a_runner(server: Server) -> None:
    runner = _signal_a_runner(server, signal.SIGSTOP)
    time.sleep(0.3)
    _send(runner, signal.SIGCONT)


def kill_the_fork_server(server: Server) -> None:
    """And some runners, so that others are needed from it."""
    runners = server.runners()
    _send(server.fork_server(), signal.SIGKILL)
    for runner in runners[::2]:
        _send(runner, signal.SIGKILL)


def stop_the_fork_server(server: Server) -> None:
    runners = server.runners()
    _send(server.fork_server(), signal.SIGSTOP)
    for runner in runners[::2]:
        _send(runner, signal.SIGKILL)


def pause_the_fork_server(server: Server) -> None:
    fork_server = server.fork_server()
    stop_the_fork_server(server)
    time.sleep(0.5)
    _send(fork_server, signal.SIGCONT)


def kill_all_below(server: Server) -> None:
    for pid in descendants(server.pid)[1:]:
        _send(pid, signal.SIGKILL)


FAULTS = {
    "a runner is killed": Fault(kill_a_runner, 0.1, frozenset({CRASHED})),
    "a runner is stopped for good": Fault(stop_a_runner, 0.5, frozenset({OUT_OF_TIME, TIMED_OUT}), BUDGET_SECONDS + 2),
    "a runner is stopped for a while": Fault(pause_a_runner, 0.5),
    "the fork server is killed": Fault(kill_the_fork_server, 0.5, frozenset({CRASHED}), once_a_call=True),
    "the fork server is stopped for good": Fault(
        stop_the_fork_server, 20, frozenset({CRASHED, OUT_OF_TIME, TIMED_OUT}), FORK_SERVER_PATIENCE + BUDGET_SECONDS
    ),
    "the fork server is stopped for a while": Fault(pause_the_fork_server, 1, frozenset({CRASHED})),
    "all processes but the server are killed": Fault(kill_all_below, 0.5, frozenset({CRASHED}), once_a_call=True),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_under_load(server: Server, patient_server: Server, fault: Fault) -> None:
    struck = server if fault.takes_all_time else patient_server
    with under_load(struck, fault.expected, slowest=fault.slowest) as load:
        wait_for(lambda: load.tally().codes[0] > 20, "calls succeed")
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            fault.strike(struck)
            answered = load.answered()
            time.sleep(min(fault.every, max(0, end - time.monotonic())))
            if fault.once_a_call:
                wait_for(lambda answered=answered: load.has_moved_on(answered), "all that were struck have ended")


@pytest.mark.parametrize("end_of_both", [False, True], ids=["alone", "together with the fork server"])
def test_the_server_is_killed_and_started_again(make_server: MakeServer, end_of_both: bool) -> None:
    server = make_server()
    server.start()
    with Load(server, {CRASHED, NO_ANSWER}) as load:
        for _ in range(2):
            answered = load.tally().codes[0]
            wait_for(lambda answered=answered: load.tally().codes[0] > answered + 20, "calls succeed")
            time.sleep(random.uniform(0, 0.3))
            below = descendants(server.pid)
            if end_of_both:  # nobody is left then who would end the runners
                _send(server.fork_server(), signal.SIGKILL)
            server.kill()
            wait_for(lambda below=below: not any(map(is_alive, below)), "no process is left behind")
            server.start()
    tally = load.tally()
    assert not tally.wrong
    recovers(server)
    assert [wrong for client in load.clients for wrong in client.verify()] == []


def _signal_a_runner(server: Server, number: signal.Signals) -> int | None:
    runner = random.choice(server.runners() or [None])
    _send(runner, number)
    return runner


def _send(pid: int | None, number: signal.Signals) -> None:
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
