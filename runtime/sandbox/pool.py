"""The runners of this process: who gets one, who waits, and what becomes of them."""

import threading
from collections import Counter

from runtime.deadline import Deadline
from runtime.sandbox.processes import ForkServer, RunnerProcess


class NoRunnerInTime(Exception):
    """All runners were busy until the deadline."""


class Pool:
    """At most `size` runners, each of which serves one app for its whole life.

    Calls nest, and a call holds its runner while it waits for a nested one. So that they can never all wait for each
    other, one runner is kept for each level of nesting that is still possible: calls of depth `d` or less may together
    hold at most `size - (deepest - d)`. Whatever the calls do, one at the deepest level can always run and end.
    """

    def __init__(self, fork_server: ForkServer, size: int, deepest: int) -> None:
        if size <= deepest:
            raise ValueError(
                f"{size} runners are too few for calls nested {deepest} deep; at least {deepest + 1} are needed."
            )
        self._fork_server = fork_server
        self._size = size
        self._deepest = deepest
        self._changed = threading.Condition()
        self._idle: list[RunnerProcess] = []
        self._busy_at_depth: Counter[int] = Counter()
        self._closed = False

    def acquire(self, app: str, depth: int, deadline: Deadline) -> RunnerProcess:
        """A runner for a call of an app at a depth. Raises NoRunnerInTime, SandboxUnavailable."""
        outcasts = []
        with self._changed:
            self._wait_for_turn(depth, deadline)
            self._busy_at_depth[depth] += 1
            runner = None
            while runner is None and (idle := self._idle_runner_of(app)) is not None:
                self._idle.remove(idle)
                if idle.has_died():
                    outcasts.append(idle)
                else:
                    runner = idle
            if runner is None and self._busy_at_depth.total() + len(self._idle) > self._size:
                outcasts.append(self._idle.pop(0))  # another app's, unused for the longest time
        try:
            for outcast in outcasts:
                outcast.end()
            return runner or self._fork_server.fork(app)
        except BaseException:
            self._leave(depth)
            raise

    def release(self, runner: RunnerProcess, depth: int, *, reusable: bool) -> None:
        """Give a runner back. One that is not reusable is killed; the next call gets a new one."""
        if not reusable:
            runner.end()
        with self._changed:
            if reusable and not self._closed:
                self._idle.append(runner)
                runner = None  # type: ignore[assignment]
        self._leave(depth)
        if runner is not None:
            runner.end()

    def close(self) -> None:
        """End all idle runners; busy ones end when they are given back."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
        for runner in idle:
            runner.end()

    def _wait_for_turn(self, depth: int, deadline: Deadline) -> None:
        forget = deadline.on_early_end(self._wake)
        try:
            self._changed.wait_for(lambda: self._may_run(depth) or deadline.expired, timeout=deadline.remaining())
        finally:
            forget()
        if deadline.expired or not self._may_run(depth):
            raise NoRunnerInTime

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _idle_runner_of(self, app: str) -> RunnerProcess | None:
        return next((idle for idle in reversed(self._idle) if idle.app == app), None)

    def _leave(self, depth: int) -> None:
        with self._changed:
            self._busy_at_depth[depth] -= 1
            self._changed.notify_all()

    def _may_run(self, depth: int) -> bool:
        busy = 0
        for level in range(self._deepest + 1):
            busy += self._busy_at_depth[level]
            if level >= depth and busy >= self._size - (self._deepest - level):
                return False
        return True
