"""A server as a user starts it, which a test hurts: its processes, what they hold, and requests to it."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime.threads import KEPT
from tests.cli.commands import RELIVE, environment
from tests.faults.notes_app import APP
from tests.sandbox.processes import children, descriptors, is_alive, threads

BUDGET_SECONDS = 3
RUNNERS = 6

PATIENT_SECONDS = 30
"""The budget of a server of which no call may run out of time, however busy the machine is."""

SETTINGS = {
    "RELIVE_BUDGET_SECONDS": str(BUDGET_SECONDS),
    "RELIVE_RUNNERS": str(RUNNERS),
    "RELIVE_DEPTH": "2",
    "RELIVE_BREAKER_TIMEOUTS": "10000",
    "RELIVE_MASTER_KEY": "key",
}
"""Few runners, so that one too many is noticed. The breaker is not meant to help here."""

START_SECONDS = 60
END_SECONDS = 20


KEPT_THREADS = KEPT + 2
"""The server keeps threads for calls to the host. One more sees to it that these begin, and one that requests do."""


@dataclass(frozen=True)
class Answer:
    """Status and JSON of an answer; `code` is 0 for success."""

    status: int
    value: Any

    @property
    def code(self) -> int:
        return int(self.value["errorCode"]) if self.status >= 400 else 0


@dataclass(frozen=True)
class Held:
    """What a server holds when it has nothing to do, but for its store and its runners, which it keeps for later.

    Its child processes, its threads, and its descriptors without those of the store. With runners it has two pipes for
    each, so pipes are counted apart.
    """

    children: int
    threads: int
    descriptors: int
    pipes: int

    def leaks(self, before: "Held", runners: int) -> bool:
        """Whether this is more than `before`, with so many runners at most."""
        return (
            self.children > before.children
            or self.threads > before.threads + KEPT_THREADS
            or self.descriptors > before.descriptors
            or self.pipes > before.pipes + 2 * runners
        )


class Server:
    """`relive serve` on the app in `folder`, at one port over all its restarts.

    Its output goes to the file `log`. `unused` is what it held at its start, after one call. `options` are
    further arguments of Popen, and `command` is what runs `relive`.
    """

    def __init__(self, folder: Path, guests: Path, **variables: str) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "log"
        self.port = _free_port()
        self.variables = {**SETTINGS, "RELIVE_GUESTS": str(guests), **variables}
        self._process: subprocess.Popen[bytes] | None = None
        self.unused = Held(0, 0, 0, 0)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None, "the server was not started"
        return self._process

    def start(self, *, command: Sequence[str] = RELIVE, **options: Any) -> None:
        """Start it and wait until it answers."""
        arguments = ["serve", str(self.folder / "app"), "--port", str(self.port), "--data", str(self.data)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *arguments],
                stdin=subprocess.DEVNULL,
                env=environment(**self.variables),
                **{"stdout": log, "stderr": log, **options},
            )
        wait_for(lambda: self._answers() or self.process.poll() is not None, "the server answers", START_SECONDS)
        assert self.process.poll() is None, f"the server ended with {self.process.returncode}:\n{self.output}"
        self.call("double", {"n": 1})
        self.unused = self.settled()

    def kill(self) -> None:
        """SIGKILL, as the system's out-of-memory killer does it."""
        self.process.kill()
        self.process.wait(END_SECONDS)

    def stop(self) -> int:
        """Ctrl-C, and the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(END_SECONDS)

    def end(self) -> None:
        """Whatever has become of it: end everything that is left."""
        if self._process is None:
            return
        left = self.processes()
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(END_SECONDS)

    def fork_server(self) -> int | None:
        """The process id of the process that forks runners; None if it has died and none is needed yet."""
        return next((pid for pid in children(self.pid) if is_alive(pid)), None)

    def runners(self) -> list[int]:
        """The process ids of the runners, but for those whose fork server has died."""
        fork_server = self.fork_server()
        return [pid for pid in children(fork_server) if is_alive(pid)] if fork_server else []

    def processes(self) -> list[int]:
        """The process ids of the server and all below it."""
        return [pid for pid in descendants(self.pid) if is_alive(pid)]

    def held(self) -> Held:
        """What it holds now. A process that has ended and was not collected counts as well."""
        opened = [path for path in self._opened() if not path.startswith(str(self.data))]
        pipes = sum(path.startswith("pipe:") for path in opened)
        return Held(len(children(self.pid)), threads(self.pid), len(opened) - pipes, pipes)

    def _opened(self) -> list[str]:
        while True:
            try:
                return list(descriptors(self.pid).values())
            except FileNotFoundError:  # closed in between
                continue

    def settled(self) -> Held:
        """What it holds once it has nothing to do any more, and is the same twice."""
        previous, now = None, self.held()
        end = time.monotonic() + END_SECONDS
        while now != previous:
            assert time.monotonic() < end, f"it does not come to rest: {previous}, {now}"
            time.sleep(0.3)
            previous, now = now, self.held()
        return now

    @contextlib.contextmanager
    def connection(self, timeout: float = 30) -> Iterator[http.client.HTTPConnection]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            yield connection
        finally:
            connection.close()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request on a connection of its own. Raises OSError and HTTPException when no answer comes."""
        with self.connection() as connection:
            return ask(connection, method, path, body, headers)

    def call(self, function: str, body: Any) -> Answer:
        return self.ask("POST", f"Functions/{function}", body)

    def _answers(self) -> bool:
        try:
            with self.connection(5) as connection:
                connection.request("GET", "/health")
                return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


def ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """A request for a path of the app, with JSON as its body."""
    text = None if body is None else json.dumps(body)
    kind = {} if body is None else {"Content-Type": "application/json"}
    connection.request(method, f"/v1/{APP}/{path}", text, {**kind, **(headers or {})})
    response = connection.getresponse()
    return Answer(response.status, json.loads(response.read()))


def descendants(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            found += children(parent)
    return found


def wait_for(condition: Callable[[], object], what: str, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.05)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
