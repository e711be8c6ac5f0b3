"""How connections of clients end that are slow, silent or too many."""

import contextlib
import socket
import time
from typing import Any

import pytest

from runtime.http.body import BODY_BYTES
from runtime.local.server import LocalServer
from tests.local.serving import GET, answer, refused, running, send, send_raw

pytestmark = pytest.mark.slow

PATIENCE = 20


def test_a_pause_within_headers() -> None:
    """Which began to come before the answer to the request before: they have more time than a connection that idles."""
    with running() as server:
        server._server.config.timeout_keep_alive = 0  # type: ignore[attr-defined]
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as client:
            client.sendall(GET + b"\r\n" + GET)
            assert client.recv(65536).startswith(b"HTTP/1.1 200")
            time.sleep(0.3)
            client.sendall(b"\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_slow_reader_with_nonsense_behind_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has as long for the answer as anybody."""
    monkeypatch.setattr("runtime.local.connection.LINGER_SECONDS", 0.1)
    with (
        running(lambda event, request_id, waited: answer("x" * 30_000_000)) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as client,
    ):
        client.sendall(GET + b"\r\nnonsense\r\n\r\n")
        assert client.recv(1) == b"H"
        time.sleep(0.5)
        received = b""
        while chunk := client.recv(1 << 20):
            received += chunk
    assert len(received) > 30_000_000
    assert refused(received[received.rindex(b"HTTP/1.1 400") :])[0] == 601


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
