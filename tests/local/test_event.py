"""The event that a request to the local server becomes: that of a function URL."""

import json
import socket
import time
from typing import Any

import pytest

from tests.local.serving import running, send, send_raw

pytestmark = pytest.mark.slow

CLOSE = b"Connection: close\r\n"


def event_of(raw: bytes, **options: Any) -> dict[str, Any]:
    """The event that a raw request becomes."""
    with running(**options) as server:
        received = send_raw(server, raw)
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK"), received
    event: dict[str, Any] = json.loads(body)
    return event


def test_the_event_is_that_of_a_function_url() -> None:
    event = event_of(
        b"POST /v1/books%20/Functions/f?a=1&a=2&b=%C3%A9 HTTP/1.1\r\nHost: evil.example\r\nUser-Agent: test\r\n"
        b"X-Two: 1\r\nx-two: 2\r\nCookie: a=1; b=2\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 203.0.113.9\r\n"
        b"Content-Type: text/plain\r\nContent-Length: 3\r\n" + CLOSE + b"\r\n\xc3\xa4!"
    )
    context = event["requestContext"]
    domain = context["domainName"]
    assert domain.startswith("127.0.0.1:")
    assert time.time() - 60 < context["timeEpoch"] / 1000 < time.time() + 60
    expected = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/v1/books%20/Functions/f",
        "rawQueryString": "a=1&a=2&b=%C3%A9",
        "cookies": ["a=1", "b=2"],
        "headers": {
            "host": "evil.example",
            "user-agent": "test",
            "x-two": "1,2",
            "x-forwarded-proto": "http",
            "x-forwarded-for": "127.0.0.1",
            "content-type": "text/plain",
            "content-length": "3",
            "connection": "close",
        },
        "queryStringParameters": {"a": "1,2", "b": "é"},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "127",
            "domainName": domain,
            "domainPrefix": "127",
            "http": {
                "method": "POST",
                "path": "/v1/books%20/Functions/f",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "test",
            },
            "requestId": context["requestId"],
            "routeKey": "$default",
            "stage": "$default",
            "time": context["time"],
            "timeEpoch": context["timeEpoch"],
        },
        "body": "ä!",
        "isBase64Encoded": False,
    }
    assert event == expected


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        pytest.param("application/json", b"{}", ("{}", False), id="JSON"),
        pytest.param("application/octet-stream", b"a", ("YQ==", True), id="bytes"),
        pytest.param("text/plain", b"\xff", ("/w==", True), id="text that is not UTF-8"),
        pytest.param("nonsense", b"a", ("YQ==", True), id="unreadable type"),
        pytest.param("text/plain", b"", (None, True), id="nothing"),
    ],
)
def test_body(content_type: str, body: bytes, expected: tuple[str | None, bool]) -> None:
    with running() as server:
        event = json.loads(send(server, "POST", "/", {"Content-Type": content_type}, body)[1])
    if body:
        assert (event["body"], event["isBase64Encoded"]) == expected
    else:
        assert "body" not in event


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\n", "/", id="root"),
        pytest.param(b"GET //a/../b%2F%zz HTTP/1.1\r\nHost: a\r\n", "//a/../b%2F%zz", id="as it was sent"),
        pytest.param(b"GET http://a.example/b?c HTTP/1.1\r\nHost: a\r\n", "/b", id="whole address"),
        pytest.param(b"GET http://a.example HTTP/1.1\r\nHost: a\r\n", "/", id="whole address without path"),
        pytest.param(b"GET /b?c#d HTTP/1.1\r\nHost: a\r\n", "/b", id="fragment"),
        pytest.param(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n", "/", id="asterisk"),
        pytest.param(b"PROPFIND / HTTP/1.1\r\nHost: a\r\n", "/", id="a rare method"),
        pytest.param(b"GET / HTTP/1.0\r\n", "/", id="HTTP/1.0"),
    ],
)
def test_path(raw: bytes, path: str) -> None:
    assert event_of(raw + CLOSE + b"\r\n")["rawPath"] == path


def test_chunked_body() -> None:
    raw = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n" + CLOSE
    assert event_of(raw + b"\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")["body"] == "abc"


OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n"


@pytest.mark.parametrize(
    ("rest", "body"),
    [
        pytest.param(b"Content-Length: 3\r\n\r\nabc", "abc", id="with its length"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", "abc", id="chunked"),
        pytest.param(b"\r\n", None, id="none"),
    ],
)
@pytest.mark.parametrize("pieces", [1, 7, 1000])
@pytest.mark.parametrize("times", [1, 3])
def test_a_body_beside_an_offer_of_http2(rest: bytes, body: str | None, pieces: int, times: int) -> None:
    """Java's client offers HTTP/2 with every plain request."""
    raw = (POST + OFFER + rest) * times + POST + CLOSE + b"\r\n"
    received = b""
    with running() as server, socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        size = -(-len(raw) // pieces)
        for start in range(0, len(raw), size):
            connection.sendall(raw[start : start + size])
        while chunk := connection.recv(65536):
            received += chunk
    events = [json.loads(part.partition(b"\r\n\r\n")[2]) for part in received.split(b"HTTP/1.1 200 OK")[1:]]
    assert [event.get("body") for event in events] == [body] * times + [None]
    assert all(event["headers"]["http2-settings"] == "AAA" for event in events[:-1])


def test_an_offer_of_http2_that_waits_for_leave_to_send_its_body() -> None:
    with running() as server, socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(POST + OFFER + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abc")
        assert b'"body": "abc"' in connection.recv(65536)


def test_headers_that_are_not_ascii() -> None:
    event = event_of(b"GET / HTTP/1.1\r\nHost: a\r\nX-Utf: \xc3\xa4\r\nX-Latin: \xe4\r\n" + CLOSE + b"\r\n")
    assert (event["headers"]["x-utf"], event["headers"]["x-latin"]) == ("ä", "ä")
