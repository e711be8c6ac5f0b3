"""What the server takes for HTTP/1.1, and how it answers all else."""

import base64
import contextlib
import json
import socket
import threading
import time
from typing import Any

import pytest

from runtime.http.body import BODY_BYTES
from runtime.local.connection import HEAD_BYTES, PART_BYTES
from tests.local.serving import GET, answer, refused, running, send, send_raw

pytestmark = pytest.mark.slow

CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
PATIENCE = 20


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        pytest.param(b"nonsense\r\n\r\n", "This is not HTTP/1.1 as it should be.", id="nonsense"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", "This is not HTTP/1.1 as it should be.", id="TLS"),
        pytest.param(b"FROBNICATE / HTTP/1.1\r\n\r\n", "This is not HTTP/1.1 as it should be.", id="method"),
        pytest.param(b"CONNECT a.example:443 HTTP/1.1\r\n\r\n", "This server is no proxy.", id="CONNECT"),
        pytest.param(GET + b"no colon\r\n\r\n", "This is not HTTP/1.1 as it should be.", id="header"),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
            "This is not HTTP/1.1 as it should be.",
            id="chunk",
        ),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", "This is not HTTP/1.1 as it should be.", id="no host"),
        pytest.param(GET + b"Host: b\r\n\r\n", "This is not HTTP/1.1 as it should be.", id="two hosts"),
        pytest.param(b"GET /\r\n\r\n", "This is not HTTP/1.1 as it should be.", id="HTTP/0.9"),
        pytest.param(b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "This is not HTTP/1.1 as it should be.", id="HTTP/2.0"),
        pytest.param(
            GET + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "This is not HTTP/1.1 as it should be.",
            id="coding",
        ),
        pytest.param(
            GET + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"x" * 200_000,
            "The headers are larger than 64 KB.",
            id="large trailer",
        ),
        pytest.param(GET + b"X: " + b"x" * HEAD_BYTES, "The headers are larger than 64 KB.", id="large"),
        pytest.param(GET + b"X: " + b"x" * 5_000_000 + b"\r\n\r\n", "The headers are larger than 64 KB.", id="huge"),
    ],
)
def test_what_is_not_http(raw: bytes, message: str) -> None:
    with running() as server:
        assert refused(send_raw(server, raw)) == (601, f"Invalid request. {message}")
        assert send(server, "GET", "/")[0].status == 200


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        pytest.param(b"nonsense\r\n\r\n", "This is not HTTP/1.1 as it should be.", id="nonsense"),
        pytest.param(GET + b"X: " + b"x" * 200_000, "The headers are larger than 64 KB.", id="large"),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
            "This is not HTTP/1.1 as it should be.",
            id="chunk",
        ),
    ],
)
@pytest.mark.parametrize("requests", [1, 2, 5])
def test_what_is_not_http_after_requests_that_run(rest: bytes, message: str, requests: int) -> None:
    """They are answered first, each in its turn (RFC 9112, section 9.3.2)."""
    free = threading.Event()
    numbers = iter(range(requests + 1))

    def work(event: dict[str, Any], request_id: str, *, waited: float = 0) -> dict[str, Any]:
        assert free.wait(PATIENCE)
        return answer(f"number {next(numbers)}")

    with (
        running(work) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as client,
    ):
        client.sendall((GET + b"\r\n") * requests + rest)
        time.sleep(0.1)
        free.set()
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while chunk := client.recv(65536):
                received += chunk
    last = received.index(b"HTTP/1.1 400")
    bodies = [part.partition(b"\r\n\r\n")[2] for part in received[:last].split(b"HTTP/1.1 200 OK")[1:]]
    assert bodies == [f'"number {number}"'.encode() for number in range(requests)]
    assert refused(received[last:]) == (601, f"Invalid request. {message}")


def test_trailers_are_no_headers() -> None:
    """Else they would get past a proxy that takes such headers away (RFC 9110, section 6.5.1)."""
    last = b"0\r\nAuthorization: hers\r\n\r\n"
    with running() as server:
        received = send_raw(server, CHUNKED + b"Connection: close\r\n\r\n4\r\nbody\r\n" + last)
    event = json.loads(received.partition(b"\r\n\r\n")[2])
    assert "authorization" not in event["headers"]
    assert base64.b64decode(event["body"]) == b"body"


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/a?b", "/a", "b"),
        (b"//a/b", "//a/b", ""),
        (b"http://a", "/", ""),
        (b"http://a/b?c=/d", "/b", "c=/d"),
        (b"http://a?b=/c", "/", "b=/c"),
        (b"*", "/", ""),
    ],
)
def test_targets(target: bytes, path: str, query: str) -> None:
    with running() as server:
        received = send_raw(server, b"OPTIONS %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % target)
    event = json.loads(received.partition(b"\r\n\r\n")[2])
    assert (event["rawPath"], event["rawQueryString"]) == (path, query)


@pytest.mark.parametrize(("version", "told"), [(b"1.0", False), (b"1.1", True)])
def test_who_is_told_to_go_on(version: bytes, told: bool) -> None:
    """HTTP/1.0 knows no such answer (RFC 9110, section 10.1.1)."""
    head = b"POST / HTTP/%s\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n" % version
    with running() as server:
        received = send_raw(server, head + b"Content-Length: 4\r\n\r\nbody")
    assert received.startswith(b"HTTP/1.1 100") == told


def test_many_requests_in_one_piece() -> None:
    """Few are taken in ahead of their turn, and all are answered, with whatever comes among them."""
    most = 0

    def work(event: dict[str, Any], request_id: str, *, waited: float = 0) -> dict[str, Any]:
        nonlocal most
        connections = list(server._server.server_state.connections)
        most = max([most, *(len(connection.pipeline) for connection in connections)])  # type: ignore[union-attr]
        return answer(event.get("body", ""))

    offer = b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody"
    group = GET + b"\r\n" + CHUNKED + b"\r\n4\r\nbody\r\n0\r\n\r\n" + GET + offer
    last = GET + b"Connection: close\r\n\r\n" + GET + b"\r\n"
    with running(work) as server:
        received = send_raw(server, group * 2000 + last)
    assert received.count(b"HTTP/1.1 200 OK") == 6001
    assert received.count(b'"Ym9keQ=="') == received.count(b'"body"') == 2000
    assert 0 < most <= PART_BYTES // len(GET)


def test_an_answered_request_is_not_answered_again() -> None:
    """Though the rest of its body makes no sense."""
    with (
        running(lambda event, request_id, waited: answer("done")) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as client,
    ):
        client.sendall(CHUNKED + b"\r\n%x\r\n" % (BODY_BYTES + 9) + b"x" * (BODY_BYTES + 9))
        received = b""
        while not received.endswith(b'"done"'):
            received += client.recv(65536)
        client.sendall(b"nonsense")
        assert client.recv(65536) == b""


def test_headers_as_large_as_may_be() -> None:
    with running() as server:
        received = send_raw(server, GET + b"Connection: close\r\nX: " + b"x" * (HEAD_BYTES - 200) + b"\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200")
