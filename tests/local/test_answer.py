"""What a handler's answer is as HTTP."""

import base64
import json
import socket
from typing import Any

import pytest

from tests.local.serving import answer, running, send

pytestmark = pytest.mark.slow


def test_answer_in_base64() -> None:
    body = bytes(range(256))
    told = {"statusCode": 201, "headers": {}, "body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    with running(lambda event, request_id, waited: told) as server:
        response, received = send(server, "GET", "/")
    assert (response.status, received) == (201, body)


def test_headers_of_the_answer() -> None:
    told = answer(1, **{"x-utf": "→", "x-latin": "ä"}) | {"cookies": ["a=1", "b=2"]}
    with running(lambda event, request_id, waited: told) as server:
        response, _ = send(server, "GET", "/")
    assert response.headers.get_all("set-cookie") == ["a=1", "b=2"]
    assert response.headers["content-length"] == "1"
    assert response.headers["x-latin"] == "ä"
    assert response.headers["x-utf"].encode("latin-1").decode() == "→"
    assert "server" not in response.headers


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_no_body_and_the_connection_stays_usable(method: str, status: int) -> None:
    with (
        running(lambda event, request_id, waited: answer("text", status)) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection,
    ):
        for _ in range(2):
            connection.sendall(f"{method} / HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            received = b""
            while not received.endswith(b"\r\n\r\n"):
                received += connection.recv(65536)
            assert received.startswith(f"HTTP/1.1 {status} ".encode())
            assert b"text" not in received


def test_a_handler_that_fails_is_an_error_of_the_known_shape(caplog: pytest.LogCaptureFixture) -> None:
    def fail(event: dict[str, Any], request_id: str, *, waited: float = 0) -> dict[str, Any]:
        raise RuntimeError("secret")

    with running(fail) as server:
        response, body = send(server, "GET", "/")
    assert (response.status, json.loads(body)) == (500, {"message": "Unexpected error.", "errorCode": 1})
    assert response.headers["x-relive-request-id"] in caplog.text
