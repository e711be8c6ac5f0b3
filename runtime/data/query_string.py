"""Parameters of a query string, which are texts, as the values that they stand for."""

import json
import re
from typing import Any

from runtime.apps.value_rules import TextType
from runtime.query.literal import is_number

_NUMBER = re.compile(r"-?\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,4})?", re.ASCII)
"""A double has at most 309 digits before its point."""


def read_as(type: TextType, text: str) -> Any:
    """What a text says, None if that is nothing of the type. Texts and dates say what they are."""
    match type:
        case "number":
            return _number(text)
        case "boolean":
            return {"true": True, "false": False}.get(text)
        case _:
            return text


def written_as_text(value: Any) -> str:
    """A value as it stands in a query string. `read_as` reads it back."""
    return value if isinstance(value, str) else json.dumps(value)


def _number(text: str) -> int | float | None:
    if not _NUMBER.fullmatch(text):
        return None
    number = int(text) if text.removeprefix("-").isdecimal() else float(text)
    return number if is_number(number) else None
