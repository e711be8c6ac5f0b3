"""The server as a user starts it."""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.load import Request
from tests.bench.process import free_port, started

APP = "bench"


@dataclass(frozen=True)
class Relive:
    """A server that runs: its port, and the id of its process."""

    port: int
    pid: int

    def request(self, method: str, path: str, value: Any = None) -> Request:
        """A request of a client without credentials to the app."""
        return Request(method, f"/v1/{APP}/{path}", value)


@contextmanager
def serving(files: Mapping[str, str], *, processes: int = 1) -> Iterator[Relive]:
    """A server on an app of these files, by their paths. 0: with a process for each processor."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        for path, text in files.items():
            (folder / "app" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "app" / path).write_text(text)
        relive = str(Path(sys.executable).parent / "relive")
        command = [relive, "serve", str(folder / "app"), "--port", str(port), "--data", str(folder / "data")]
        settings = {"RELIVE_MASTER_KEY": "bench", "RELIVE_PROCESSES": str(processes)}
        with started(command, port, env={**os.environ, **settings}) as pid:
            yield Relive(port, pid)
