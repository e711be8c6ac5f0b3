"""Writes to the call's log."""

from typing import Any

from relive_guest.logging import write


def debug(message: object, /, **fields: Any) -> None:
    """Write a line; `fields` are kept beside it as data."""
    write("debug", message, fields)


def info(message: object, /, **fields: Any) -> None:
    """Write a line; `fields` are kept beside it as data."""
    write("info", message, fields)


def warning(message: object, /, **fields: Any) -> None:
    """Write a line; `fields` are kept beside it as data."""
    write("warning", message, fields)


def error(message: object, /, **fields: Any) -> None:
    """Write a line; `fields` are kept beside it as data."""
    write("error", message, fields)
