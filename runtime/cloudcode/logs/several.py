"""Several sinks as one, which never fails."""

import sys
import threading
from collections.abc import Sequence

from runtime.cloudcode.logs.record import CallRecord, LogSink


class SeveralSinks:
    """Writes each record to every sink.

    A call must not fail because its log cannot be written (disk full, terminal gone): a sink that fails is reported on
    standard error once, and again only after it has worked in between.
    """

    def __init__(self, sinks: Sequence[LogSink]) -> None:
        self._sinks = tuple(sinks)
        self._failing: set[LogSink] = set()
        self._lock = threading.Lock()

    def write(self, record: CallRecord) -> None:
        for sink in self._sinks:
            try:
                sink.write(record)
            except Exception as error:
                self._report(sink, error)
            else:
                self._failing.discard(sink)

    def _report(self, sink: LogSink, error: Exception) -> None:
        with self._lock:
            if sink in self._failing:
                return
            self._failing.add(sink)
        print(f"{type(sink).__name__} cannot write the log of calls: {error}", file=sys.stderr, flush=True)
