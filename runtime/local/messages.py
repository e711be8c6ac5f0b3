"""What the processes that serve an app together, and their parent, tell each other: pickled, over a pair of sockets."""

import contextlib
import pickle
import socket
from dataclasses import dataclass
from typing import Any

from runtime.apps.app import App
from runtime.local.shares import Share


@dataclass(frozen=True)
class Start:
    """Serve this app to clients who know the server by that address.

    `is_first` is for one process at the server's start: what concerns all of them is done and told by it. The answer
    is a list of problems in its code.
    """

    app: App
    share: Share
    master_key: str
    address: str
    coloured: bool
    is_first: bool


@dataclass(frozen=True)
class Check:
    """Look for problems in a version; the answer is a list of them."""

    app: App


@dataclass(frozen=True)
class Prepare:
    """Get everything ready for a version."""

    app: App


@dataclass(frozen=True)
class Switch:
    """Serve this version, which is prepared, from the next request on."""

    app: App


@dataclass(frozen=True)
class Answer:
    """What came of a message, or what went wrong."""

    value: Any = None
    error: Exception | None = None


class GoneError(Exception):
    """The other process has ended, or says no more."""


class Channel:
    """Messages to and from another process, whole or not at all. One thread sends, and one receives."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._file = end.makefile("rb")

    def send(self, message: object) -> None:
        """Raises GoneError."""
        try:
            self._end.sendall(pickle.dumps(message))
        except OSError:
            raise GoneError from None

    def receive(self) -> Any:
        """Wait for the next message. Raises GoneError."""
        try:
            return pickle.load(self._file)
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):  # in the middle of a message, or closed here
            raise GoneError from None

    def end(self) -> None:
        """Send no more. The other process reads to the end, and knows."""
        with contextlib.suppress(OSError):
            self._end.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._file.close()
        self._end.close()
