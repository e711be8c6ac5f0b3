"""Hello over HTTP: a real server, real connections, a fresh sandbox for each request."""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

APP = """app: {id: bench, title: Bench}
functions:
  hello: {}
"""
HELLO = "def on_request(request, response):\n    return {'hello': 'world'}\n"


@dataclass(frozen=True)
class Load:
    """Requests a second, and milliseconds at the median and at the 99th of a hundred."""

    connections: int
    requests_per_second: float
    median_ms: float
    p99_ms: float


def measure(connections: int, *, seconds: float = 5) -> Load:
    """Send requests on as many connections, each as soon as the one before it was answered."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as port:
        _send(port, time.monotonic() + 1)
        times: list[float] = []
        until = time.monotonic() + seconds
        started = time.monotonic()
        senders = [threading.Thread(target=lambda: times.extend(_send(port, until))) for _ in range(connections)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        elapsed = time.monotonic() - started
    times.sort()
    return Load(
        connections,
        len(times) / elapsed,
        statistics.median(times) * 1000,
        times[int(len(times) * 0.99)] * 1000,
    )


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    """The server as a user starts it, on an app with one function."""
    app = folder / "app"
    (app / "functions").mkdir(parents=True)
    (app / "relive.yaml").write_text(APP)
    (app / "functions" / "hello.py").write_text(HELLO)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "relive"), "serve", str(app), "--port", str(port), "--data"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [*command, str(folder / "data")], stdout=log, stderr=log, env={**os.environ, "RELIVE_MASTER_KEY": "bench"}
        )
    try:
        _wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server does not start")


def _send(port: int, until: float) -> list[float]:
    times = []
    connection = http.client.HTTPConnection("127.0.0.1", port)
    while time.monotonic() < until:
        started = time.perf_counter()
        connection.request("GET", "/v1/bench/Functions/hello")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b'{"hello":"world"}')
        times.append(time.perf_counter() - started)
    connection.close()
    return times
