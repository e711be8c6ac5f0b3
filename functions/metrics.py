"""What is counted and measured for CloudWatch: printed in its embedded metric format (EMF), so that nobody waits.

The alarms and the dashboard of template.yaml are made of these.
"""

import json
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from runtime.application import Application
from runtime.cloudcode.logs.record import OK, CallRecord
from runtime.errors import CATALOGUE
from runtime.http.direct_invoke import InvocationFailed

NAMESPACE = "Relive"
"""Where nothing else is said: the template gives each stack a namespace of its own."""

CUSTOM = "custom"
"""What stands for all codes that user code made up: each value of a dimension is a metric that is paid for."""

KNOWN = frozenset({OK, *map(str, CATALOGUE)})


class Metric(StrEnum):
    REQUESTS = "Requests"
    REQUEST_DURATION = "RequestDuration"
    CALLS = "Calls"
    CALL_DURATION = "CallDuration"
    COLD_STARTS = "ColdStarts"
    RUNNER_KILLS = "RunnerKills"


UNITS = {Metric.REQUEST_DURATION: MetricUnit.Milliseconds, Metric.CALL_DURATION: MetricUnit.Milliseconds}
"""All others are counts."""

Values = defaultdict[Metric, list[float]]


class Metrics:
    """Measures requests, and the calls of user code in them, of which it is told as a LogSink.

    The dimensions are `service`, and `code` for what is counted by it: "ok", a code of the catalogue, or "custom". What
    was measured is printed when a request ends. A call that ends later, because nobody waited for it, is printed with
    the next one.
    """

    def __init__(self, service: str) -> None:
        self._service = service
        self._is_cold = True
        self._lock = threading.Lock()
        self._plain: Values = defaultdict(list)
        self._by_code: defaultdict[str, Values] = defaultdict(lambda: defaultdict(list))

    def write(self, record: CallRecord) -> None:
        """Measure one call of user code."""
        code = record.outcome if record.outcome in KNOWN else CUSTOM
        with self._lock:
            self._by_code[code][Metric.CALLS].append(1)
            self._plain[Metric.CALL_DURATION].append(record.duration_ms)

    def measured(self, application: Application, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Measure a request: what `work` does, which gives the answer to it, or raises InvocationFailed."""
        started, kills = time.monotonic(), application.sandbox.kills
        code = "1"
        try:
            answer = work()
            code = code_of(answer)
        except InvocationFailed as failed:
            code = _bounded(failed.code)
            raise
        finally:
            self._end_request(code, (time.monotonic() - started) * 1000, application.sandbox.kills - kills)
        return answer

    def _end_request(self, code: str, milliseconds: float, kills: int) -> None:
        with self._lock:
            self._by_code[code][Metric.REQUESTS].append(1)
            self._plain[Metric.REQUEST_DURATION].append(milliseconds)
            self._plain[Metric.COLD_STARTS].append(self._is_cold)
            self._plain[Metric.RUNNER_KILLS].append(kills)
            self._is_cold = False
        self._print()

    def _print(self) -> None:
        with self._lock:
            plain, by_code = self._plain, self._by_code
            self._plain, self._by_code = defaultdict(list), defaultdict(lambda: defaultdict(list))
        _print_values(plain, {"service": self._service})
        for code, values in by_code.items():
            _print_values(values, {"service": self._service, "code": code})


def _print_values(values: Values, dimensions: dict[str, str]) -> None:
    namespace = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", NAMESPACE)
    # Not Powertools' Metrics: all of those share what they have measured, and one set of dimensions.
    metrics = EphemeralMetrics(namespace=namespace, dimension_set=dimensions)
    for metric, measured in values.items():
        for value in measured:  # at AWS's limit of 100 values it prints them, and begins anew
            metrics.add_metric(metric, UNITS.get(metric, MetricUnit.Count), value)
    if metrics.metric_set:
        metrics.flush_metrics()


def code_of(answer: Mapping[str, Any]) -> str:
    """What an answer to Lambda counts as: "ok" below status 400, else by the code in its body."""
    if answer["statusCode"] < 400:
        return OK
    body = answer["body"]
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            return CUSTOM
    return _bounded(body.get("errorCode") if isinstance(body, dict) else None)


def _bounded(code: object) -> str:
    return str(code) if type(code) is int and code in CATALOGUE else CUSTOM
