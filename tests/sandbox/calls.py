"""Calls of the sandbox, as the tests of its host side make them."""

import json
import threading
import time
from typing import Any

from runtime.deadline import Deadline
from runtime.sandbox.endings import Ending, Finished
from runtime.sandbox.sandbox import Sandbox

PRINCIPAL = {"type": "anonymous", "id": "0", "roles": [], "data": {}}

HELLO = "def on_request(request, response): return 'hello'"
SLEEP = "import time\ndef on_request(request, response): time.sleep(100)"
SPIN = "def on_request(request, response):\n    while True: pass"


class RecordingHost:
    """A host that offers `echo`, `sleep` (seconds) and `refuse`, and notes what was asked and written."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.calls: list[tuple[str, Any]] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()

    def call(self, capability: str, arguments: str) -> str | None:
        told = json.loads(arguments)
        with self._lock:
            self.calls.append((capability, told))
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            if capability == "sleep":
                time.sleep(told["seconds"])
            if capability == "refuse":
                return json.dumps({"error": {"kind": "Refused", "message": "no"}})
            return json.dumps({"value": told})
        finally:
            with self._lock:
                self._at_once -= 1

    def log(self, line: str) -> None:
        self.lines.append(json.loads(line)["message"])


def code(source: str, **shared: str) -> str:
    """The text that defines a function, with the files of `shared` by their names."""
    files = {"functions/f.py": source, **{f"shared/{name}.py": text for name, text in shared.items()}}
    return json.dumps({"entry": "functions/f.py", "files": files})


def event(time_left: float = 60) -> str:
    request = {
        "id": "request", "function": "f", "action": "GET", "data": None, "query_string": {}, "headers": {},
        "principal": PRINCIPAL, "custom_parameters": {}, "api_url": "",
    }  # fmt: skip
    return json.dumps({"handler": "on_request", "time_left": time_left, "request": request})


def run(
    sandbox: Sandbox, source: str, *, seconds: float = 30, app: str = "app", depth: int = 0, host: Any = None
) -> Ending:
    """Run a function and tell how it ended."""
    deadline = Deadline.after(seconds)
    return sandbox.run(app, code(source), event, host=host or RecordingHost(), deadline=deadline, depth=depth)


def body(ending: Ending) -> Any:
    """What the function answered."""
    assert isinstance(ending, Finished), ending
    head, _, text = ending.text.partition("\n")
    assert json.loads(head)["ending"] == "answered", head
    return json.loads(text)


def failure(ending: Ending) -> str:
    """The name of the exception that the function failed with."""
    assert isinstance(ending, Finished), ending
    told = json.loads(ending.text)
    assert told["ending"] == "failed", told
    name: str = told["details"]["type"]
    return name
