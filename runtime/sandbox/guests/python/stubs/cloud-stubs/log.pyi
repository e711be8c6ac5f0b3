"""Writes to the call's log."""

from typing import Any

def debug(message: object, /, **fields: Any) -> None:
    """Write a line; `fields` are kept beside it as data."""

def info(message: object, /, **fields: Any) -> None:
    """Write a line; `fields` are kept beside it as data."""

def warning(message: object, /, **fields: Any) -> None:
    """Write a line; `fields` are kept beside it as data."""

def error(message: object, /, **fields: Any) -> None:
    """Write a line; `fields` are kept beside it as data."""
