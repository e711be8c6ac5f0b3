"""What becomes of a function's answer on its way out, and what every answer carries."""

import json
from typing import Any

import pytest

from runtime.application import Application
from runtime.http.content_policy import SANDBOX
from tests.function_url import Answer, make_event
from tests.http.calling import ECHO, JSON, Call

ANSWER = "/v1/front/functions/answer"


def told(call: Call, **answer: Any) -> Answer:
    return call("POST", ANSWER, JSON, json.dumps(answer))


HTML = {"Content-Type": "text/html"}
TEXT = {"content-type": "text/plain"}


@pytest.mark.parametrize(
    ("answer", "content_type", "body"),
    [
        pytest.param({"body": {"a": [1]}}, "application/json", b'{"a":[1]}', id="JSON"),
        pytest.param({"body": "a"}, "application/json", b'"a"', id="text is JSON"),
        pytest.param({}, "application/json", b"{}", id="nothing"),
        pytest.param({"body": "<p>ä", "headers": HTML}, "text/html", "<p>ä".encode(), id="HTML"),
        pytest.param({"bytes": [0, 255]}, "application/octet-stream", b"\x00\xff", id="bytes"),
        pytest.param({"bytes": [228], "headers": TEXT}, "text/plain", b"\xe4", id="latin text"),
        pytest.param({"bytes": [255], "headers": {"content-type": "application/json"}}, "application/json", b"\xff",
                     id="bytes that claim to be JSON"),
        pytest.param({"bytes": [1], "headers": {"content-type": "nonsense"}}, "nonsense", b"\x01", id="no type"),
    ],
)  # fmt: skip
def test_body(call: Call, answer: dict[str, Any], content_type: str, body: bytes) -> None:
    got = told(call, **answer)
    assert (got.status, got.headers["content-type"], got.body.replace(b" ", b"")) == (200, content_type, body)


@pytest.mark.parametrize(
    ("content_type", "encoded"),
    [("text/html", False), ("application/json", False), ("image/svg+xml", False), ("image/png", True)],
)
def test_text_is_not_encoded(application: Application, content_type: str, encoded: bool) -> None:
    told = json.dumps({"bytes": [60, 97, 62], "headers": {"content-type": content_type}})
    assert application.handle(make_event("POST", ANSWER, JSON, told), "r")["isBase64Encoded"] is encoded


@pytest.mark.parametrize("status", [204, 304])
def test_statuses_without_body(call: Call, status: int) -> None:
    got = told(call, status=status, body="text")
    assert (got.status, got.body, "content-type" in got.headers) == (status, b"", False)


@pytest.mark.parametrize(
    ("content_type", "sandboxed"),
    [
        ("text/html", True),
        ("TEXT/HTML; charset=utf-8", True),
        ("application/xhtml+xml", True),
        ("image/svg+xml", True),
        ("text/xml", True),
        ("application/rss+xml", True),
        ("multipart/x-mixed-replace; boundary=x", True),
        ("text/plain, text/html", True),
        ("text/plain; a=b, text/html", True),
        ("nonsense", True),
        ("application/json", False),
        ("text/plain; charset=utf-8", False),
        ("text/css", False),
        ("image/png", False),
        ("video/mp4", False),
        ("application/pdf", False),
    ],
)
def test_documents_are_sandboxed(call: Call, content_type: str, sandboxed: bool) -> None:
    got = told(call, body="a", headers={"Content-Type": content_type})
    assert got.headers.get("content-security-policy") == (SANDBOX if sandboxed else None)


def test_the_sandbox_is_without_the_domains_rights() -> None:
    assert "allow-same-origin" not in SANDBOX
    assert "allow-top-navigation " not in SANDBOX


def test_a_policy_of_the_app_stays_beside_the_sandbox(call: Call) -> None:
    own = "default-src 'none', sandbox allow-same-origin"
    got = told(call, body="a", headers={"Content-Type": "text/html", "Content-Security-Policy": own})
    assert got.headers["content-security-policy"] == f"{own}, {SANDBOX}"


def test_headers_of_every_answer_are_ours(call: Call) -> None:
    forged = {"X-Relive-Request-Id": "forged", "Access-Control-Allow-Origin": "evil", "Set-Cookie": "a=1"}
    got = told(call, headers=forged)
    assert got.headers["x-relive-request-id"] == "request-1"
    assert got.headers["access-control-allow-origin"] == "*"
    assert "set-cookie" not in got.headers


@pytest.mark.parametrize(("method", "path"), [("GET", "/health"), ("GET", "/HEALTH/"), ("HEAD", "/health")])
def test_health(call: Call, method: str, path: str) -> None:
    got = call(method, path, {"Authorization": "Basic nonsense"})
    assert (got.status, got.body) == (200, b'{"status":"ok"}' if method == "GET" else b"")
    assert got.headers["x-relive-request-id"] == "request-1"


@pytest.mark.parametrize("path", ["/", ECHO, "/v1/nowhere/x", "/%ff", "*"])
def test_preflight(call: Call, path: str) -> None:
    got = call("OPTIONS", path, {"Access-Control-Request-Headers": "authorization,X-Everlive-Filter"})
    assert (got.status, got.body) == (204, b"")
    assert got.headers["access-control-allow-origin"] == "*"
    assert got.headers["access-control-allow-methods"] == "GET, POST, PUT, DELETE, PATCH, OPTIONS, HEAD"
    assert got.headers["access-control-allow-headers"] == "authorization,X-Everlive-Filter"
    assert got.headers["access-control-expose-headers"] == "Content-Disposition, X-Relive-Request-Id"
    assert int(got.headers["access-control-max-age"]) > 0


@pytest.mark.parametrize("requested", ["", "a\r\nX-Evil: 1", "ä", "x" * 5000, '"a"'])
def test_preflight_echoes_only_names_of_headers(call: Call, requested: str) -> None:
    got = call("OPTIONS", ECHO, {"Access-Control-Request-Headers": requested})
    assert got.status == 204
    assert "access-control-allow-headers" not in got.headers
