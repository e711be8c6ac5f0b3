"""The client of `make bench` measures what it says, and notices what is wrong."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.bench.load import Request, always, answered, load

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
HELLO = Request("GET", "/")


@contextmanager
def serving(answer: Callable[[bytes], list[bytes]]) -> Iterator[int]:
    """A server that sends these pieces for what it has received, and hangs up when there are none."""

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(ConnectionError):  # the client may hang up at any time
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while received := connection.recv(65536):
                pieces = answer(received)
                if not pieces:
                    return
                for piece in pieces:
                    connection.sendall(piece)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        acceptor = threading.Thread(target=accept)
        acceptor.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            acceptor.join()


@pytest.mark.parametrize("connections", [1, 4])
def test_what_is_counted_is_what_was_answered(connections: int) -> None:
    requests = []

    def answer(received: bytes) -> list[bytes]:
        requests.append(received)
        return [ANSWER[:10], ANSWER[10:-2], ANSWER[-2:]]

    with serving(answer) as port:
        measured = load(port, always(HELLO, body=b"hello"), connections=connections, seconds=0.2)
    assert measured.requests_per_second * 0.2 <= len(requests)
    assert 0 < measured.median_ms <= measured.p99_ms
    assert 0 < measured.client_share <= 1.1


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ([ANSWER.replace(b"200 OK", b"500 Oh")], AssertionError),
        ([ANSWER.replace(b"hello", b"hallo")], AssertionError),
        ([b"HTTP/1.1 200 OK\r\n\r\n"], AssertionError),
        ([], ConnectionError),
    ],
    ids=["another status", "another body", "no length", "no answer"],
)
def test_a_wrong_answer_ends_it(answer: list[bytes], failure: type[Exception]) -> None:
    with serving(lambda _: answer) as port, pytest.raises(failure):
        load(port, always(HELLO, body=b"hello"), connections=2, seconds=5)


def test_a_request_with_a_value() -> None:
    sent = []

    def answer(received: bytes) -> list[bytes]:
        sent.append(received)
        return [ANSWER]

    with serving(answer) as port:
        told = answered(port, Request("POST", "/things?a=1", {"n": 1}, {"x-key": "k"}))
    assert (told.status, told.body) == (200, b"hello")
    head, _, body = sent[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /things?a=1 HTTP/1.1"
    assert {"content-type: application/json", f"content-length: {len(body)}", "x-key: k"} <= set(lines)
    assert body == b'{"n": 1}'
