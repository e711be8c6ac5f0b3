"""The record of one call of user code, and the shape of all that take such records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Level = Literal["debug", "info", "warning", "error"]
OK = "ok"


@dataclass(frozen=True)
class LogLine:
    """A line that user code wrote. `time` is in seconds since the epoch; `fields` are JSON values."""

    time: float
    level: Level
    message: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CallRecord:
    """One call, when it has ended.

    `started_at` is in seconds since the epoch. `outcome` is "ok" or the error code as text, such as "902". `details`
    are JSON values for the app's owner: for an exception `type`, `message`, `file`, `line` and `frames`.
    """

    request_id: str
    app: str
    function: str
    started_at: float
    duration_ms: float
    outcome: str
    lines: Sequence[LogLine] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.outcome == OK

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "lines": [vars(line) for line in self.lines]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "CallRecord":
        return cls(**{**value, "lines": tuple(LogLine(**line) for line in value["lines"])})


class LogSink(Protocol):
    """Takes the record of every call, from many threads. May raise anything; SeveralSinks keeps that from the call."""

    def write(self, record: CallRecord) -> None: ...
