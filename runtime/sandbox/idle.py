"""The runners that nobody uses at the moment, and which of them suits a call best."""

import math
import os
import time
from dataclasses import replace

from runtime.sandbox.preparation import FRESH_SECONDS, Preparations
from runtime.sandbox.runner_process import RunnerProcess

PREPARED_AT_ONCE = (os.cpu_count() or 1) + 1
"""How many runners one caller alone gets for the same code: one to run it, and one a processor to prepare it."""


class IdleRunners:
    """In the order in which they were given back, the last one at the end. Not safe to use from several threads."""

    def __init__(self, preparations: Preparations) -> None:
        self._preparations = preparations
        self._runners: list[RunnerProcess] = []

    def __len__(self) -> int:
        return len(self._runners)

    def add(self, runner: RunnerProcess) -> None:
        self._runners.append(runner)

    def take(self, app: str, code: str, *, may_fork: bool) -> RunnerProcess | None:
        """The best runner for a call of an app's code: prepared for it, or else prepared for nothing.

        Never one that is prepared for other code, since that may still be loading, and may not end. Of those that are
        ready the last one's memory is the likeliest to be in the processor's caches. If none is, a processor may be
        free to prepare another one: then None, for a new runner, if there may be one; else the first is soon ready.
        """
        prepared = [runner for runner in self._runners if runner.app == app and _is_prepared_for(runner, code)]
        if prepared:
            ready = next((runner for runner in reversed(prepared) if runner.has_spoken()), None)
            if ready is None and may_fork and len(prepared) < PREPARED_AT_ONCE:
                return None
            found = ready or prepared[0]
        else:
            unprepared = [runner for runner in self._runners if runner.app == app and runner.prepared is None]
            if not unprepared:
                return None
            found = unprepared[-1]
        self._runners.remove(found)
        return found

    def take_stale(self) -> list[RunnerProcess]:
        """Those whose preparation is too old, to be ended."""
        stale = [runner for runner in self._runners if _is_stale(runner)]
        for runner in stale:
            self._runners.remove(runner)
        return stale

    def take_overdue(self) -> list[RunnerProcess]:
        """Those that took too long to prepare and have ended themselves. Each is asked once, when that time is over."""
        now = time.monotonic()
        overdue = []
        for runner in self._runners:
            if runner.prepared is not None and runner.prepared.done_at <= now:
                if runner.has_died():
                    overdue.append(runner)
                else:
                    runner.prepared = replace(runner.prepared, done_at=math.inf)
        for runner in overdue:
            self._runners.remove(runner)
            self.was_useless(runner)
        return overdue

    def was_useless(self, runner: RunnerProcess) -> None:
        """What a runner had prepared, if anything, is thrown away."""
        if runner.prepared is not None:
            self._preparations.was_useless(runner.prepared.code)

    def take_oldest(self) -> RunnerProcess:
        """The one that has been idle for the longest time, to be ended."""
        oldest = self._runners.pop(0)
        self.was_useless(oldest)
        return oldest

    def take_all(self) -> list[RunnerProcess]:
        """All, to be ended."""
        runners, self._runners = self._runners, []
        return runners


def _is_prepared_for(runner: RunnerProcess, code: str) -> bool:
    return runner.prepared is not None and runner.prepared.code == code


def _is_stale(runner: RunnerProcess) -> bool:
    return runner.prepared is not None and time.monotonic() >= runner.prepared.at + FRESH_SECONDS
