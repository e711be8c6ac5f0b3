"""A server that keeps its callers waiting until a test lets them go. It stands where a sleep would be too short or long."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE_SECONDS = 100


class HoldingServer:
    """Answers `{"ok": true}` to all requests once `release` is called, or once `crowd` of them wait at the same time.

    `came` is how many there have been so far.
    """

    def __init__(self, crowd: int | None = None) -> None:
        self.url = ""
        self._crowd = crowd
        self.came = 0
        self._released = False
        self._changed = threading.Condition()

    def wait_for(self, requests: int) -> None:
        """Until so many requests have come. Raises AssertionError if they do not."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.came >= requests, PATIENCE_SECONDS), f"only {self.came} came"

    def release(self) -> None:
        """Answer those that wait, and all that still come."""
        with self._changed:
            self._released = True
            self._changed.notify_all()

    def hold(self) -> bool:
        """In the thread of a request: whether it was let go, and did not wait in vain."""
        with self._changed:
            self.came += 1
            self._released |= self.came == self._crowd
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._released, PATIENCE_SECONDS)


@contextmanager
def holding_server(crowd: int | None = None) -> Iterator[HoldingServer]:
    """It runs as long as the block does; at the end all are let go."""
    holding = HoldingServer(crowd)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = 200 if holding.hold() else 504
            with suppress(OSError):  # who called did not wait for it
                self.send_response(status)
                self.end_headers()
                self.wfile.write(b'{"ok": true}')

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    holding.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield holding
    finally:
        holding.release()
        server.shutdown()
        server.server_close()
        thread.join()
