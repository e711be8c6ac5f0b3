"""Keeps the log of calls in a thread of its own, so that no call waits for the disk or for the store's lock."""

import threading
from collections.abc import Sequence
from typing import Protocol

from runtime.cloudcode.logs.failures import Failures
from runtime.cloudcode.logs.record import CallRecord

PAUSE_SECONDS = 0.05
"""How long records gather when calls come thick and fast; a record that comes alone is written at once."""

WAITING = 200
"""Records that may wait to be written. Each may be large; when there are more, the calls wait after all."""


class Kept(Protocol):
    """Where records are kept, many at a time."""

    def write_all(self, records: Sequence[CallRecord]) -> None: ...


class WriteBehind:
    """A LogSink that hands records on soon, those of a moment together, and never fails.

    Records that wait are lost when the process is killed.
    """

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._failures = Failures()
        self._waiting: list[CallRecord] = []
        self._writing = False
        self._closed = False
        self._changed = threading.Condition()
        self._hurry = threading.Event()
        self._thread = threading.Thread(target=self._work, name="log of calls", daemon=True)

    def write(self, record: CallRecord) -> None:
        with self._changed:
            if len(self._waiting) >= WAITING:
                self._hurry.set()
                self._changed.wait_for(lambda: len(self._waiting) < WAITING)
            if self._closed:
                return
            if not self._thread.is_alive():
                self._thread.start()
            self._waiting.append(record)
            self._changed.notify_all()

    def flush(self) -> None:
        """Wait until all that has been written here is kept, or could not be."""
        with self._changed:
            self._hurry.set()
            self._changed.wait_for(lambda: not self._waiting and not self._writing)

    def close(self) -> None:
        """Flush, and take no more records. Closing again does nothing."""
        with self._changed:
            self._closed = True
            self._hurry.set()
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while records := self._next():
            try:
                self._kept.write_all(records)
            except Exception as error:
                self._failures.failed(self._kept, error)
            else:
                self._failures.worked(self._kept)
            with self._changed:
                self._writing = False
                self._changed.notify_all()
            self._hurry.wait(PAUSE_SECONDS)

    def _next(self) -> list[CallRecord]:
        """All that wait by now; none when there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            records, self._waiting = self._waiting, []
            self._writing = bool(records)
            self._hurry.clear()
            self._changed.notify_all()
            return records
