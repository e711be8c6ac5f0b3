"""The local server: how it bears clients that misbehave and clients that are many, how it starts and how it ends."""

import base64
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from runtime.http.body import BODY_BYTES
from runtime.local.listener import CannotListenError, Listener
from tests.local.serving import answer, running, send, send_raw

pytestmark = pytest.mark.slow


# Clients that misbehave


def test_of_a_body_that_is_too_large_only_the_beginning_is_read() -> None:
    with running(lambda event, request_id, waited: answer(len(base64.b64decode(event["body"])))) as server:
        headers = {"Content-Type": "application/octet-stream"}
        assert send(server, "POST", "/", headers, b"x" * (BODY_BYTES + 100_000))[1] == str(BODY_BYTES + 1).encode()
        assert send(server, "POST", "/", headers, b"x" * BODY_BYTES)[1] == str(BODY_BYTES).encode()


def test_the_rest_of_a_body_that_is_too_large_is_not_waited_for() -> None:
    length = 10 * BODY_BYTES
    with (
        running(wait_seconds=20) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection,
    ):
        connection.sendall(f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n".encode())
        connection.sendall(b"x" * (BODY_BYTES + 1))
        assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_a_body_that_does_not_come() -> None:
    with running(wait_seconds=0.3) as server:
        received = send_raw(server, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nConnection: close\r\n\r\nabc")
        assert received.startswith(b"HTTP/1.1 408")
        assert b'"errorCode":650' in received
        assert send(server, "GET", "/")[0].status == 200


def test_who_waits_too_long_for_a_turn() -> None:
    def slow(event: dict[str, Any], request_id: str, *, waited: float = 0) -> dict[str, Any]:
        time.sleep(1)
        return answer("done")

    with running(slow, concurrency=1, wait_seconds=0.2) as server:
        first = threading.Thread(target=send, args=(server, "GET", "/"))
        first.start()
        time.sleep(0.3)
        response, body = send(server, "GET", "/")
        assert (response.status, json.loads(body)["errorCode"]) == (408, 650)
        first.join()
        assert send(server, "GET", "/")[0].status == 200


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS\r\n\r\n", id="TLS"),
        pytest.param(b"nonsense\r\n\r\n", id="nonsense"),
        pytest.param(b"GET / HTTP/1.1\r\nno colon\r\n\r\n", id="broken header"),
        pytest.param(b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", id="path not ASCII"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", id="negative length"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", id="two lengths"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", id="endless header"),
    ],
)
def test_what_is_not_http(raw: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with running() as server:
        assert send_raw(server, raw)[:10] in (b"HTTP/1.1 4", b"")
        assert send(server, "GET", "/")[0].status == 200
    assert "Traceback" not in capfd.readouterr().err


def test_clients_that_leave(capfd: pytest.CaptureFixture[str]) -> None:
    """In the middle of a body, and while the handler works."""
    left = threading.Event()

    def wait(event: dict[str, Any], request_id: str, *, waited: float = 0) -> dict[str, Any]:
        assert left.wait(30)
        return answer("x" * 1_000_000)

    with running(wait, concurrency=1) as server:
        for raw in (
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc",
            b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        ):
            with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
                connection.sendall(raw)
                time.sleep(0.1)
        left.set()
        assert send(server, "GET", "/")[0].status == 200
    assert "Traceback" not in capfd.readouterr().err


# Many at once


def test_eight_run_at_once_and_no_more() -> None:
    free = threading.Event()
    eight = threading.Semaphore(0)
    inside: list[str] = []

    def work(event: dict[str, Any], request_id: str, *, waited: float = 0) -> dict[str, Any]:
        inside.append(request_id)
        eight.release()
        assert free.wait(30)
        return answer(event["rawPath"])

    with running(work) as server, ThreadPoolExecutor(24) as clients:
        paths = [f"/{number}" for number in range(24)]
        answers = clients.map(lambda path: json.loads(send(server, "GET", path)[1]), paths)
        for _ in range(8):
            assert eight.acquire(timeout=30)
        time.sleep(0.3)  # for a ninth that should not come
        assert len(inside) == 8
        free.set()
        assert list(answers) == paths


# Start and end


def test_a_port_in_use() -> None:
    with (
        running() as server,
        pytest.raises(CannotListenError, match=f"^Cannot listen on 127.0.0.1, port {server.port}: .*in use[.]$"),
    ):
        Listener(port=server.port)


@pytest.mark.parametrize("host", ["203.0.113.1", "nowhere.invalid"])
def test_a_host_that_is_not_ours(host: str) -> None:
    with pytest.raises(CannotListenError, match=f"Cannot listen on {host}"):
        Listener(host)


@pytest.mark.parametrize(
    ("host", "name"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("localhost", "localhost")]
)
def test_the_address_that_it_is_reached_by(host: str, name: str) -> None:
    with running(host=host) as server:
        assert server.url == f"http://{name}:{server.port}"
        event = json.loads(send(server, "GET", "/")[1])
    assert event["requestContext"]["domainName"] == f"{name}:{server.port}"


def test_an_end_while_requests_run() -> None:
    """What runs longer than the grace is answered, and its thread does not hold up the end."""
    entered, never = threading.Event(), threading.Event()

    def wait(event: dict[str, Any], request_id: str, *, waited: float = 0) -> dict[str, Any]:
        entered.set()
        never.wait(60)
        return answer("too late")

    with ThreadPoolExecutor(1) as clients:
        with running(wait) as server:
            asked = clients.submit(send, server, "GET", "/")
            assert entered.wait(30)
            began = time.monotonic()
        assert time.monotonic() - began < 15
        response, body = asked.result(30)
    never.set()
    assert response.status == 500
    assert json.loads(body) == {"message": "Unexpected error. The server is stopping.", "errorCode": 1}


def test_an_end_waits_for_requests_that_are_nearly_done() -> None:
    entered = threading.Event()

    def work(event: dict[str, Any], request_id: str, *, waited: float = 0) -> dict[str, Any]:
        entered.set()
        time.sleep(0.3)
        return answer("done")

    with ThreadPoolExecutor(1) as clients:
        with running(work) as server:
            asked = clients.submit(send, server, "GET", "/")
            assert entered.wait(30)
        assert asked.result(30)[1] == b'"done"'


def test_an_end_with_idle_connections() -> None:
    with running() as server:
        silent = socket.create_connection(("127.0.0.1", server.port))
        unfinished = socket.create_connection(("127.0.0.1", server.port))
        unfinished.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
        time.sleep(0.1)
        began = time.monotonic()
    assert time.monotonic() - began < 15
    silent.close()
    unfinished.close()
