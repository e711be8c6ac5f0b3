"""A proxy in front of a stand-in, which does to single requests what networks and AWS do now and then."""

import enum
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

SHORT_SECONDS = 0.1
"""Slow, but in time."""


class Fault(enum.Enum):
    ERROR = "answers 500, and has done nothing"
    ERROR_AFTER = "answers 500, and has done it"
    UNAVAILABLE = "answers 503, and has done nothing"
    RESET = "closes the connection, and has done nothing"
    LOST = "closes the connection, and has done it"
    CUT = "breaks off in the answer, and has done it"
    THROTTLED = "has no capacity left"
    LIMITED = "takes no more requests of this account"
    CONFLICT = "another transaction has the item"
    SLOW = "takes its time"
    TOO_SLOW = "has done it, and answers when nobody waits any more"
    PARTIAL = "does half of a batch"
    TRUNCATED_PAGE = "gives a page with one item"
    DENIED = "does not permit it"


class FaultyProxy:
    """Passes requests on to `upstream`, but for those that `faults` names by their number from `arm` on, from 0.

    `calls` are the operations since. `between` is done once, before the one after the
    first with a fault.
    """

    def __init__(self, upstream: str, *, too_slow_seconds: float) -> None:
        address = urlsplit(upstream)
        self.upstream = (str(address.hostname), int(address.port or 0))
        self.too_slow_seconds = too_slow_seconds
        self._lock = threading.Lock()
        # One request is passed on after the other: what is repeated comes later than what it repeats.
        self.forwarding = threading.Lock()
        self.arm({})
        proxy = self

        class Handler(_Handler):
            def next_fault(self, operation: str) -> Fault | None:
                return proxy._next_fault(operation)

            def settings(self) -> "FaultyProxy":
                return proxy

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def arm(self, faults: Mapping[int, Fault], between: Callable[[], object] | None = None) -> None:
        """Begin anew, once nothing is under way any more for which nobody waits."""
        with self.forwarding, self._lock:
            self.faults = faults
            self.between = between
            self.calls = []

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> "FaultyProxy":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _next_fault(self, operation: str) -> Fault | None:
        with self._lock:
            self.calls.append(operation)
            between = self.between if len(self.calls) == min(self.faults, default=-2) + 2 else None
            fault = self.faults.get(len(self.calls) - 1)
        if between:
            between()
        return fault


_OF_THE_CONNECTION = {"host", "connection", "content-length"}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def next_fault(self, operation: str) -> Fault | None:
        raise NotImplementedError

    def settings(self) -> FaultyProxy:
        raise NotImplementedError

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        operation = self.headers["x-amz-target"].partition(".")[2]
        fault = self.next_fault(operation)
        match fault:
            case None:
                self._answer(*self._forward(body))
            case Fault.ERROR:
                self._answer(500, _error("InternalServerError"))
            case Fault.ERROR_AFTER:
                self._forward(body)
                self._answer(500, _error("InternalServerError"))
            case Fault.UNAVAILABLE:
                self._answer(503, b"")
            case Fault.RESET:
                self._reset()
            case Fault.LOST:
                self._forward(body)
                self._reset()
            case Fault.CUT:
                status, answer = self._forward(body)
                self._answer(status, answer, cut=True)
                self.close_connection = True
            case Fault.THROTTLED:
                self._answer(400, _error("ProvisionedThroughputExceededException"))
            case Fault.LIMITED:
                self._answer(400, _error("RequestLimitExceeded"))
            case Fault.CONFLICT:
                self._answer(400, _conflict(operation, body))
            case Fault.SLOW:
                time.sleep(SHORT_SECONDS)
                self._answer(*self._forward(body))
            case Fault.TOO_SLOW:
                status, answer = self._forward(body)
                time.sleep(self.settings().too_slow_seconds)
                self._answer(status, answer)
            case Fault.PARTIAL:
                self._answer(*self._partial(operation, body))
            case Fault.TRUNCATED_PAGE:
                request = json.loads(body)
                request["Limit"] = 1
                self._answer(*self._forward(json.dumps(request).encode()))
            case Fault.DENIED:
                self._answer(400, _error("AccessDeniedException"))

    def log_message(self, format: str, *arguments: object) -> None:
        pass

    def _forward(self, body: bytes) -> tuple[int, bytes]:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_THE_CONNECTION}
        with (
            self.settings().forwarding,
            closing(HTTPConnection(*self.settings().upstream, timeout=30)) as connection,
        ):
            connection.request("POST", self.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def _partial(self, operation: str, body: bytes) -> tuple[int, bytes]:
        """Pass on the first half of a batch, and answer that the rest is left over."""
        request = json.loads(body)
        ((table, asked),) = request["RequestItems"].items()
        keys = "Keys" if operation == "BatchGetItem" else None
        elements = asked[keys] if keys else asked
        first, rest = elements[: len(elements) // 2], elements[len(elements) // 2 :]
        left_over = {table: {**asked, "Keys": rest} if keys else rest}
        answer: dict[str, Any] = {"Responses": {table: []}} if keys else {}
        status = 200
        if first:
            request["RequestItems"] = {table: {**asked, "Keys": first} if keys else first}
            status, text = self._forward(json.dumps(request).encode())
            answer = json.loads(text)
        answer["UnprocessedKeys" if keys else "UnprocessedItems"] = left_over
        return status, json.dumps(answer).encode()

    def _answer(self, status: int, body: bytes, *, cut: bool = False) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body[: len(body) // 2] if cut else body)
            self.wfile.flush()
        except OSError:
            self.close_connection = True  # nobody waits any more

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def _error(code: str, **more: Any) -> bytes:
    kind = f"com.amazonaws.dynamodb.v20120810#{code}"
    return json.dumps({"__type": kind, "message": f"{code}, as the test wants it", **more}).encode()


def _conflict(operation: str, body: bytes) -> bytes:
    if operation != "TransactWriteItems":
        return _error("TransactionConflictException")
    reasons = [{"Code": "None"} for _ in json.loads(body)["TransactItems"]]
    reasons[-1] = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
    return _error("TransactionCanceledException", CancellationReasons=reasons)
