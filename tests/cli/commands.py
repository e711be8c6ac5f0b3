"""The `relive` command, run as a person does."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

RELIVE = (sys.executable, "-c", "from runtime.cli.main import main; main()")
PATIENCE = 60


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without settings of Relive, and with these."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("RELIVE_")}
    return {**plain, **variables}


def relive(*arguments: str | Path, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*RELIVE, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        env=environment(**variables),
        timeout=PATIENCE,
        check=False,
    )


class Process:
    """A command that runs, and what it has printed so far."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.pid = process.pid
        self.output = ""
        self._more = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Wait until the output matches somewhere."""
        with self._more:
            self._more.wait_for(lambda: re.search(pattern, self.output) or self._process.poll() is not None, PATIENCE)
            match = re.search(pattern, self.output)
        assert match, f"{pattern!r} is not in the output:\n{self.output}"
        return match

    def end(self, signal: int) -> int:
        """Send a signal and wait for the exit code."""
        self._process.send_signal(signal)
        code = self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            with self._more:
                self.output += line
                self._more.notify_all()


@contextmanager
def running(arguments: Sequence[str | Path], **variables: str) -> Iterator[Process]:
    """A command while it runs; killed in the end if it still does."""
    process = subprocess.Popen(
        [*RELIVE, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(**variables),
    )
    try:
        yield Process(process)
    finally:
        process.kill()
        process.wait(PATIENCE)
