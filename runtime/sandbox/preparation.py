"""Which code stands ready in an idle runner before a call wants it."""

import math
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TypeVar

FRESH_SECONDS = 60
"""How old a prepared instance may be. What a file's top level found out, such as the time, is no older than that."""

LEAST_SECONDS = 1
TIMES_AS_LONG = 4
"""What a preparation may take: so many times what loading took when a call did it, and not less than this.

No request is charged for it, so it must not be much more than what one was charged for. Whole seconds, which is what
a runner's alarm counts.
"""

LONGEST_BACKOFF_SECONDS = 600
REMEMBERED = 1000

Remembered = TypeVar("Remembered")


@dataclass(frozen=True)
class _Backoff:
    until: float
    seconds: float


class Preparations:
    """Remembers how long code takes to load, for which it was of no use, and for how long to leave that alone.

    That is longer each time, and shorter again each time that it is of use: code may be of no use every now and then.
    It is of no use if the code does not load, takes too long or brings its runner down, and if other code needs the
    runner before anybody calls this one. Safe to use from several threads.
    """

    def __init__(self, enabled: bool = True) -> None:
        self._enabled = enabled
        self._lock = threading.Lock()
        self._backoffs: OrderedDict[str, _Backoff] = OrderedDict()
        self._loading_seconds: OrderedDict[str, float] = OrderedDict()

    def are_wanted(self, code: str) -> bool:
        """Whether the next instance of this code, which has just been called, is to be prepared."""
        if not self._enabled:
            return False
        with self._lock:
            backoff = self._backoffs.get(code)
            return backoff is None or time.monotonic() >= backoff.until

    def seconds(self, code: str, longest: int) -> int:
        """How long the preparation of this code may take, at most `longest`."""
        with self._lock:
            loading = self._loading_seconds.get(code, longest)
        return min(max(LEAST_SECONDS, math.ceil(TIMES_AS_LONG * loading)), longest)

    def was_loaded(self, code: str, seconds: float) -> None:
        """A call has loaded the code itself, and it took so long."""
        if self._enabled:
            with self._lock:
                self._loading_seconds.pop(code, None)
                _remember(self._loading_seconds, code, seconds)

    def was_useful(self, code: str) -> None:
        """A call has found its instance prepared."""
        with self._lock:
            before = self._backoffs.pop(code, None)
            if before is not None and before.seconds > 1:
                _remember(self._backoffs, code, _Backoff(before.until, before.seconds / 2))

    def was_useless(self, code: str) -> None:
        """A prepared instance failed, or was thrown away unused."""
        with self._lock:
            before = self._backoffs.pop(code, None)
            seconds = min(2 * before.seconds if before else 1.0, LONGEST_BACKOFF_SECONDS)
            _remember(self._backoffs, code, _Backoff(time.monotonic() + seconds, seconds))


def _remember(remembered: OrderedDict[str, Remembered], code: str, value: Remembered) -> None:
    remembered[code] = value
    if len(remembered) > REMEMBERED:
        remembered.popitem(last=False)
