"""A server as a user starts it: the `relive` command, on a copy of the bookstore."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

RELIVE = Path(sys.executable).parent / "relive"
MASTER_KEY = "a-key-for-the-server"
PATIENCE_SECONDS = 30


class Server:
    """A running `relive serve`, with what it has printed."""

    def __init__(self, folder: Path, guests: Path, **environment: str) -> None:
        self.app = folder / "bookstore"
        self.data = folder / "data"
        shutil.copytree(ROOT / "examples" / "bookstore", self.app)
        self.environment = {**os.environ, "RELIVE_GUESTS": str(guests), **environment}
        self.output = ""
        self.process = subprocess.Popen(
            [str(RELIVE), "serve", str(self.app), "--port", "0", "--data", str(self.data)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
            cwd=folder,
        )
        threading.Thread(target=self._read, daemon=True).start()
        self.wait_for("curl")
        base = next(word for word in self.output.split() if word.startswith("http://"))
        self.url = base.partition("/v1/")[0]

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

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line


StartServer = Callable[..., Server]


@pytest.fixture
def start_server(tmp_path: Path, guests: Path) -> Iterator[StartServer]:
    servers: list[Server] = []

    def start(**environment: str) -> Server:
        folder = tmp_path / f"server-{len(servers)}"
        folder.mkdir()
        servers.append(Server(folder, guests, RELIVE_MASTER_KEY=MASTER_KEY, **environment))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()
        if server.process.stdout is not None:
            server.process.stdout.close()
