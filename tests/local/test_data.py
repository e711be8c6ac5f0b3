"""Data over a real server: what is not ASCII comes through, in every place and encoding that clients use."""

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from runtime.local.server import LocalServer
from tests.conftest import MakeApp, MakeApplication
from tests.local.serving import running, send, send_raw

pytestmark = pytest.mark.slow

TITLE = "Ärger → 🙂 à"
FILTER = json.dumps({"Title": TITLE}, ensure_ascii=False)
PLAIN = json.dumps({"Title": "Ärger"}, ensure_ascii=False)
CLOSE = b"Connection: close\r\n\r\n"


@pytest.fixture
def server(make_application: MakeApplication, make_app: MakeApp) -> Iterator[LocalServer]:
    application = make_application(make_app({}, "types:\n  Book: {policy: public}\n"))
    with running(application.handle) as server:
        books = [{"Id": "long ä", "Title": TITLE}, {"Id": "short", "Title": "Ärger"}, {"Id": "x"}]
        json_type = {"Content-Type": "application/json"}
        response, body = send(server, "POST", "/v1/app/Book", json_type, json.dumps(books, ensure_ascii=False).encode())
        assert response.status == 201, body
        yield server


def found(server: LocalServer, target: bytes, headers: bytes = b"") -> list[str]:
    """The Ids that a raw request finds."""
    received = send_raw(server, b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n" + headers + CLOSE)
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), received
    return [item["Id"] for item in json.loads(body)["Result"]]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(FILTER.encode(), ["long ä"], id="UTF-8"),
        pytest.param(quote(FILTER, safe="").encode(), ["long ä"], id="percent-encoded"),
        pytest.param(json.dumps({"Title": TITLE}).encode(), ["long ä"], id="escaped by JSON"),
        pytest.param(PLAIN.encode(), ["short"], id="UTF-8 that Latin-1 could say"),
        pytest.param(PLAIN.encode("latin-1"), ["short"], id="Latin-1"),
    ],
)
def test_a_filter_in_a_header(server: LocalServer, value: bytes, expected: list[str]) -> None:
    assert found(server, b"/v1/app/Book", b"x-everlive-filter: " + value + b"\r\n") == expected


@pytest.mark.parametrize(
    ("text", "expected"), [pytest.param(FILTER, ["long ä"], id="any"), pytest.param(PLAIN, ["short"], id="accents")]
)
def test_a_filter_in_the_query(server: LocalServer, text: str, expected: list[str]) -> None:
    assert found(server, b"/v1/app/Book?filter=" + quote(text, safe="").encode()) == expected


def test_an_id_in_the_path(server: LocalServer) -> None:
    response, body = send(server, "GET", "/v1/app/Book/" + quote("long ä"))
    assert response.status == 200
    assert response.getheader("content-type") == "application/json"
    assert json.loads(body)["Result"]["Title"] == TITLE
    assert TITLE.encode() in body


def test_an_error_tells_what_was_sent(server: LocalServer) -> None:
    raw = b"GET /v1/app/Book HTTP/1.1\r\nHost: a\r\nX-Everlive-Filter: \xc3\x84\xe2\x86\x92\r\n"
    _, _, body = send_raw(server, raw + CLOSE).partition(b"\r\n\r\n")
    answer = json.loads(body)
    assert answer["errorCode"] == 608
    assert "X-Everlive-Filter cannot be read: 'Ä→'." in answer["message"]
