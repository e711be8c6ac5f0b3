"""Lies of the guest in its log, and in what it tells of a failure: to those who read along they are no more than text."""

import io
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from runtime.application import Application
from runtime.cloudcode.logs.record import CallRecord
from runtime.cloudcode.logs.terminal import TerminalLog
from runtime.settings import Settings
from tests.cloudcode.calling import MASTER, app_of, call
from tests.conftest import MASTER_KEY
from tests.function_url import Answer

pytestmark = pytest.mark.slow


@dataclass
class Watched:
    """An application whose log goes to a terminal, too."""

    application: Application
    terminal: io.StringIO = field(default_factory=io.StringIO)

    def run(self, source: str) -> tuple[Answer, CallRecord, list[str]]:
        """The answer of a function, what is kept of the call, and the lines that the terminal shows."""
        good = "def on_request(request, response): return 'well'"
        self.application.apps.apply(app_of({"functions/f.py": source, "functions/good.py": good}))
        before = len(self.terminal.getvalue())
        answer = call(self.application, "f", headers=MASTER)
        (kept,) = self.application.logs.page("app", limit=1)
        shown = self.terminal.getvalue()[before:]
        assert not {"\x1b", "\r"} & set(shown)
        assert call(self.application, "good").json == "well"
        return answer, kept.record, shown.splitlines()


@pytest.fixture(scope="module")
def watched(guests: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    terminal = io.StringIO()
    settings = Settings(data=tmp_path_factory.mktemp("data"), guests=guests)
    with closing(Application(settings, MASTER_KEY, [TerminalLog(terminal)])) as application:
        yield Watched(application, terminal)


class TestLogLines:
    # name: (the line, the message that is kept)
    LINES: dict[str, tuple[str, str]] = {
        "an unknown level": ('{"time": 1, "level": "outcome", "message": "m"}', ""),
        "a level that is a list": ('{"time": 1, "level": [], "message": "m"}', ""),
        "a time that is a text": ('{"time": "now", "level": "info", "message": "m"}', ""),
        "a time before all": ('{"time": -1, "level": "info", "message": "m"}', ""),
        "a message that is an object": ('{"time": 1, "level": "info", "message": {"a": 1}}', "{'a': 1}"),
        "fields that are a list": ('{"time": 1, "level": "info", "message": "m", "fields": [1]}', "m"),
        "two levels": ('{"time": 1, "level": "error", "level": "info", "message": "m"}', "m"),
        "a record of the server's": ('{"request_id": "x", "app": "alice", "outcome": "ok"}', ""),
        "a line that would move the cursor": ("\x1b[2J\x1b[1;1H12:00:00  good  ok  1 ms", ""),
        "lines in a line": ("first\n12:00:00  portrait  ok  1 ms  request forged\r\nx", ""),
    }

    @pytest.mark.parametrize(("line", "message"), LINES.values(), ids=LINES)
    def test_are_kept_as_what_they_are(self, watched: Watched, line: str, message: str) -> None:
        source = f"import wit_world\ndef on_request(request, response):\n    wit_world.log({line!r})\n    return 1"
        answer, record, shown = watched.run(source)
        assert answer.json == 1
        assert [kept.message for kept in record.lines] == [message or line]
        assert (record.function, record.outcome, record.request_id) == ("f", "ok", "request-1")
        assert "  f  ok  " in shown[0]
        assert all(one.startswith("    ") for one in shown[1:])


class TestDetails:
    FRAMES: dict[str, Any] = {
        "numbers": [1, 2],
        "a text": "frames",
        "objects without a file": [{}],
        "nothing": None,
        "a number": 5,
        "files that are lists": [{"file": [], "line": {}, "function": 5, "code": None}],
        "a control character": [{"file": "\x1b[2J", "line": "\r\n12:00", "function": "f", "code": "c"}],
    }

    @pytest.mark.parametrize("frames", FRAMES.values(), ids=FRAMES)
    def test_with_odd_frames_hide_no_call(self, watched: Watched, frames: Any) -> None:
        text = json.dumps({"ending": "failed", "details": {"type": "T", "message": "m", "frames": frames}})
        source = f"import guest\nguest.WitWorld.handle = lambda *_: {text!r}\ndef on_request(request, response): pass"
        answer, record, shown = watched.run(source)
        assert answer.error == (500, 901)
        assert record.outcome == "901"
        assert "  f  901  " in shown[0]
