"""Which code stands ready in an idle runner before a call wants it."""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

FRESH_SECONDS = 60
"""How old a prepared instance may be. What a file's top level found out, such as the time, is no older than that."""

LONGEST_BACKOFF_SECONDS = 600
REMEMBERED = 1000


@dataclass(frozen=True)
class _Backoff:
    until: float
    seconds: float


class Preparations:
    """Remembers for which code it was of no use, and for how long to leave that alone: longer each time.

    It is of no use if the code does not load, takes too long or brings its runner down, and if other code needs the
    runner before anybody calls this one. Safe to use from several threads.
    """

    def __init__(self, enabled: bool = True) -> None:
        self._enabled = enabled
        self._lock = threading.Lock()
        self._backoffs: OrderedDict[str, _Backoff] = OrderedDict()

    def are_wanted(self, code: str) -> bool:
        """Whether the next instance of this code, which has just been called, is to be prepared."""
        if not self._enabled:
            return False
        with self._lock:
            backoff = self._backoffs.get(code)
            return backoff is None or time.monotonic() >= backoff.until

    def was_useful(self, code: str) -> None:
        """A call has found its instance prepared."""
        with self._lock:
            self._backoffs.pop(code, None)

    def was_useless(self, code: str) -> None:
        """A prepared instance failed, or was thrown away unused."""
        with self._lock:
            before = self._backoffs.pop(code, None)
            seconds = min(2 * before.seconds if before else 1.0, LONGEST_BACKOFF_SECONDS)
            self._backoffs[code] = _Backoff(time.monotonic() + seconds, seconds)
            if len(self._backoffs) > REMEMBERED:
                self._backoffs.popitem(last=False)
