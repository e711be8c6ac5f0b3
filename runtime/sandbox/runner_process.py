"""A runner process as the server sees it: what it is told, and its end."""

import contextlib
import fcntl
import os
import select
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Protocol

from runtime.sandbox.wire import Kind, Message, encode

NARROW_PIPE, WIDE_PIPE = 64 * 1024, 1024 * 1024
"""Bytes: what Linux gives, and what it grants without privileges, unless it was set up otherwise (pipe(7))."""

START_SECONDS = 1
"""How long it may take until a runner has read what it is to prepare. Its own time begins then."""


class Reaper(Protocol):
    """Whoever has forked a runner, and collects it."""

    def reap(self, runner: "RunnerProcess") -> None: ...


@dataclass(frozen=True)
class Prepared:
    """The code that an idle runner was given before a call wants it.

    When that was, and when the runner is done with it or has ended itself, are on the monotonic clock, in seconds.
    """

    code: str
    at: float
    done_at: float


@dataclass(eq=False)
class RunnerProcess:
    """A runner: its process id, and this side's ends of its two pipes."""

    pid: int
    app: str
    incoming: int
    outgoing: int
    _server: Reaper
    prepared: Prepared | None = None
    _is_wide: bool = False
    _ended: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def kill(self) -> None:
        """Kill the runner, from any thread; who talks to it finds its pipes closed."""
        with self._lock:
            if not self._ended:
                self._signal()

    def prepare(self, code: str, seconds: int, *, warm_up: bool = True) -> None:
        """Have an idle runner define `code` now, and wait with it; it ends itself if that takes longer than `seconds`.

        With `warm_up` it also does ahead what every call does: the call takes less time then, and both together more.

        Does nothing if the code is longer than the pipe holds, since this must not wait.
        """
        definition = encode(Message(Kind.PREPARE if warm_up else Kind.DEFINE, seconds, code))
        self._is_wide = len(definition) > NARROW_PIPE
        if len(definition) > _capacity(self.outgoing, len(definition)):
            return
        try:
            written = os.write(self.outgoing, definition)
        except OSError:  # it has died, or has not read replies that came too late for it
            return
        if written < len(definition):
            self.kill()
        now = time.monotonic()
        self.prepared = Prepared(code, now, now + seconds + START_SECONDS)

    def use_prepared(self) -> None:
        """Begin a call with what was prepared. Replies are no longer counted when they wait in a pipe: it is narrow."""
        self.prepared = None
        if sys.platform == "linux" and self._is_wide:
            self._is_wide = False
            with contextlib.suppress(OSError):  # it has not read all of the definition yet
                fcntl.fcntl(self.outgoing, fcntl.F_SETPIPE_SZ, NARROW_PIPE)

    def has_spoken(self) -> bool:
        """Whether there is anything to read from it: that what it prepares is ready, most likely."""
        poll = select.poll()
        poll.register(self.incoming, select.POLLIN)
        return bool(poll.poll(0))

    def has_died(self) -> bool:
        """Whether an idle runner is not fit for use. One that prepares nothing has nothing to say, either."""
        if not self.prepared:
            return self.has_spoken()
        poll = select.poll()
        poll.register(self.incoming, 0)
        return bool(poll.poll(0))

    def end(self) -> None:
        """Kill the runner, close its pipes and have it reaped. Does nothing the second time."""
        with self._lock:
            if self._ended:
                return
            self._ended = True
            self._signal()
        os.close(self.incoming)
        os.close(self.outgoing)
        self._server.reap(self)

    def _signal(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def _capacity(pipe: int, wanted: int) -> int:
    """How many bytes a pipe holds, at least if they are `wanted`, after it was made wide if it has to be."""
    if sys.platform != "linux" or wanted <= select.PIPE_BUF:
        return select.PIPE_BUF
    if wanted > fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ):
        with contextlib.suppress(OSError):  # there is a limit for all pipes of a user together
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, WIDE_PIPE)
    return fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)
