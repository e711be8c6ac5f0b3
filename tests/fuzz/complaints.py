"""Listens to what the system says of itself: an error that it did not expect is a broken promise, however it answered."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from tests.fuzz.target import BrokenPromise


class Unexpected(BrokenPromise):
    """The system logged an error. Its traceback is that of the exception which was logged, if there was one."""


class Complaints(logging.Handler):
    """Keeps the first error that is logged until it is asked for."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._first: logging.LogRecord | None = None

    def emit(self, record: logging.LogRecord) -> None:
        self._first = self._first or record

    def check(self) -> None:
        """Raises Unexpected if anything was logged since the last time."""
        record, self._first = self._first, None
        if record is None:
            return
        cause = record.exc_info[1] if record.exc_info else None
        traceback: TracebackType | None = cause.__traceback__ if cause else None
        raise Unexpected(f"{record.getMessage()}: {cause!r}").with_traceback(traceback) from cause


@contextmanager
def complaints() -> Iterator[Complaints]:
    """Listens to the whole system while the block runs, and keeps its errors from the terminal."""
    logger = logging.getLogger("runtime")
    listener, propagated = Complaints(), logger.propagate
    logger.addHandler(listener)
    logger.propagate = False
    try:
        yield listener
    finally:
        logger.propagate = propagated
        logger.removeHandler(listener)
