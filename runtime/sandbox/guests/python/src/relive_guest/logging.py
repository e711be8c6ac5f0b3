"""The log of a call, as the guest writes it: one JSON text a line, sent to the host at once."""

import io
import json
import time
from typing import Any

import wit_world

LINE_LIMIT = 16 * 1024
"""Characters of one line; what is longer is cut, so that one line cannot use up the log."""


def write(level: str, message: object, fields: dict[str, Any] | None = None) -> None:
    """Write a line. Never raises because of what is in it: a value that is not JSON is written as its text."""
    text = str(message)
    if len(text) > LINE_LIMIT:
        text = text[:LINE_LIMIT] + f"... ({len(text)} characters)"
    line = {"time": time.time(), "level": level, "message": text}
    if fields:
        line["fields"] = fields
    wit_world.log(json.dumps(line, default=str, skipkeys=True))


class LogStream(io.TextIOBase):
    """A stand-in for sys.stdout and sys.stderr that writes whole lines to the log."""

    def __init__(self, level: str) -> None:
        self._level = level
        self._line = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            write(self._level, line)
        if len(self._line) > LINE_LIMIT:
            self.finish()
        return len(text)

    def finish(self) -> None:
        """Write what was printed without an end of line."""
        if self._line:
            line, self._line = self._line, ""
            write(self._level, line)
