"""What is wrong in an expression, and where: raised while it is parsed, and made into an answer by what parses it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from runtime.errors import ReliveError
from runtime.query.interruption import watched

# How many objects and arrays may be inside each other, and names in a path: an item's 32, and room for operators around
# it. Everything here recurses, and must not run out of stack.
MAX_DEPTH = 40


class Invalid(Exception):
    """`where` is the path in the expression (`Likes.$gt`, empty for the whole); `problem` says what is wrong there."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}" if where else f"{problem[0].upper()}{problem[1:]}")


@contextmanager
def answered_with(code: int) -> Iterator[None]:
    """Turn `Invalid` into `ReliveError(code)` with the same words."""
    try:
        yield
    except Invalid as invalid:
        raise ReliveError(code, _sentence(str(invalid))) from invalid


def require_shallow(value: Any, depth: int = 0) -> None:
    """Raise `Invalid` when more than `MAX_DEPTH` objects and arrays are inside each other."""
    if not isinstance(value, dict | list):
        return
    if depth == MAX_DEPTH:
        raise Invalid("", f"more than {MAX_DEPTH} objects and arrays inside each other")
    for inner in watched(value.values() if isinstance(value, dict) else value):
        require_shallow(inner, depth + 1)


def inside(where: str, key: str | int) -> str:
    """The place of `key` in what stands at `where`."""
    return f"{where}.{key}" if where else str(key)


def shown(value: Any) -> str:
    """A value as a message shows it: JSON, cut when it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:77]}..."


def kind(value: Any) -> str:
    """What a value is, in the words of JSON: "a number", "an array"..."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "an array"
        case _:
            return "an object"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."
