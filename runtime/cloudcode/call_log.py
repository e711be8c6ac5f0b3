"""The log of one call, while it runs."""

import threading
import time
from typing import Any

from runtime.budget import Allowance
from runtime.cloudcode.logs.record import Level, LogLine
from runtime.cloudcode.told import read_told

LEVELS: dict[str, Level] = {"debug": "debug", "info": "info", "warning": "warning", "error": "error"}


LEAST_LINE_BYTES = 64
"""What a line counts at least: lines without text take room, too."""

LATEST_MOMENT = 1e11
"""Seconds since the epoch, some three thousand years on."""


class CallLog:
    """Collects lines up to a number of bytes, and up to what is left to its request; the rest is cut, and a last line
    says so.

    Safe to use from several threads.
    """

    def __init__(self, limit_bytes: int, of_request: Allowance | None = None) -> None:
        self._limit = limit_bytes
        self._of_request = of_request or Allowance(limit_bytes)
        self._used = 0
        self._cut = False
        self._lines: list[LogLine] = []
        self._lock = threading.Lock()

    def add_from_guest(self, line: str) -> None:
        """Take a line of the guest: JSON with `time`, `level`, `message` and `fields`; anything else is a message."""
        if self._cut:
            return
        if len(line) > self._limit:  # it does not fit in any case, and to read it could hold up everybody for a second
            self._append(LogLine(time.time(), "info", ""), len(line))
            return
        try:
            told = read_told(line)
            fields = told.get("fields", {})
            new = LogLine(
                _moment(told["time"]),
                LEVELS[told["level"]],
                str(told["message"]),
                fields if isinstance(fields, dict) else {},
            )
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            new = LogLine(time.time(), "info", line)
        self._append(new, max(len(line.encode()), LEAST_LINE_BYTES))

    def add(self, level: Level, message: str, **fields: Any) -> None:
        """Add a line of our own; it does not count."""
        self._append(LogLine(time.time(), level, message, fields), 0)

    def has_room_for_details(self, size: int) -> bool:
        """Count so many bytes, that are told beside the lines, for the request; False when they do not fit any more."""
        return self._of_request.take(size)

    @property
    def lines(self) -> list[LogLine]:
        with self._lock:
            return list(self._lines)

    def _append(self, line: LogLine, size: int) -> None:
        with self._lock:
            if size and (self._cut or self._used + size > self._limit):
                self._cut_here(f"The log of this call was cut here, at {self._limit // 1024} KB.")
            elif not self._of_request.take(size):
                self._of_request.use_up()  # a shorter line must not seem to follow the one before this
                self._cut_here(f"The log was cut here: the whole request has {self._of_request.limit // 1024} KB.")
            else:
                self._used += size
                self._lines.append(line)

    def _cut_here(self, note: str) -> None:
        if not self._cut:
            self._cut = True
            self._lines.append(LogLine(time.time(), "warning", note))


def _moment(told: Any) -> float:
    moment = float(told)
    if not 0 <= moment < LATEST_MOMENT:
        raise ValueError(moment)
    return moment
