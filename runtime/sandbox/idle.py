"""The runners that nobody uses at the moment, and which of them suits a call best."""

import time

from runtime.sandbox.preparation import FRESH_SECONDS, Preparations
from runtime.sandbox.processes import RunnerProcess


class IdleRunners:
    """In the order in which they were given back, the last one at the end. Not safe to use from several threads."""

    def __init__(self, preparations: Preparations) -> None:
        self._preparations = preparations
        self._runners: list[RunnerProcess] = []

    def __len__(self) -> int:
        return len(self._runners)

    def add(self, runner: RunnerProcess) -> None:
        self._runners.append(runner)

    def take(self, app: str, code: str) -> RunnerProcess | None:
        """The best runner for a call of an app's code: prepared for it, or else prepared for nothing.

        Never one that is prepared for other code, since that may still be loading, and may not end.
        """
        own = [runner for runner in reversed(self._runners) if runner.app == app]
        found = next((runner for runner in own if _is_prepared_for(runner, code)), None)
        found = found or next((runner for runner in own if runner.prepared is None), None)
        if found is not None:
            self._runners.remove(found)
        return found

    def take_stale(self) -> list[RunnerProcess]:
        """Those whose preparation is too old, to be ended."""
        stale = [runner for runner in self._runners if _is_stale(runner)]
        for runner in stale:
            self._runners.remove(runner)
        return stale

    def take_oldest(self) -> RunnerProcess:
        """The one that has been idle for the longest time, to be ended."""
        oldest = self._runners.pop(0)
        if oldest.prepared is not None:
            self._preparations.was_useless(oldest.prepared.code)
        return oldest

    def take_all(self) -> list[RunnerProcess]:
        """All, to be ended."""
        runners, self._runners = self._runners, []
        return runners


def _is_prepared_for(runner: RunnerProcess, code: str) -> bool:
    return runner.prepared is not None and runner.prepared.code == code


def _is_stale(runner: RunnerProcess) -> bool:
    return runner.prepared is not None and time.monotonic() >= runner.prepared.at + FRESH_SECONDS
