"""One run of the fuzzer: processes for a while, a few at a time, and what came of them."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.fuzz.kept import Corpus, Finding
from tests.fuzz.places import CORPUS, WORK
from tests.fuzz.plan import Turn
from tests.fuzz.run import Run

SECONDS_BETWEEN_LOOKS = 0.2


class Progress:
    """What has become of one target in all its turns."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.inputs = sum(run.inputs for run in runs)
        self.seconds = sum(run.seconds for run in runs)
        self.coverage = max((run.coverage for run in runs if run.coverage is not None), default=None)
        found: dict[str, tuple[Finding, str]] = {}
        for run in runs:
            found |= run.findings
        self.findings = list(found.values())


class Session:
    """Runs turns, those of a row one after the other, and the rows side by side."""

    def __init__(self, rows: Sequence[Sequence[Turn]], corpus: Path = CORPUS, work: Path = WORK) -> None:
        folders = Corpus(corpus), Corpus(work)
        self._rows = [[Run(turn, *folders) for turn in row] for row in rows]

    @property
    def progress(self) -> dict[str, Progress]:
        """By the names of the targets, in the order of their turns."""
        runs: dict[str, list[Run]] = {}
        for row in self._rows:
            for run in row:
                runs.setdefault(run.name, []).append(run)
        return {name: Progress(of_target) for name, of_target in runs.items()}

    def run(self, watch: Callable[[], None]) -> None:
        """Run all turns, calling `watch` now and then. An exception, such as that of Ctrl-C, ends them all first."""
        threads = [threading.Thread(target=_run_all, args=(row,)) for row in self._rows]
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads):
                watch()
                time.sleep(SECONDS_BETWEEN_LOOKS)
        finally:
            for row in self._rows:
                for run in row:
                    run.stop()
            for thread in threads:
                thread.join()


def _run_all(row: Sequence[Run]) -> None:
    for run in row:
        run.run()
