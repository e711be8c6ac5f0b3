"""One process that feeds one target for a while, seen from outside."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO

from tests.conftest import ROOT
from tests.fuzz.kept import FOUND, Corpus, Finding
from tests.fuzz.places import in_memory
from tests.fuzz.plan import Turn

PROPERTIES = "properties"
"""The name under which the property tests have a share of the time."""

LATE_SECONDS = 90
"""How long after its time a process may go on before it is killed: what it has begun may wait for a deadline."""

COVERAGE = re.compile(r"cov: (\d+)")

LAST_INPUTS = ("timeout-", "oom-", "crash-")
"""How libFuzzer calls the input that its process ended with."""

SHOWN_LINES = 20


class Run:
    """`inputs` and `findings` are kept up to date; `coverage` counts the places in the code that were reached, None
    while nobody counts them.
    """

    def __init__(self, turn: Turn, corpus: Corpus, work: Corpus) -> None:
        self.name = turn.name
        self.inputs = 0
        self.coverage: int | None = None
        self.findings: dict[str, tuple[Finding, str]] = {}
        """By what is broken: where, and in which words."""
        self._turn = turn
        self._corpus = corpus
        self._work = work
        self._process: subprocess.Popen[str] | None = None
        self._began = self._ended = 0.0
        self._stopped = False
        self._lock = threading.Lock()

    @property
    def seconds(self) -> float:
        """How long it has been under way, or was."""
        return (self._ended or time.monotonic()) - self._began if self._began else 0.0

    def run(self) -> None:
        """Start the process, and listen until it ends; at once if it was stopped already."""
        with tempfile.TemporaryDirectory(prefix="relive-fuzz-", dir=in_memory()) as folder:
            scratch = Path(folder)
            with self._lock:
                if self._stopped:
                    return
                self._began = time.monotonic()
                self._process = process = self._start(scratch)
            with process:
                self._listen(process, scratch)
            self._ended = time.monotonic()
            if not self._stopped:
                self._look_at_the_end(process.returncode, scratch)

    def stop(self) -> None:
        """Kill the process, and all that it has started in its session. Sandboxes end when nobody holds their socket."""
        with self._lock:
            self._stopped = True
            if self._process is not None and self._process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)

    def _start(self, scratch: Path) -> subprocess.Popen[str]:
        if self.name == PROPERTIES:
            arguments = ["tests.fuzz.passes", str(self._turn.seconds), str(scratch)]
        else:
            kept, work = self._corpus.of(self.name), self._work.of(self.name)
            arguments = ["tests.fuzz.worker", self.name, str(self._turn.seconds), str(kept), str(work), str(scratch)]
        return subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C in a terminal would reach it as well
        )

    def _listen(self, process: subprocess.Popen[str], scratch: Path) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        errors = threading.Thread(target=self._read_errors, args=(process.stderr, scratch / "stderr"))
        late = threading.Timer(self._turn.seconds + LATE_SECONDS, self.stop)
        errors.start()
        late.start()
        for line in process.stdout:
            told = json.loads(line)
            self.inputs = told.get("runs", self.inputs)
            if "found" in told:
                self._find(told["found"], Path(told["input"]), told["why"])
        errors.join()
        late.cancel()

    def _read_errors(self, stream: IO[str], kept: Path) -> None:
        """Read what the fuzzer says of itself, and keep it in a file."""
        with kept.open("w") as file:
            for line in stream:
                file.write(line)
                if match := COVERAGE.search(line):
                    self.coverage = int(match[1])

    def _look_at_the_end(self, status: int, scratch: Path) -> None:
        """A process that did not end by itself was ended by something, and its last input may say by what."""
        words = "\n".join((scratch / "stderr").read_text().splitlines()[-SHOWN_LINES:])
        last = next((path for path in scratch.iterdir() if path.name.startswith(LAST_INPUTS)), None)
        if last is not None:
            kept = self._corpus.of(self.name) / f"{FOUND}{last.name}"
            shutil.copy(last, kept)
            self._find(f"its process ended with a {last.name.partition('-')[0]}", kept, words)
        elif status != 0:
            self._find(f"its process ended with status {status}", Path(), words)

    def _find(self, what: str, kept: Path, why: str) -> None:
        """A defect that was found before has a shorter input now, and is no other."""
        self.findings[what] = Finding(self.name, what, kept), why
