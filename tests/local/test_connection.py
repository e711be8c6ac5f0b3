"""How connections of clients end that are slow, silent, too many, or speak something else."""

import contextlib
import json
import socket
import threading
import time
from typing import Any

import pytest

from runtime.http.body import BODY_BYTES
from runtime.local.connection import HEAD_BYTES
from runtime.local.server import LocalServer
from tests.local.serving import answer, running, send, send_raw

pytestmark = pytest.mark.slow

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
PATIENCE = 20


def refused(received: bytes) -> tuple[int, str]:
    """Code and message of an error answer, which is the last on its connection."""
    head, _, body = received.partition(b"\r\n\r\n")
    value = json.loads(body)
    assert b"connection: close" in head.lower()
    assert b"x-relive-request-id" in head.lower()
    assert head.startswith(b"HTTP/1.1 4")
    return value["errorCode"], value["message"]


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


def test_a_client_that_goes_on_with_a_body_that_nobody_wants() -> None:
    """Drop by drop, after the answer."""
    length = 10 * BODY_BYTES
    with (
        running(wait_seconds=1) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=0.05) as client,
    ):
        client.settimeout(PATIENCE)
        client.sendall(f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n".encode())
        client.sendall(b"x" * (BODY_BYTES + 1))
        assert client.recv(100).startswith(b"HTTP/1.1 200")
        assert _closes(client, drop=b"x")


@pytest.mark.parametrize("drop", [b"\r\n", b"\n"])
@pytest.mark.parametrize("before", [b"", GET + b"\r\n"], ids=["at first", "after one"])
def test_empty_lines_that_never_end(before: bytes, drop: bytes) -> None:
    with (
        running(wait_seconds=0.5) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as client,
    ):
        client.sendall(before)
        assert _closes(client, drop=drop)


def test_headers_as_large_as_may_be() -> None:
    with running() as server:
        received = send_raw(server, GET + b"Connection: close\r\nX: " + b"x" * (HEAD_BYTES - 200) + b"\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "before", [b"", GET + b"\r\n", GET + b"\r\n" + GET + b"\r\n"], ids=["at first", "after one", "after two"]
)
@pytest.mark.parametrize("piece", [b"G", b"GET / HTTP/1.1\r\nHo"])
def test_headers_that_come_slowly(before: bytes, piece: bytes) -> None:
    with (
        running(wait_seconds=0.5) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as client,
    ):
        client.sendall(before)
        client.sendall(piece)
        received = b""
        began = time.monotonic()
        while chunk := client.recv(65536):
            received += chunk
        assert time.monotonic() - began < PATIENCE
    assert received.count(b"HTTP/1.1 200") == before.count(b"GET")
    last = received[received.rindex(b"HTTP/1.1") :]
    assert refused(last) == (650, "The request timed out. The headers did not arrive in time.")


def test_headers_that_come_drop_by_drop() -> None:
    with (
        running(wait_seconds=0.5) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as client,
    ):
        client.settimeout(0.05)
        received = b""
        for drop in [GET[n : n + 1] for n in range(len(GET))] + [b"x"] * 200:
            try:
                client.sendall(drop)
                received += client.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                break
            if received:
                break
    assert refused(received)[0] == 650


def test_a_connection_on_which_nothing_comes() -> None:
    with (
        running(wait_seconds=0.5) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as client,
    ):
        assert client.recv(1) == b""


def test_a_connection_that_pauses_between_requests() -> None:
    """For less than it may."""
    with (
        running(wait_seconds=0.5) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as client,
    ):
        for _ in range(3):
            client.sendall(GET + b"\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 200")
            time.sleep(0.7)


def test_an_answer_that_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.local.connection.SEND_SECONDS", 0.3)
    with (
        running(lambda event, request_id, waited: answer("x" * 30_000_000)) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as client,
    ):
        client.sendall(GET + b"\r\n")
        time.sleep(1.5)
        received = 0
        with contextlib.suppress(ConnectionResetError):
            while chunk := client.recv(1_000_000):
                received += len(chunk)
        assert received < 30_000_000


def test_more_connections_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.local.server._most_connections", lambda: 8)
    with running() as server:
        kept = [socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) for _ in range(8)]
        kept[0].sendall(GET + b"\r\n")
        assert kept[0].recv(65536).startswith(b"HTTP/1.1 200")
        assert refused(send_raw(server, GET + b"\r\n"))[0] == 650
        for client in kept:
            client.close()
        assert _in_the_end(server).status == 200


def test_the_end_of_the_server_while_clients_are_refused() -> None:
    with running() as server:
        clients = [socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) for _ in range(3)]
        for client in clients:
            client.sendall(b"nonsense\r\n\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 400")
    for client in clients:
        client.close()


def _closes(client: socket.socket, *, drop: bytes) -> bool:
    """Whether the server closes the connection of a client that sends a drop now and then."""
    client.settimeout(0.05)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            client.sendall(drop)
            if not client.recv(1 << 20):
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


def _in_the_end(server: LocalServer) -> Any:
    """The response once the server has noticed that connections were closed."""
    end = time.monotonic() + PATIENCE
    while (response := send(server, "GET", "/")[0]).status == 408 and time.monotonic() < end:
        time.sleep(0.05)
    return response
