"""A local server that runs while a test does."""

import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from runtime.local.asgi import Handler
from runtime.local.listener import Listener
from runtime.local.server import LocalServer

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"


def answer(value: Any, status: int = 200, **headers: str) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", **headers},
        "body": json.dumps(value),
        "isBase64Encoded": False,
    }


def tell_event(event: dict[str, Any], request_id: str, *, waited: float = 0) -> dict[str, Any]:
    """A handler that answers with the event it gets."""
    return answer(event)


@contextmanager
def running(handler: Handler = tell_event, *, host: str = "127.0.0.1", **options: Any) -> Iterator[LocalServer]:
    server = LocalServer(handler, Listener(host), **options)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(30)
        assert not thread.is_alive()


def send(
    server: LocalServer, method: str, path: str, headers: Mapping[str, str] | None = None, body: Any = None
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request(method, path, body, dict(headers or {}), encode_chunked=False)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def send_raw(server: LocalServer, data: bytes) -> bytes:
    """Send bytes and read until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(data)
        received = b""
        with contextlib.suppress(ConnectionResetError):  # the server closed before it had read everything
            while chunk := connection.recv(65536):
                received += chunk
    return received


def refused(received: bytes) -> tuple[int, str]:
    """Code and message of an error answer, which is the last on its connection."""
    head, _, body = received.partition(b"\r\n\r\n")
    value = json.loads(body)
    assert b"connection: close" in head.lower()
    assert b"x-relive-request-id" in head.lower()
    assert head.startswith(b"HTTP/1.1 4")
    return value["errorCode"], value["message"]
