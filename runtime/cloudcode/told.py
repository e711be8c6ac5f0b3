"""Reads JSON that the guest tells. It is not trusted: what is odd or deep is refused before anyone works on it."""

import json
import math
from typing import Any

DEEPEST = 200
"""How deep it may be nested; as deep as the guest lets answers be."""


def read_told(text: str) -> Any:
    """The JSON value. Raises ValueError for what is no JSON, is nested deeper than DEEPEST, or is not finite."""
    try:
        value = json.loads(text, parse_float=_finite, parse_constant=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    check_depth(value)
    return value


def check_depth(value: Any) -> None:
    """Raise ValueError for a value that is nested deeper than DEEPEST. Walks without recursion."""
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise ValueError("nested too deeply")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number that JSON can say")
    return number
