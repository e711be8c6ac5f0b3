"""The runners of this process: who gets one, who waits, and what becomes of them."""

import threading

from runtime.deadline import Deadline
from runtime.sandbox.idle import IdleRunners
from runtime.sandbox.preparation import Preparations
from runtime.sandbox.processes import ForkServer
from runtime.sandbox.runner_process import RunnerProcess
from runtime.turns import Turns


class NoRunnerInTime(Exception):
    """All runners were busy until the deadline."""


class Pool:
    """At most `size` runners, each of which serves one app for its whole life; who gets one is told by `Turns`."""

    def __init__(self, fork_server: ForkServer, preparations: Preparations, size: int, deepest: int) -> None:
        self._fork_server = fork_server
        self._size = size
        self._turns = Turns(size, deepest)
        self._lock = threading.Lock()
        self._idle = IdleRunners(preparations)
        self._closed = False
        self._kills = 0

    @property
    def kills(self) -> int:
        """How many runners were not fit for another call so far, and were killed."""
        return self._kills

    @property
    def is_busy(self) -> bool:
        """Whether there is more than one call at the moment."""
        return self._turns.held > 1

    def acquire(self, app: str, code: str, depth: int, deadline: Deadline) -> RunnerProcess:
        """A runner for a call of an app's code at a depth. Raises NoRunnerInTime, SandboxUnavailable."""
        if not self._turns.take(depth, deadline):
            raise NoRunnerInTime
        with self._lock:
            runner, outcasts = self._take_idle(app, code)
        try:
            for outcast in outcasts:
                outcast.end()
            return runner or self._fork_server.fork(app)
        except BaseException:
            self._turns.give_back(depth)
            raise

    def fork_ahead(self, app: str) -> None:
        """Have a runner for an app stand ready before the first call. Raises SandboxUnavailable."""
        runner = self._fork_server.fork(app)
        with self._lock:
            self._idle.add(runner)

    def replace(self, runner: RunnerProcess) -> RunnerProcess:
        """End a runner and get a new one in its place. Raises SandboxUnavailable; it is still to be released then."""
        runner.end()
        return self._fork_server.fork(runner.app)

    def release(self, runner: RunnerProcess, depth: int, *, reusable: bool) -> None:
        """Give a runner back. One that is not reusable is killed; the next call gets a new one."""
        if not reusable:
            runner.end()
        with self._lock:
            self._kills += not reusable
            if reusable and not self._closed:
                self._idle.add(runner)
                runner = None  # type: ignore[assignment]
        self._turns.give_back(depth)
        if runner is not None:
            runner.end()

    def close(self) -> None:
        """End all idle runners; busy ones end when they are given back."""
        with self._lock:
            self._closed = True
            idle = self._idle.take_all()
        for runner in idle:
            runner.end()

    def _take_idle(self, app: str, code: str) -> tuple[RunnerProcess | None, list[RunnerProcess]]:
        """An idle runner that is fit for use, if there is one, and those that have to go."""
        outcasts = self._idle.take_stale() + self._idle.take_overdue()
        may_fork = not self.is_busy and self._turns.held + len(self._idle) <= self._size
        while (runner := self._idle.take(app, code, may_fork=may_fork)) is not None:
            if not runner.has_died():
                return runner, outcasts
            self._idle.was_useless(runner)
            outcasts.append(runner)
        if self._turns.held + len(self._idle) > self._size:
            outcasts.append(self._idle.take_oldest())
        return None, outcasts
