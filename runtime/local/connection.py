"""One connection of a client: uvicorn's, with an end to every wait and our own words for what is no HTTP."""

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from runtime.errors import ReliveError
from runtime.http.error_answer import refusal
from runtime.local.answer import response_headers

HEAD_BYTES = 64 * 1024
"""What a request may have before its body: its first line and its headers."""

SEND_SECONDS = 60.0
"""How long a client may take to read an answer; 6 MB at 100 KB a second."""

REFUSED_PART = 8
"""One connection that is being refused for so many that are served."""

LINGER_SECONDS = 2.0
"""How long to go on reading from a client that was refused. Closed at once, its system throws the answer away: what
has arrived and was not read makes TCP reset the connection (RFC 9112, section 9.6)."""


class Connection(H11Protocol):
    """A client has `head_seconds` for the head of a request: from its first byte, or from the beginning.

    Connections beyond `most` are refused with 650, and closed at once if there are too many of these as well, so that
    descriptors are left for the work itself. `on_lost` is called when the connection has closed.
    """

    def __init__(
        self, *, head_seconds: float, most: int, on_lost: Callable[[], None] | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self._on_lost = on_lost
        self._head_seconds = head_seconds
        self._most = most
        self._head_timer: asyncio.TimerHandle | None = None
        self._end_timer: asyncio.TimerHandle | None = None
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self._most + self._most // REFUSED_PART + 1:
            self._refused = True
            transport.abort()
        elif len(self.connections) > self._most:
            self._refuse(ReliveError(650, "The server has too many connections."))
        self._time_head()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for timer in (self._head_timer, self._end_timer, self.timeout_keep_alive_task):
            if timer is not None:
                timer.cancel()
        if self._on_lost is not None:
            self._on_lost()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        try:
            super().data_received(data)
            self._time_head()
        except MemoryError:
            self._refuse(ReliveError(1, "The server has no memory for this request."))

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._end_in(SEND_SECONDS)
        self._time_head()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """For what h11 cannot read."""
        if len(self.conn.trailing_data[0]) > HEAD_BYTES:
            self._refuse(ReliveError(601, f"The headers are larger than {HEAD_BYTES // 1024} KB."))
        else:
            self._refuse(ReliveError(601, "This is not HTTP/1.1 as it should be."))

    def shutdown(self) -> None:
        if self._refused:
            self.transport.close()
        else:
            super().shutdown()

    def _time_head(self) -> None:
        awaited = self.conn.their_state is h11.IDLE and (self.cycle is None or bool(self.conn.trailing_data[0]))
        if awaited and self._head_timer is None and not self._refused:
            self._head_timer = self.loop.call_later(self._head_seconds, self._head_is_overdue)
        elif not awaited and self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_overdue(self) -> None:
        if self.conn.trailing_data[0]:
            self._refuse(ReliveError(650, "The headers did not arrive in time."))
        else:
            self.transport.close()

    def _refuse(self, error: ReliveError) -> None:
        """Answer with an error if that is still possible, and read no further request."""
        self._refused = True
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.transport.is_closing() or self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.close()
            return
        answer = refusal(error, str(uuid.uuid4()))
        body = answer["body"].encode()
        headers = [*response_headers(answer, len(body)), (b"connection", b"close")]
        status = answer["statusCode"]
        for event in (
            h11.Response(status_code=status, headers=headers, reason=STATUS_PHRASES[status]),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.flow.resume_reading()
        self.transport.write_eof()
        self._end_in(LINGER_SECONDS)

    def _end_in(self, seconds: float) -> None:
        if self._end_timer is not None:
            self._end_timer.cancel()
        self._end_timer = self.loop.call_later(seconds, self._end)

    def _end(self) -> None:
        if self._refused or self.transport.get_write_buffer_size():
            self.transport.abort()
