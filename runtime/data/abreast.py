"""Few reads at once, because many are slower: Python runs one thread at a time, and each would wait for all others."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = os.cpu_count() or 1

PATIENCE_SECONDS = 0.02
"""How long a read waits for others. Most take a millisecond; what waits longer is behind a scan, and goes past it."""


class Abreast:
    """Lets reads go a few abreast. A courtesy, no limit: nobody waits for long. Safe to use from several threads.

    SQLite gives Python's interpreter lock away at every row and asks for it again, and whoever has it keeps it for up
    to five milliseconds. Eight pages read at once so took twice the time of eight that are read one after the other.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._places = threading.BoundedSemaphore(at_once)

    @contextmanager
    def place(self) -> Iterator[None]:
        """For as long as a read takes."""
        has_place = self._places.acquire(timeout=PATIENCE_SECONDS)
        try:
            yield
        finally:
            if has_place:
                self._places.release()
