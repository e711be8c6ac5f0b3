"""How large a value is in an answer, and what is said of one that is too large."""

import json
from collections.abc import Mapping
from typing import Any, Literal

from runtime.errors import ReliveError
from runtime.settings import MEGABYTE

ENVELOPE_BYTES = 2048
"""Room for what surrounds a body and its headers in the answer of Lambda (limit: 6 MB for the whole)."""

_ADVICE: Mapping[str, str] = {
    "read": "Use take to read fewer items, or fields for less of them.",
    "aggregate": "Use a filter for fewer items, or group by less.",
}

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def serialised(value: Any) -> str:
    """The value as JSON."""
    return _ENCODER.encode(value)


def serialised_bytes(value: Any) -> int:
    """Its size as JSON in UTF-8."""
    return utf_8_bytes(serialised(value))


def utf_8_bytes(text: str) -> int:
    """Its size in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def too_large(action: Literal["read", "aggregate"], limit_bytes: int) -> ReliveError:
    return ReliveError(601, f"The answer is larger than {limit_bytes / MEGABYTE:g} MB. {_ADVICE[action]}")


def exceeds(text: str, limit_bytes: int) -> bool:
    """Whether a body is too large for Lambda, in whose answer it is a text inside of JSON."""
    room = limit_bytes - ENVELOPE_BYTES
    # Escaped, a character takes six bytes at most; what is small for sure needs no second look.
    return len(text) * 6 > room and len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")) > room
