"""A server as a user starts it: the `relive` command, on a copy of an app."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.conftest import ROOT

BOOKSTORE = ROOT / "examples" / "bookstore"
RELIVE = Path(sys.executable).parent / "relive"
MASTER_KEY = "a-key-for-the-server"
PATIENCE_SECONDS = 30


class Server:
    """A running `relive serve` on a copy of `app`, with what it has printed. Works in `folder`; ends with its block."""

    def __init__(self, app: Path, folder: Path, guests: Path, **environment: str) -> None:
        self.app = folder / app.name
        self.data = folder / "data"
        shutil.copytree(app, self.app)
        ours = {"RELIVE_GUESTS": str(guests), "RELIVE_MASTER_KEY": MASTER_KEY}
        self.environment = {**os.environ, **ours, **environment}
        self.output = ""
        self.process = subprocess.Popen(
            [str(RELIVE), "serve", str(self.app), "--port", "0", "--data", str(self.data)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
            cwd=folder,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.wait_for("curl")
        except AssertionError:
            self.close()
            raise
        base = next(word for word in self.output.split() if word.startswith("http://"))
        self.url = base.partition("/v1/")[0]

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wait_for(self, text: str, times: int = 1) -> None:
        """Wait until the server has printed a text so often."""
        end = time.monotonic() + PATIENCE_SECONDS
        while self.output.count(text) < times:
            assert time.monotonic() < end, f"{text!r} did not appear in:\n{self.output}"
            time.sleep(0.02)

    def run(self, *arguments: str, input: str | None = None) -> str:
        """What another `relive` command on the same data folder prints."""
        command = [str(RELIVE), *arguments, "--data", str(self.data)]
        finished = subprocess.run(
            command, capture_output=True, text=True, input=input, env=self.environment, timeout=PATIENCE_SECONDS
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished.stdout

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and give the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)

    def close(self) -> None:
        """End it, if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join(PATIENCE_SECONDS)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line


StartServer = Callable[..., Server]


@pytest.fixture
def start_server(tmp_path: Path, guests: Path) -> Iterator[StartServer]:
    """Starts servers on the bookstore."""
    with ExitStack() as servers:

        def start(**environment: str) -> Server:
            folder = Path(mkdtemp(prefix="server-", dir=tmp_path))
            return servers.enter_context(Server(BOOKSTORE, folder, guests, **environment))

        yield start
