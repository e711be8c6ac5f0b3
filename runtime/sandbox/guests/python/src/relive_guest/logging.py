"""The log of a call, as the guest writes it: one JSON text a line, sent to the host at once."""

import io
import json
import logging
import time
import warnings
from typing import Any

import wit_world

from relive_guest.json_values import convert

LINE_LIMIT = 16 * 1024
"""Characters of a message, and of its fields; what is longer is cut, so that one line cannot use up the log."""

LEVELS = ((logging.ERROR, "error"), (logging.WARNING, "warning"), (logging.INFO, "info"))


def write(level: str, message: object, fields: dict[str, Any] | None = None) -> None:
    """Write a line. Never raises because of what is in it: a value that is not JSON is written as its text."""
    line = {"time": time.time(), "level": level, "message": _cut(_text(message))}
    if fields:
        line["fields"] = _plain(fields)
    wit_world.log(json.dumps(line))


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields as JSON values; those that are too large, or contain themselves, as the beginning of their text."""
    plain = {}
    for name, value in fields.items():
        try:
            text = json.dumps(value, default=_convert_or_text, skipkeys=True, allow_nan=False)
            plain[name] = json.loads(text) if len(text) <= LINE_LIMIT else _cut(text)
        except Exception:
            plain[name] = _cut(_text(value))
    return plain


def _level_of(record: logging.LogRecord) -> str:
    return next((name for number, name in LEVELS if record.levelno >= number), "debug")


def _convert_or_text(value: object) -> Any:
    try:
        return convert(value)
    except Exception:
        return _text(value)


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception as exception:
        return f"({type(value).__name__}, whose text could not be made: {type(exception).__name__})"


def _cut(text: str) -> str:
    return text if len(text) <= LINE_LIMIT else text[:LINE_LIMIT] + f"... ({len(text)} characters)"


class LogStream(io.TextIOBase):
    """A stand-in for sys.stdout and sys.stderr that writes whole lines to the log."""

    def __init__(self, level: str) -> None:
        self._level = level
        self._line = ""
        self._line_was_too_long = False

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._line = (self._line + text).split("\n")
        if self._line_was_too_long and lines and not lines[0]:
            del lines[0]  # the end of a line that has been written already
        for line in lines:
            write(self._level, line)
        self._line_was_too_long = len(self._line) > LINE_LIMIT
        if self._line_was_too_long:
            self.finish()
        return len(text)

    def finish(self) -> None:
        """Write what was printed without an end of line."""
        if self._line:
            line, self._line = self._line, ""
            write(self._level, line)


def adopt_library_logging() -> None:
    """Have the `logging` and `warnings` modules keep their levels, where by themselves they print to sys.stderr."""
    original = logging.StreamHandler.emit

    def emit(handler: logging.StreamHandler[Any], record: logging.LogRecord) -> None:
        if not isinstance(handler.stream, LogStream):
            return original(handler, record)
        try:
            write(_level_of(record), handler.format(record))
        except Exception:  # such as arguments that do not fit the message
            handler.handleError(record)

    def show(message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any, **__: Any) -> None:
        write("warning", f"{filename}:{lineno}: {category.__name__}: {message}")

    logging.StreamHandler.emit = emit  # type: ignore[assignment, method-assign]
    warnings.showwarning = show
