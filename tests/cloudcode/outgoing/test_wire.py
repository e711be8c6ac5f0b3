"""What a peer sees of a request, and what user code sees of an answer."""

import gzip
from collections.abc import Callable
from typing import Any

import pytest

from tests.cloudcode.outgoing.calling import SIGNER, Caller, standing_in
from tests.cloudcode.outgoing.scripted_peer import Peer, http_answer

URL = "https://api.example.com/books?a=b"

SENT = [
    ("get", "GET", {}, None),
    ("get-with-body", "GET", {"body": b"a"}, "1"),
    ("delete", "DELETE", {}, None),
    ("head", "HEAD", {}, None),
    ("post", "POST", {"body": b"abc"}, "3"),
    ("post-without-body", "POST", {}, "0"),
    ("put-without-body", "PUT", {"body": b""}, "0"),
    ("own-method-with-body", "PROPFIND", {"body": b"ab"}, "2"),
]


@pytest.mark.parametrize(("method", "arguments", "length"), [case[1:] for case in SENT], ids=[case[0] for case in SENT])
def test_request(
    caller: Caller, start_peer: Callable[..., Peer], method: str, arguments: dict[str, Any], length: str | None
) -> None:
    peer = start_peer({"/books": http_answer()})
    caller.settings = standing_in(peer, "https://api.example.com")
    caller.request(method, URL, headers={"X-Count": "1"}, **arguments)
    [received] = peer.received
    depth = received.headers.pop("x-relive-depth")
    assert SIGNER.verify(depth) == 1
    assert (received.method, received.target, received.body) == (method, "/books?a=b", arguments.get("body", b""))
    expected = {
        "host": "api.example.com",
        "user-agent": "Relive/0.1",
        "accept": "*/*",
        "accept-encoding": "gzip, deflate",
        "connection": "close",
        "x-count": "1",
    }
    assert received.headers == (expected if length is None else {**expected, "content-length": length})


@pytest.mark.parametrize("depth", [0, 7, 8])
def test_the_depth_of_the_next_level_is_sent(caller: Caller, start_peer: Callable[..., Peer], depth: int) -> None:
    peer = start_peer({"/books": http_answer(302, location="/more"), "/more": http_answer()})
    caller.settings = standing_in(peer, "https://api.example.com")
    caller.depth = depth
    caller.get(URL)
    assert [SIGNER.verify(received.headers["x-relive-depth"]) for received in peer.received] == [depth + 1] * 2


ALL_BYTES = bytes(range(256))

RECEIVED = [
    ("text", http_answer(body=b"text", content_type="text/plain"), 200, [["content-type", "text/plain"]], b"text"),
    ("bytes", http_answer(201, ALL_BYTES), 201, [], ALL_BYTES),
    ("not-found", http_answer(404, b"no"), 404, [], b"no"),
    ("server-error", http_answer(503, b"down", retry_after="9"), 503, [["retry-after", "9"]], b"down"),
    ("no-reason", b"HTTP/1.1 200 \r\ncontent-length: 2\r\n\r\nok", 200, [], b"ok"),
    ("chunked", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", 200, [], b"ab"),
    ("old-http", b"HTTP/1.0 200 OK\r\n\r\nold", 200, [], b"old"),
    ("interim-answer", b"HTTP/1.1 103 Early Hints\r\n\r\n" + http_answer(body=b"a"), 200, [], b"a"),
    (
        "headers-twice",
        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n",
        200,
        [["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"]],
        b"",
    ),
    ("latin-header", http_answer(x_name="é").decode().encode("latin-1"), 200, [["x-name", "é"]], b""),
]


@pytest.mark.parametrize(
    ("script", "status", "headers", "body"), [case[1:] for case in RECEIVED], ids=[case[0] for case in RECEIVED]
)
def test_answer(
    caller: Caller, start_peer: Callable[..., Peer], script: bytes, status: int, headers: list[list[str]], body: bytes
) -> None:
    caller.settings = standing_in(start_peer({"/books": script}), "https://api.example.com")
    answer = caller.get(URL)
    framing = ("content-length", "transfer-encoding")
    answer["headers"] = [header for header in answer["headers"] if header[0] not in framing]
    assert answer == {"status": status, "headers": headers, "body": body, "url": URL}


def test_head_keeps_the_headers_of_the_body_that_is_not_there(caller: Caller, start_peer: Callable[..., Peer]) -> None:
    body = gzip.compress(b"text")
    head = http_answer(body=body, content_encoding="gzip").removesuffix(body)
    caller.settings = standing_in(start_peer({"/books": head}), "https://api.example.com")
    answer = caller.request("HEAD", URL)
    assert answer["headers"] == [["content-length", str(len(body))], ["content-encoding", "gzip"]]
    assert answer["body"] == b""


def test_header_bytes_are_latin(caller: Caller, start_peer: Callable[..., Peer]) -> None:
    peer = start_peer({"/books": http_answer()})
    caller.settings = standing_in(peer, "https://api.example.com")
    caller.get(URL, headers={"X-Name": "é"})
    assert peer.received[0].headers["x-name"] == "é"
