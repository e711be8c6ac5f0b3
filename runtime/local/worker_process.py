"""A process that serves, as its parent sees it."""

import os
import signal
import socket
import subprocess
import sys
import threading
from typing import IO, Any, TextIO

from runtime.local.handover import Outlet
from runtime.local.messages import Answer, Channel

BOOTSTRAP = "import sys; sys.path[:] = sys.argv.pop(1).split(':'); from runtime.local.worker import main; main()"

CHUNK = 64 * 1024


class WorkerProcess:
    """Starts the process, which waits for its first message. What it prints is printed here, line by line.

    It has a session of its own, so that Ctrl-C at a terminal reaches the parent alone. Raises OSError.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        control, its_control = socket.socketpair()
        connections, its_connections = socket.socketpair()
        with its_control, its_connections:
            descriptors = (its_control.fileno(), its_connections.fileno())
            self._process = subprocess.Popen(
                [sys.executable, "-c", BOOTSTRAP, ":".join(sys.path), *map(str, descriptors)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if sys.stderr is sys.stdout else subprocess.PIPE,
                env={**os.environ, "PYTHONIOENCODING": "utf-8"},
                pass_fds=descriptors,
                start_new_session=True,
            )
        self._channel = Channel(control)
        self.outlet = Outlet(connections)
        streams = ((self._process.stdout, sys.stdout), (self._process.stderr, sys.stderr))
        self._readers = [
            threading.Thread(target=_pass_on, args=(source, stream), daemon=True)
            for source, stream in streams
            if source
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, message: object) -> Any:
        """Send a message and wait for its answer, one thread at a time. Raises GoneError, and what went wrong there."""
        self.tell(message)
        return self.answer()

    def tell(self, message: object) -> None:
        """Send a message whose answer is asked for later. Raises GoneError."""
        self._channel.send(message)

    def answer(self) -> Any:
        """The answer to a message that was sent. Raises GoneError, and what went wrong there."""
        answer: Answer = self._channel.receive()
        if answer.error is not None:
            raise answer.error
        return answer.value

    def stop(self) -> None:
        """Have it end in good order."""
        self._channel.end()

    def hurry(self) -> None:
        """A second Ctrl-C: have it wait for nothing."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        self._process.kill()

    def wait(self, seconds: float | None = None) -> str:
        """How it ended, in words, once it has and all that it printed is printed. Raises subprocess.TimeoutExpired."""
        code = self._process.wait(seconds)
        for reader in self._readers:
            reader.join()
        self._channel.close()
        self.outlet.close()
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"has ended with exit code {code}"


def _pass_on(source: IO[bytes], stream: TextIO) -> None:
    """Print what comes from another process, whole lines at a time."""
    rest = b""
    with source:
        while chunk := os.read(source.fileno(), CHUNK):
            lines, newline, rest = (rest + chunk).rpartition(b"\n")
            stream.write((lines + newline).decode(errors="replace"))
    if rest:
        stream.write(rest.decode(errors="replace") + "\n")
