"""The log of calls for a person at a terminal."""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TextIO

from runtime.cloudcode.logs.record import CallRecord, LogLine

RESET = "\x1b[0m"
DIM = "\x1b[2m"
COLOURS = {"ok": "\x1b[32m", "error": "\x1b[31m", "warning": "\x1b[33m", "info": "\x1b[36m", "debug": DIM}


class TerminalLog:
    """A LogSink that prints each call when it has ended: what happened on one line, its log and its exception below.

    Colours are used when `stream` is a terminal and NO_COLOR is not set, unless `coloured` says so or otherwise.
    Whatever came from user code is printed so that it cannot move the cursor or imitate other lines.
    """

    def __init__(self, stream: TextIO, *, coloured: bool | None = None) -> None:
        self._stream = stream
        self._coloured = wants_colours(stream) if coloured is None else coloured
        self._encoding = getattr(stream, "encoding", None) or "utf-8"
        self._lock = threading.Lock()
        self._closed = False

    def write(self, record: CallRecord) -> None:
        text = "\n".join(self._lines(record)) + "\n"
        # A terminal that is not UTF-8 gets escapes for what it cannot show.
        text = text.encode(self._encoding, "backslashreplace").decode(self._encoding)
        with self._lock:
            if not self._closed:
                self._stream.write(text)
                self._stream.flush()

    def close(self) -> None:
        """Print nothing from now on."""
        with self._lock:
            self._closed = True

    def _lines(self, record: CallRecord) -> Iterator[str]:
        time = datetime.fromtimestamp(record.started_at).strftime("%H:%M:%S")
        outcome = self._colour(record.outcome, "ok" if record.ok else "error")
        request_id = self._colour(f"request {record.request_id}", "debug")
        yield f"{time}  {_visible(record.function)}  {outcome}  {record.duration_ms:.0f} ms  {request_id}"
        for line in record.lines:
            yield from self._log_line(line)
        yield from _details(record.details)

    def _log_line(self, line: LogLine) -> Iterator[str]:
        first, *further = line.message.split("\n")
        fields = "".join(f"  {_visible(name)}={_visible_json(value)}" for name, value in line.fields.items())
        yield f"    {self._colour(f'{line.level:<8}', line.level)}{_visible(first)}{fields if not further else ''}"
        for text in further:
            yield f"            {_visible(text)}"
        if fields and further:
            yield f"          {fields}"

    def _colour(self, text: str, colour: str) -> str:
        return f"{COLOURS.get(colour, '')}{text}{RESET}" if self._coloured else text


def wants_colours(stream: TextIO) -> bool:
    """Whether the stream is a terminal, and nobody has set NO_COLOR."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def _details(details: Mapping[str, Any]) -> Iterator[str]:
    """The exception with its frames, then whatever else there is."""
    rest = dict(details)
    for frame in rest.pop("frames", None) or ():
        yield _visible(f"    {frame['file']}:{frame['line']} in {frame['function']}: {frame.get('code', '')}")
    if "type" in rest:
        place = f" ({rest.pop('file')}:{rest.pop('line', '?')})" if "file" in rest and not details.get("frames") else ""
        message = str(rest.pop("message", "")).splitlines() or [""]
        yield _visible(f"    {rest.pop('type')}: {message[0]}{place}")
        yield from (_visible(f"    {text}") for text in message[1:])
    for name, value in rest.items():
        if name not in ("file", "line"):
            yield f"    {_visible(name)}: {_visible_json(value)}"


def _visible_json(value: Any) -> str:
    return _visible(value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False))


def _visible(text: str) -> str:
    """The text, with an escape for every character that is not printed as itself, such as a carriage return."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else "    " if character == "\t" else repr(character)[1:-1]
        for character in text
    )
