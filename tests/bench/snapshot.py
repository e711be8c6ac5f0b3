"""What comes after a snapshot: a prepared process is copied, and a copy makes its application anew and answers a call.

The copies are forks on this machine. What Lambda does before a copy runs, reading the snapshot above all, is not in it.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from tests.conftest import ROOT
from tests.functions.package import python_of_lambda

PROGRAM = ROOT / "tests" / "functions" / "restored.py"


class Snapshot:
    """A process that was prepared, and has closed all that copies must not share."""

    def __init__(self, events: TextIO, told: TextIO, log: Path) -> None:
        self._events = events
        self._told = told
        self._log = log

    def restore(self, event: Any) -> dict[str, Any]:
        """The `answer` of a new copy, and the seconds of its `restore` and of its first `call`."""
        print(json.dumps(event), file=self._events, flush=True)
        line = self._told.readline()
        assert line, self._log.read_text()
        told: dict[str, Any] = json.loads(line)
        return told


@contextmanager
def snapshot(variables: Mapping[str, str], log: Path) -> Iterator[Snapshot]:
    """A snapshot of the handler of every HTTP request, with these environment variables."""
    python, _ = python_of_lambda()
    reading, writing = os.pipe()
    with os.fdopen(reading) as told, log.open("wb") as output:
        process = subprocess.Popen(
            [python, str(PROGRAM), str(writing)],
            env={**variables, "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[writing],
            text=True,
        )
        os.close(writing)
        assert process.stdin
        try:
            yield Snapshot(process.stdin, told, log)
        finally:
            process.communicate(timeout=60)
