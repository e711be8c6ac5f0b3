"""The server as a user starts it, and requests on several connections at once."""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

Send = Callable[[http.client.HTTPConnection], None]
"""Sends one request, and checks the answer."""


@dataclass(frozen=True)
class Load:
    """Requests a second, and milliseconds at the median and at the 99th of a hundred."""

    requests_per_second: float
    median_ms: float
    p99_ms: float


@contextmanager
def serving(files: Mapping[str, str]) -> Iterator[int]:
    """A server on an app of these files, by their paths; gives its port."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, text in files.items():
            (folder / "app" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "app" / path).write_text(text)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        command = [str(Path(sys.executable).parent / "relive"), "serve", str(folder / "app"), "--port", str(port)]
        with (folder / "log").open("w") as log:
            server = subprocess.Popen(
                [*command, "--data", str(folder / "data")],
                stdout=log,
                stderr=log,
                env={**os.environ, "RELIVE_MASTER_KEY": "bench"},
            )
        try:
            _wait_for(port)
            yield port
        finally:
            server.terminate()
            server.wait(20)


def load(port: int, send: Send, *, connections: int, seconds: float) -> Load:
    """Send on as many connections, each request as soon as the one before it was answered."""
    times: list[float] = []
    started = time.monotonic()
    until = started + seconds
    senders = [threading.Thread(target=lambda: times.extend(_times(port, send, until))) for _ in range(connections)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    elapsed = time.monotonic() - started
    times.sort()
    return Load(len(times) / elapsed, statistics.median(times) * 1000, times[int(len(times) * 0.99)] * 1000)


def _times(port: int, send: Send, until: float) -> list[float]:
    times = []
    connection = http.client.HTTPConnection("127.0.0.1", port)
    while time.monotonic() < until:
        started = time.perf_counter()
        send(connection)
        times.append(time.perf_counter() - started)
    connection.close()
    return times


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server does not start")
