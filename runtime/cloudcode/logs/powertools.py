"""The log of calls as JSON, for CloudWatch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from runtime.cloudcode.logs.record import CallRecord

if TYPE_CHECKING:  # a tenth of a second to import, and only Lambda needs it
    from aws_lambda_powertools import Logger

FAILURES = frozenset({"901", "902", "951"})
"""Outcomes that are the fault of user code; others, such as 910, are what it wanted or what the caller did."""


class PowertoolsLog:
    """A LogSink that writes one entry for each line of a call, then one for its ending, all with the request's id.

    What user code names its fields stays below `fields`, where it cannot overwrite the entry's own keys.
    """

    def __init__(self, logger: Logger) -> None:
        self._logger = logger

    def write(self, record: CallRecord) -> None:
        call = {"request_id": record.request_id, "app": record.app, "function": record.function}
        for line in record.lines:
            self._write(line.level, line.message, call | {"logged_at": _iso(line.time), "fields": line.fields})
        ending = {
            "started_at": _iso(record.started_at),
            "duration_ms": round(record.duration_ms, 1),
            "outcome": record.outcome,
            "details": record.details,
        }
        level = "error" if record.outcome in FAILURES else "info"
        self._write(level, f"{record.function}: {record.outcome}", call | ending)

    def _write(self, level: str, message: str, extra: Mapping[str, Any]) -> None:
        logger = self._logger
        methods = {"debug": logger.debug, "warning": logger.warning, "error": logger.error}
        methods.get(level, logger.info)(_encodable(message), extra=_encodable(extra))


def _encodable(value: Any) -> Any:
    """The JSON value without halves of surrogate pairs, which user code may write but UTF-8 cannot say."""
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
