"""Requests to a server on several connections at once, from one thread that costs next to nothing.

The client shares its machine with the server, so whatever it burns is missing there: a request is encoded once where it
is always the same, and of an answer no more is read than has to be. `Load.client_share` tells what it burned.
"""

import json
import re
import select
import socket
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

STATUS = slice(9, 12)
END_OF_HEAD = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
ANSWER_SECONDS = 30
"""How long an answer may take before the server counts as hanging."""


@dataclass(frozen=True)
class Request:
    """A request of HTTP/1.1. `value` is sent as JSON, unless it is None."""

    method: str
    path: str
    value: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        body = b"" if self.value is None else json.dumps(self.value).encode()
        headers = {"host": "127.0.0.1", "content-length": str(len(body)), **self.headers}
        if body:
            headers["content-type"] = "application/json"
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join(lines).encode() + END_OF_HEAD + body


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    @property
    def value(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Traffic:
    """What is sent, again and again, and how the answers must be: `expect` raises AssertionError for a wrong one."""

    next_request: Callable[[], bytes]
    expect: Callable[[Answer], object]


@dataclass(frozen=True)
class Load:
    """Requests a second, milliseconds at the median and at the 99th of a hundred, and the client's part of a core."""

    requests_per_second: float
    median_ms: float
    p99_ms: float
    client_share: float


def always(request: Request, *, status: int = 200, body: bytes | None = None) -> Traffic:
    """The same request each time. `body` is what every answer must be, where that is known."""
    encoded = request.encoded()

    def expect(answer: Answer) -> None:
        assert answer.status == status, answer
        assert body is None or answer.body == body, answer

    return Traffic(lambda: encoded, expect)


def load(port: int, traffic: Traffic, *, connections: int, seconds: float) -> Load:
    """Send on as many connections, each request as soon as the one before it was answered.

    Raises what `traffic` raises for a wrong answer, ConnectionError if the server hangs up, TimeoutError if it hangs.
    """
    times: list[float] = []
    poll = select.epoll()
    by_descriptor = {}
    for _ in range(connections):
        connection = _Connection(port)
        by_descriptor[connection.socket.fileno()] = connection
        poll.register(connection.socket, select.EPOLLIN)
    try:
        processor_time, started = time.thread_time(), time.perf_counter()
        until = started + seconds
        for connection in by_descriptor.values():
            connection.send(traffic.next_request())
        waiting = len(by_descriptor)
        while waiting:
            if not (ready := poll.poll(ANSWER_SECONDS)):
                raise TimeoutError(f"no answer in {ANSWER_SECONDS} seconds")
            for descriptor, _ in ready:
                connection = by_descriptor[descriptor]
                if (answer := connection.receive()) is None:
                    continue
                now = time.perf_counter()
                times.append(now - connection.sent_at)
                traffic.expect(answer)
                if now < until:
                    connection.send(traffic.next_request())
                else:
                    waiting -= 1
        elapsed = time.perf_counter() - started
        share = (time.thread_time() - processor_time) / elapsed
    finally:
        poll.close()
        for connection in by_descriptor.values():
            connection.socket.close()
    times.sort()
    return Load(len(times) / elapsed, statistics.median(times) * 1000, times[int(len(times) * 0.99)] * 1000, share)


def answered(port: int, request: Request) -> Answer:
    """The answer to one request, which must be a success."""
    connection = _Connection(port)
    try:
        connection.send(request.encoded())
        while (answer := connection.receive()) is None:
            pass
    finally:
        connection.socket.close()
    assert 200 <= answer.status < 300, answer
    return answer


class _Connection:
    """One request at a time, and its answer as it arrives."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self._received = b""

    def send(self, request: bytes) -> None:
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> Answer | None:
        """Take what has arrived; the answer if that completes it."""
        chunk = self.socket.recv(1 << 18)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        self._received += chunk
        end = self._received.find(END_OF_HEAD)
        if end < 0:
            return None
        start = end + len(END_OF_HEAD)
        length = LENGTH.search(self._received, 0, start)
        assert length, self._received
        if len(self._received) - start < int(length[1]):
            return None
        answer = Answer(int(self._received[STATUS]), self._received[start:])
        self._received = b""
        return answer
