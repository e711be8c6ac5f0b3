"""A person can read the log, and nothing in it can play tricks on the terminal."""

import io
from dataclasses import replace

import pytest

from runtime.cloudcode.logs.record import CallRecord, LogLine
from runtime.cloudcode.logs.terminal import TerminalLog
from tests.cloudcode.logs.calls import CALL, FAILED


def printed(record: CallRecord) -> str:
    stream = io.StringIO()
    TerminalLog(stream).write(record)
    return stream.getvalue()


def with_line(message: str, **fields: object) -> CallRecord:
    return replace(CALL, lines=[LogLine(0, "warning", message, fields)])


def test_a_call_with_its_log() -> None:
    lines = printed(CALL).splitlines()
    assert lines[0].split("  ", 1)[1] == "order  ok  12 ms  request 4c1e"
    assert lines[1:] == ["    info    ordered  copies=2  book=Middlemarch"]


def test_a_failed_call_shows_where() -> None:
    assert printed(replace(FAILED, lines=())).splitlines()[1:] == [
        "    functions/order.py:3 in on_request: return 1 / 0",
        "    ZeroDivisionError: division by zero",
    ]


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({}, []),
        (
            {"type": "SyntaxError", "message": "never closed", "file": "functions/a.py", "line": 4, "frames": []},
            ["    SyntaxError: never closed (functions/a.py:4)"],
        ),
        ({"type": "E", "message": "one\ntwo"}, ["    E: one", "    two"]),
        ({"type": "E"}, ["    E: "]),
        ({"error": "No.", "trail": ["a", "b"]}, ["    error: No.", '    trail: ["a", "b"]']),
    ],
    ids=["nothing", "a place without frames", "several lines", "no message", "something else"],
)
def test_details(details: dict[str, object], expected: list[str]) -> None:
    assert printed(replace(FAILED, lines=(), details=details)).splitlines()[1:] == expected


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (with_line("plain, Grüße, 世界 🙂"), ["    warning plain, Grüße, 世界 🙂"]),
        (with_line("one\ntwo", n=1), ["    warning one", "            two", "            n=1"]),
        (with_line(""), ["    warning "]),
        (with_line("\x1b[2J\x1b[H\rok"), [r"    warning \x1b[2J\x1b[H\rok"]),
        (with_line("right\u202eto left"), [r"    warning right\u202eto left"]),
        (with_line("half \ud83d"), [r"    warning half \ud83d"]),
        (with_line("a\tb"), ["    warning a    b"]),
        (
            with_line("x", **{"\x1b[1m": "\x1b[0m", "n": None, "e": ""}),
            [r'    warning x  \x1b[1m=\x1b[0m  n=null  e=""'],
        ),
    ],
    ids=["text", "several lines", "empty", "escapes", "direction", "half a character", "tab", "escapes in fields"],
)
def test_what_user_code_wrote_is_shown_and_not_obeyed(record: CallRecord, expected: list[str]) -> None:
    assert printed(record).splitlines()[1:] == expected


def test_no_stream_is_too_small_for_a_character() -> None:
    content = io.BytesIO()
    stream = io.TextIOWrapper(content, encoding="ascii")
    TerminalLog(stream).write(with_line("Grüße"))
    assert rb"    warning Gr\xfc\xdfe" in content.getvalue()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)], ids=["terminal", "NO_COLOR"])
def test_colours(monkeypatch: pytest.MonkeyPatch, no_color: str, coloured: bool) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    stream = Terminal()
    TerminalLog(stream).write(CALL)
    assert ("\x1b[32mok\x1b[0m" in stream.getvalue()) == coloured
    assert ("\x1b" in stream.getvalue()) == coloured
