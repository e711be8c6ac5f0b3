"""A server on this machine that answers as a test wants it, fairly or not."""

import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

Script = bytes | Callable[[socket.socket], None]


def http_answer(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """The bytes of an answer; underscores in header names become hyphens."""
    fields = {"content-length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Received:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Peer:
    """Answers each path with given bytes, or by a script that has the connection and may hang up, drip or lie.

    A script with an attribute `before_body` runs when the head of the request has arrived. `greeting` is sent before
    anything is read.
    """

    scripts: dict[str, Script]
    tls: ssl.SSLContext | None = None
    greeting: bytes = b""
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def close(self) -> None:
        if self.stopped.is_set():
            return
        self.stopped.set()
        socket.create_connection(("127.0.0.1", self.port)).close()  # wakes the accepting thread
        self._accepting.join()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self.stopped.is_set():
                connection.close()
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(30)
        try:
            connection.sendall(self.greeting)
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection:
                self._answer(connection)
        except OSError:
            connection.close()

    def _answer(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            data = connection.recv(4096)
            if not data:
                return
            head += data
        head, _, body = head.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        script = self.scripts.get(target.partition("?")[0], http_answer(404))
        if callable(script) and getattr(script, "before_body", False):
            script(connection)
            return
        while len(body) < int(headers.get("content-length", 0)):
            body += connection.recv(65536)
        self.received.append(Received(method, target, headers, body))
        if callable(script):
            script(connection)
        else:
            connection.sendall(script)
