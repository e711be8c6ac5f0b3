"""Several sinks as one, which never fails."""

from collections.abc import Sequence

from runtime.cloudcode.logs.failures import Failures
from runtime.cloudcode.logs.record import CallRecord, LogSink


class SeveralSinks:
    """Writes each record to every sink; what one of them fails with is told to the operator."""

    def __init__(self, sinks: Sequence[LogSink]) -> None:
        self._sinks = tuple(sinks)
        self._failures = Failures()

    def write(self, record: CallRecord) -> None:
        for sink in self._sinks:
            try:
                sink.write(record)
            except Exception as error:
                self._failures.failed(sink, error)
            else:
                self._failures.worked(sink)
