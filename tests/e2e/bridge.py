"""HTTP in front of Lambda's emulator, as the service behind a function's URL: requests become events, one at a time."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from uuid import uuid4

from runtime.local.answer import response_body, response_headers
from runtime.local.event import function_url_event

Invoke = Callable[[dict[str, Any]], dict[str, Any]]


class Bridge:
    """Answers at `url` with what `invoke` makes of each event. Ends with its block."""

    def __init__(self, invoke: Invoke) -> None:
        lock = threading.Lock()

        class Handler(_Handler):
            def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
                with lock:
                    return invoke(event)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def __enter__(self) -> "Bridge":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer in one piece

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        path, _, query = self.path.partition("?")
        scope = {
            "method": self.command,
            "raw_path": path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "headers": [
                (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()
            ],
            "http_version": "1.1",
            "client": self.client_address,
        }
        domain = self.headers.get("host", "")
        answer = self.invoke(function_url_event(scope, body, domain_name=domain, request_id=str(uuid4())))
        content = response_body(answer)
        self.send_response(answer["statusCode"])
        for name, value in response_headers(answer, len(content)):
            self.send_header(name.decode(), value.decode("latin-1"))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_HEAD = do_PATCH = answer  # noqa: N815

    def log_message(self, format: str, *arguments: object) -> None:
        pass
