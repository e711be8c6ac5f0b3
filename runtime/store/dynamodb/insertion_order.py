"""The order in which documents are inserted, as bytes."""

import secrets
import threading
import time
from collections.abc import Callable

ORDER_BYTES = 14
"""Eight for microseconds since the epoch, two for the place in the insert, four at random. The first is 0 for a long
time, which `KeyRange` needs of what follows a key."""


class InsertionOrder:
    """Gives what is greater than all that it gave before. Safe from many threads.

    Between processes the order is that of their clocks. `clock` gives seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last = 0

    def next(self, count: int) -> list[bytes]:
        """The places of so many documents that are inserted together."""
        with self._lock:
            self._last = max(self._last + 1, int(self._clock() * 1_000_000))
            moment = self._last.to_bytes(8, "big")
        return [moment + place.to_bytes(2, "big") + secrets.token_bytes(4) for place in range(count)]
