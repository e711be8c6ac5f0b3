"""The calls to the host of one exchange, worked on side by side."""

import contextlib
import threading
from collections import deque
from collections.abc import Callable

from runtime.held import text_bytes
from runtime.sandbox.share import Share
from runtime.sandbox.wire import BrokenWire
from runtime.threads import Threads

SIMULTANEOUS_HOST_CALLS = 16
"""Host calls of one call that are worked on at once; further ones wait for their turn."""

WAITING_CALLS = 10_000
REFUSED_CALLS = 1000
"""Host calls that may wait for their turn, and that may have found no room. Honest code stays far below."""


class NoReply(Exception):
    """The host call stays unanswered, and counts as under way until the end."""


class HostCalls:
    """Works on the host calls of one exchange side by side, a few at a time.

    Their arguments count for the request's share from here on. What does not fit is dropped, and None takes its place.
    """

    def __init__(self, work: Callable[[int, str, str | None], None], threads: Threads, share: Share) -> None:
        self._work = work
        self._threads = threads
        self._held = share.held
        self._lock = threading.Lock()
        self._waiting: deque[tuple[int, str, str | None]] = deque()
        self._under_way: dict[int, str] = {}
        self._workers = 0
        self._refused = 0
        self._closed = False

    def start(self, number: int, capability: str, arguments: str | None) -> None:
        """Raises BrokenWire when more calls wait than any honest code starts."""
        with self._lock:
            if len(self._waiting) >= WAITING_CALLS:
                raise BrokenWire("it started more calls to the host than can wait for their turn")
            self._under_way[number] = capability
            if arguments is not None and not self._held.take(text_bytes(arguments)):
                arguments = None
            self._refused += arguments is None
            if self._refused > REFUSED_CALLS:
                raise BrokenWire("it went on to start calls to the host that its request has no room for")
            self._waiting.append((number, capability, arguments))
            if self._workers == SIMULTANEOUS_HOST_CALLS:
                return
            self._workers += 1
        try:
            self._threads.run(self._work_until_idle)
        except BaseException:  # no thread can be started
            with self._lock:
                self._workers -= 1
            raise

    def under_way(self) -> tuple[str, ...]:
        """The capabilities that have not answered yet."""
        with self._lock:
            return tuple(self._under_way.values())

    def close(self) -> None:
        """Start none of those that wait: the call that wanted them is over."""
        with self._lock:
            self._closed = True
            while self._waiting:
                self._give_back(self._waiting.popleft()[2])

    def _work_until_idle(self) -> None:
        try:
            while (call := self._next()) is not None:
                try:
                    with contextlib.suppress(NoReply):
                        self._work(*call)
                        with self._lock:
                            self._under_way.pop(call[0], None)
                finally:
                    self._give_back(call[2])
        except BaseException:
            with self._lock:
                self._workers -= 1
            raise

    def _give_back(self, arguments: str | None) -> None:
        if arguments is not None:
            self._held.give_back(text_bytes(arguments))

    def _next(self) -> tuple[int, str, str | None] | None:
        """None when nothing waits. The worker is counted out at once: who starts a call from then on needs another."""
        with self._lock:
            if not self._waiting or self._closed:
                self._workers -= 1
                return None
            return self._waiting.popleft()
