"""Requests for the items of the app `library`, and the scenarios that are made of them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from runtime.errors import CATALOGUE
from tests.function_url import Answer
from tests.http.calling import JSON, MASTER_KEY, Call

API = "/v1/library"
MASTER = {"Authorization": f"MasterKey {MASTER_KEY}"}

HEADERS = {
    "filter": "X-Everlive-Filter",
    "fields": "X-Everlive-Fields",
    "sort": "X-Everlive-Sort",
    "aggregate": "X-Everlive-Aggregate",
    "skip": "X-Everlive-Skip",
    "take": "X-Everlive-Take",
    "count": "X-Everlive-Include-Count",
    "single": "X-Everlive-Single-Field",
    "override": "X-Everlive-Override-System-Fields",
}


@dataclass(frozen=True)
class Request:
    """`path` is that below the app, unless it begins with a version."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | bytes | None = None

    def __call__(self, call: Call) -> Answer:
        path = self.path if re.match("/v[0-9]+/", self.path, re.IGNORECASE) else API + self.path
        return call(self.method, path, self.headers, self.body)


def request(method: str, path: str, /, headers: Mapping[str, str] | None = None, **parameters: Any) -> Request:
    """A request with parameters in headers: texts as they are, anything else as JSON."""
    sent = {HEADERS[name]: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
    return Request(method, path, {**sent, **(headers or {})})


def get(path: str, /, headers: Mapping[str, str] | None = None, **parameters: Any) -> Request:
    return request("GET", path, headers, **parameters)


def delete(path: str, /, headers: Mapping[str, str] | None = None, **parameters: Any) -> Request:
    return request("DELETE", path, headers, **parameters)


def post(path: str, value: Any, /, headers: Mapping[str, str] | None = None, **parameters: Any) -> Request:
    return _with_body(request("POST", path, headers, **parameters), value)


def put(path: str, value: Any, /, headers: Mapping[str, str] | None = None, **parameters: Any) -> Request:
    return _with_body(request("PUT", path, headers, **parameters), value)


def _with_body(empty: Request, value: Any) -> Request:
    body = value if isinstance(value, str | bytes) else json.dumps(value)
    return Request(empty.method, empty.path, {**JSON, **empty.headers}, body)


def query(**parameters: Any) -> str:
    """A query string with parameters: texts as they are, anything else as JSON."""
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
    return "?" + "&".join(f"{name}={quote(text, safe='')}" for name, text in texts.items())


@dataclass(frozen=True)
class Scenario:
    """A request and what must come of it: status, code of an error, and body.

    The body of an error is a part of its message; that of any other answer is all of it. `then` is what a request
    afterwards is answered with.
    """

    name: str
    request: Request
    status: int
    code: int | None
    body: Any
    then: tuple[Request, Any] | None = None

    def check(self, call: Call) -> None:
        answer = self.request(call)
        assert (answer.status, answer.code) == (self.status, self.code), answer.text
        assert answer.headers["content-type"] == "application/json"
        assert isinstance(answer.json, dict)
        if self.code is None:
            assert answer.json == self.body, answer.text
        else:
            self._check_error(answer)
        if self.then is not None:
            follow_up, expected = self.then
            assert follow_up(call).json == expected

    def _check_error(self, answer: Answer) -> None:
        entry = CATALOGUE.get(self.code or 0)
        if entry is not None:
            assert answer.status == entry.status
        assert {"message", "errorCode"} <= set(answer.json) <= {"message", "errorCode", "written"}
        if entry is not None and self.code not in (910, 960):  # whose message is user code's own
            assert answer.json["message"].startswith(entry.message)
        assert self.body in answer.json["message"], answer.text
        assert len(answer.json["message"]) < 500


class Matching:
    """Equals every text of a form."""

    def __init__(self, pattern: str) -> None:
        self._pattern = re.compile(pattern)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self._pattern.fullmatch(other) is not None

    def __repr__(self) -> str:
        return f"a text like {self._pattern.pattern}"


DATE = Matching(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
GUID = Matching(r"[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
CREATED = {"Id": GUID, "CreatedAt": DATE}
