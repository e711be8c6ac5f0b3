"""The HTTP server of `relive serve`: uvicorn, in front of the same handler as in Lambda."""

import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import uvicorn

from runtime.local.asgi import Bridge, Handler
from runtime.local.connection import Connection
from runtime.local.handover import Inlet
from runtime.local.inlet_server import InletServer
from runtime.local.listener import Listener

HEAD_SECONDS = 20.0
"""How long a client may take for the head of a request."""

KEPT_DESCRIPTORS = 256
"""Descriptors that clients cannot use up: the runners, the store and outgoing calls need them."""

GRACE_SECONDS = 2
"""How long running requests may go on when the server is told to stop."""


class LocalServer:
    """Answers while `run` runs, on connections that clients make to a listener, or that another process hands over."""

    def __init__(
        self,
        handler: Handler,
        source: Listener | Inlet,
        *,
        concurrency: int = 8,
        wait_seconds: float = 60,
    ) -> None:
        self.address = source.address
        bridge = Bridge(handler, domain_name=source.address, concurrency=concurrency, wait_seconds=wait_seconds)
        connection: Any = partial(Connection, head_seconds=min(HEAD_SECONDS, wait_seconds), most=_most_connections())
        config = uvicorn.Config(
            bridge,
            http=connection,
            lifespan="off",
            ws="none",
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
            log_level="critical",
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        self._server = InletServer(config, source) if isinstance(source, Inlet) else uvicorn.Server(config)
        self._sockets = [source.socket] if isinstance(source, Listener) else []

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def run(self) -> None:
        """Answer until `stop`, SIGINT or SIGTERM. Signals are heard only in the main thread."""
        with _signals_end_nothing():
            self._server.run(sockets=self._sockets)

    def stop(self) -> None:
        """End `run`, from any thread: at once when nothing runs, after `GRACE_SECONDS` at the latest."""
        self._server.should_exit = True


def _most_connections() -> int:
    """As many as leave descriptors for the work itself, by the limit of this process (getrlimit(2))."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 65536 if limit == resource.RLIM_INFINITY else max(limit - KEPT_DESCRIPTORS, limit // 4)


@contextmanager
def _signals_end_nothing() -> Iterator[None]:
    """uvicorn sends itself the signal that ended it once more, when it is done; by then nothing is left to do."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.signal(number, lambda *_: None) for number in signals}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
