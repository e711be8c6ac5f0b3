"""Dates in JSON: text that is a complete ISO 8601 date-time with its zone (protocol sections 1.2, 3.7 and 3.15)."""

import re
from datetime import UTC, datetime
from typing import Any

_COMPLETE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)", re.ASCII)
_DAY_LENGTH = len("2016-02-03")
# The longest text that is looked at: more digits behind the second than anyone writes.
_MAX_LENGTH = 40


def canonical_date_time(text: str) -> str | None:
    """The same instant in the one form of the protocol, `2016-02-03T04:05:06.789Z`, or None when `text` is not a date.

    Canonical texts sort as the instants do. What is finer than a millisecond is cut off, as MongoDB does.
    """
    if not 20 <= len(text) <= _MAX_LENGTH or text[10] != "T" or not _COMPLETE.fullmatch(text):
        return None
    try:
        instant = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):  # the 31st of February; the first day of the year 1, east of Greenwich
        return None
    return instant.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def canonical_day_or_time(value: Any) -> str | None:
    """The same for a day as well, which stands for its midnight in UTC. None when `value` is neither."""
    if not isinstance(value, str):
        return None
    return canonical_date_time(f"{value}T00:00:00Z" if len(value) == _DAY_LENGTH else value)
