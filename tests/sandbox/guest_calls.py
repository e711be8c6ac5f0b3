"""Calls of the Python guest, and a small host that answers it."""

import base64
import json
import textwrap
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from runtime.deadline import Deadline
from runtime.sandbox.endings import Ending, Finished, NotDefined
from runtime.sandbox.sandbox import Sandbox

PATIENCE_SECONDS = 10

IMPORTS = "import asyncio, json\nfrom cloud import CloudError, functions, http, log, secrets, time_left\n"

REQUEST: dict[str, object] = {
    "id": "request-1", "function": "f", "action": "GET", "data": None, "query_string": {}, "headers": {},
    "principal": {"type": "anonymous", "id": "0", "roles": ["Anonymous"], "data": {}}, "custom_parameters": {},
    "api_url": "https://api.test/v1/app",
}  # fmt: skip


def plain(body: str, parameters: str = "request, response") -> str:
    """A file with a `def` handler."""
    return f"{IMPORTS}def on_request({parameters}):\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n"


def awaiting(body: str, parameters: str = "request, response") -> str:
    """A file with an `async def` handler."""
    return plain(body, parameters).replace("\ndef on_request", "\nasync def on_request")


@dataclass(frozen=True)
class Outcome:
    """How a call ended, what it wrote to the log, and what it asked of the host."""

    ending: Ending
    lines: list[dict[str, Any]]
    calls: list[tuple[str, Any]]

    @property
    def told(self) -> dict[str, Any]:
        """What the guest tells of the ending, without the body of an answer."""
        assert isinstance(self.ending, Finished | NotDefined), self.ending
        told: dict[str, Any] = json.loads(self.ending.text.partition("\n")[0])
        return told

    @property
    def value(self) -> Any:
        """The JSON value that the function answered with."""
        assert self.told["ending"] == "answered", self.told
        assert self.told["kind"] == "json"
        return json.loads(self.text)

    @property
    def text(self) -> str:
        """The body as it is sent; base64 for bytes."""
        assert isinstance(self.ending, Finished), self.ending
        assert self.told["ending"] == "answered", self.told
        return self.ending.text.partition("\n")[2]

    @property
    def left(self) -> dict[str, Any]:
        """What the handlers of a data event have left behind."""
        assert self.told["ending"] == "answered", self.told
        left: dict[str, Any] = json.loads(self.text)
        return left

    @property
    def failure(self) -> dict[str, Any]:
        """The details of what the function failed with."""
        assert self.told["ending"] == "failed", self.told
        details: dict[str, Any] = self.told["details"]
        return details

    @property
    def error(self) -> tuple[str, str]:
        """Type and message of what the function failed with."""
        return self.failure["type"], self.failure["message"]

    @property
    def log(self) -> list[tuple[str, str]]:
        """Level and message of each line."""
        return [(line["level"], line["message"]) for line in self.lines]


Files = Mapping[str, str]
"""The files of the folder `shared` by their names."""


class Call(Protocol):
    def __call__(
        self,
        source: str,
        *,
        shared: Files | None = None,
        request: dict[str, object] | None = None,
        seconds: float = 10,
    ) -> Outcome: ...


class SmallHost:
    """A host with a few functions, addresses and one secret.

    Functions: `echo` answers with its data; `fails` ends with an error; `bytes` answers with bytes; `together` answers
    when as many calls of it as its data says are under way; `held` answers once somebody has called `release`.
    Addresses: the host's name says what happens; the answer of `echo.test` is the arguments of the call.
    """

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.calls: list[tuple[str, Any]] = []
        self._released = threading.Event()
        self._changed = threading.Condition()
        self._together = 0

    def call(self, capability: str, arguments: str) -> str | None:
        told = json.loads(arguments)
        with self._changed:
            self.calls.append((capability, told))
        match capability:
            case "functions.call":
                return json.dumps(self._function(told["name"], told["data"]))
            case "http.request":
                return json.dumps(self._address(told))
            case "secrets.get":
                return json.dumps({"value": {"API_KEY": "open sesame"}.get(told["name"])})
        return json.dumps({"error": {"kind": "UnknownCapability", "message": f"no {capability}"}})

    def log(self, line: str) -> None:
        self.lines.append(json.loads(line))

    def close(self) -> None:
        """Let calls end that are still held."""
        self._released.set()

    def _function(self, name: str, data: Any) -> dict[str, Any]:
        match name:
            case "echo":
                return {"value": {"kind": "json", "body": data}}
            case "bytes":
                return {"value": {"kind": "bytes", "body": base64.b64encode(b"\x00\xff").decode()}}
            case "together":
                with self._changed:
                    self._together += 1
                    self._changed.notify_all()
                    assert self._changed.wait_for(lambda: self._together >= data, PATIENCE_SECONDS)
            case "held":
                self._released.wait(PATIENCE_SECONDS)
            case "release":
                self._released.set()
            case "fails":
                return {"error": {"code": 4001, "status": 422, "message": "It failed."}}
        return {"value": {"kind": "json", "body": name}}

    def _address(self, call: dict[str, Any]) -> dict[str, Any]:
        host = urlsplit(call["url"]).hostname
        match host:
            case "refused.test":
                return {"error": {"kind": "HttpError", "message": "no route"}}
            case "late.test":
                return {"error": {"kind": "HttpTimeout", "message": "too late"}}
            case "private.test":
                return {"error": {"kind": "HttpBlocked", "message": "not public"}}
            case "broken.test":
                return {"error": {"kind": "HostFailure", "message": "the host failed"}}
            case "missing.test":
                return _answer(call, 404, b"nothing here", [["Content-Type", "text/plain"]])
            case "latin.test":
                return _answer(call, 200, "é".encode("latin-1"), [["Content-Type", "text/plain; charset=latin-1"]])
            case "held.test":
                self._released.wait(PATIENCE_SECONDS)
        headers = [["Content-Type", "application/json"], ["X-Twice", "a"], ["x-twice", "b"]]
        return _answer(call, 200, json.dumps(call).encode(), headers)


def run_guest(
    sandbox: Sandbox,
    host: SmallHost,
    source: str,
    shared: Files,
    request: Mapping[str, object],
    seconds: float,
) -> Outcome:
    files = {"functions/f.py": source, **{f"shared/{name}.py": text for name, text in shared.items()}}
    code = json.dumps({"entry": "functions/f.py", "files": files})
    event = {"handler": "on_request", "time_left": seconds, "request": {**REQUEST, **request}}
    return run_code(sandbox, host, code, event)


def run_code(sandbox: Sandbox, host: SmallHost, code: str, event: Mapping[str, Any]) -> Outcome:
    deadline = Deadline.after(event["time_left"])
    ending = sandbox.run("app", code, lambda: json.dumps(event), host=host, deadline=deadline)
    return Outcome(ending, host.lines, host.calls)


def _answer(call: dict[str, Any], status: int, body: bytes, headers: list[list[str]]) -> dict[str, Any]:
    encoded = base64.b64encode(body).decode()
    return {"value": {"status": status, "headers": headers, "body": encoded, "url": call["url"]}}
