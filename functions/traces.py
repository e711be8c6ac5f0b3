"""What X-Ray is told of a request beside its times: annotations, by which traces can be found."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Tracer

from functions.metrics import code_of
from runtime.cloudcode.logs.record import CallRecord
from runtime.http.direct_invoke import InvocationFailed


class Traces:
    """Annotates the trace of each request with `app`, `code` and, if user code was called, `function`.

    `code` is as the metrics have it, `function` as the log does. Calls are told when they have ended, as to a LogSink;
    so the last one is what the request has asked for, and not what is nested in it.
    """

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._last: CallRecord | None = None

    def write(self, record: CallRecord) -> None:
        self._last = record

    def annotated(self, app_id: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Annotate a request for this app: what `work` does, which gives the answer to it, or raises InvocationFailed.

        Must be called inside the handler that the tracer captures. Does nothing where nobody traces.
        """
        self._last = None
        code = "1"
        try:
            answer = work()
            code = code_of(answer)
        except InvocationFailed as failed:
            code = str(failed.code)
            raise
        finally:
            self._tracer.put_annotation("app", app_id)
            self._tracer.put_annotation("code", code)
            if self._last is not None:
                self._tracer.put_annotation("function", self._last.function)
        return answer
