"""Feeds one target for a number of seconds, in a process of its own, and tells what becomes of it in lines of JSON.

`python -m tests.fuzz.worker TARGET SECONDS KEPT WORK SCRATCH`. The inputs in the folder KEPT come first, and new ones
that break a promise go there; WORK is for inputs that reached code which no other did, SCRATCH for all the rest.
"""

import contextlib
import importlib.util
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fuzz.kept import Findings
from tests.fuzz.target import Attempt, Target

SECONDS_BETWEEN_REPORTS = 1.0

LEAST_SECONDS = 1.0
"""For feeding, however long it took to begin: modules are instrumented, applications started."""

Tell = Callable[..., None]


class Feeder:
    """Makes of an attempt something that raises nothing: it counts, and keeps what broke a promise."""

    def __init__(self, attempt: Attempt, findings: Findings, tell: Tell) -> None:
        self._attempt = attempt
        self._findings = findings
        self._tell = tell
        self._runs = 0
        self._told_at = 0.0

    def __call__(self, data: bytes) -> None:
        self._runs += 1
        if time.monotonic() - self._told_at > SECONDS_BETWEEN_REPORTS:
            self.report()
        try:
            self._attempt(data)
        except Exception as error:
            found = self._findings.add(data, error)
            if found is not None:
                self._tell(found=found.what, why=str(error)[:500], input=str(found.input))

    def report(self) -> None:
        self._told_at = time.monotonic()
        self._tell(runs=self._runs)


def feed(target: Target, end: float, kept: Path, work: Path, scratch: Path, *, guided: bool) -> None:
    """Feed it until a moment on the monotonic clock. Does not return where the fuzzer guides: it ends the process."""
    data = scratch / "data"
    data.mkdir()
    with target.open(data) as attempt:
        feeder = Feeder(attempt, Findings(target.name, kept), _tell)
        seconds = max(LEAST_SECONDS, end - time.monotonic())
        if guided:
            from tests.fuzz import guided as engine

            engine.run(target, feeder, seconds, [work, kept], scratch)
        else:
            from tests.fuzz import blind

            blind.run(target, feeder, seconds, [kept])
        feeder.report()


def _tell(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def main(name: str, seconds: str, kept: str, work: str, scratch: str) -> None:
    began = time.monotonic()
    guided = importlib.util.find_spec("atheris") is not None
    with contextlib.ExitStack() as instrumented:
        if guided:
            import atheris

            instrumented.enter_context(atheris.instrument_imports(include=["runtime"]))
        from tests.fuzz.targets import TARGETS
    folders = [Path(folder) for folder in (kept, work, scratch)]
    feed(TARGETS[name], began + float(seconds), *folders, guided=guided)


if __name__ == "__main__":
    main(*sys.argv[1:])
