"""One connection of a client: uvicorn's, with an end to every wait and our own words for what is no HTTP."""

import asyncio
import re
import uuid
from collections.abc import Callable, Sized
from typing import Any, cast

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from runtime.errors import ReliveError
from runtime.http.error_answer import refusal
from runtime.local.answer import response_headers
from runtime.local.joined_writes import JoinedWrites

HEAD_BYTES = 64 * 1024
"""What a request may have before its body: its target and its headers. What comes behind a body counts, too."""

PART_BYTES = 16 * 1024
"""So much is parsed at once: a request of 25 bytes becomes objects of 2 KB, so that they must not be too many."""

SEND_SECONDS = 60.0
"""How long a client may take to read an answer; 6 MB at 100 KB a second."""

REFUSED_PART = 8
"""One connection that is being refused for so many that are served."""

NO_HTTP = "This is not HTTP/1.1 as it should be."

LINGER_SECONDS = 2.0
"""How long to go on reading from a client that was refused. Closed at once, its system throws the answer away: what
has arrived and was not read makes TCP reset the connection (RFC 9112, section 9.6)."""


class Connection(HttpToolsProtocol):
    """A client has `head_seconds` for the head of a request: from its first byte, or from the beginning.

    Connections beyond `most` are refused with 650, and closed at once if there are too many of these as well, so that
    descriptors are left for the work itself. `on_lost` is called when the connection has closed.

    An offer of another protocol, such as HTTP/2 from Java's client, is passed over (RFC 9110, section 7.8).
    """

    def __init__(
        self, *, head_seconds: float, most: int, on_lost: Callable[[], None] | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self._on_lost = on_lost
        self._head_seconds = head_seconds
        self._most = most
        self._begun = False  # a request whose end has not come
        self._in_head = False
        self._in_fields = False  # headers, or what may be trailers
        self._unparsed = b""  # what has come behind a request that waits for its turn
        self._head_bytes = 0  # of what is complete: the target and headers
        self._unread_bytes = 0  # what has come of a head that is not complete
        self._after_another = False  # a request ended in the same piece of data, so that not all of it is of the head
        self._without_offer = b""
        self._head_timer: asyncio.TimerHandle | None = None
        self._end_timer: asyncio.TimerHandle | None = None
        self._refusal: ReliveError | None = None  # for when the requests before it are answered
        self._refused = False

    # What the transport calls

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._writes = JoinedWrites(transport, self.loop)
        super().connection_made(cast(asyncio.Transport, self._writes))
        self.flow = _Flow(self.transport, self.pipeline)
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
        if self._refused or self._refusal is not None:
            return
        self._unset_keepalive_if_required()
        self._unparsed += data
        self._parse_on()
        self._time_head()

    def shutdown(self) -> None:
        if self._refused:
            self.transport.close()
        else:
            super().shutdown()

    # What the parser calls, and the cycle of a request

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun = self._in_head = self._in_fields = True
        self._head_bytes = self._unread_bytes = 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # trailers are no headers (RFC 9110, section 6.5.1): they would get past who checks those
            super().on_header(name, value)
        self._count_head(len(name) + len(value) + len(b": \r\n"))

    def on_headers_complete(self) -> None:
        if self.parser.get_method() == b"CONNECT":
            raise ReliveError(601, "This server is no proxy.")
        if self.parser.should_upgrade():
            self._without_offer = self._head_without_offer()
        else:
            self._check_head()
            self.url = _origin_form(self.url)
            super().on_headers_complete()
        self._in_head = self._in_fields = False

    def on_chunk_header(self) -> None:
        self._in_fields = True
        self._unread_bytes = 0

    def on_body(self, body: bytes) -> None:
        self._in_fields = False
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._after_another = True
        self._in_fields = False
        if not self.parser.should_upgrade():
            self._begun = False
            super().on_message_complete()

    def on_response_complete(self) -> None:
        others = bool(self.pipeline)
        self._writes.flush()
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._end_in(SEND_SECONDS)
        if self._refusal is not None and not others:
            self._refuse(self._refusal)
        self._parse_on()
        if self._begun:  # uvicorn gives the rest of a request no more time than a beginning
            self._unset_keepalive_if_required()
        self._time_head()

    # Reading

    def _parse_on(self) -> None:
        """Until a request has to wait for its turn, or all is read that has come."""
        if self.pipeline or self.transport.is_closing():
            return
        rest, self._unparsed = memoryview(self._unparsed), b""
        try:
            while rest and not self.pipeline:
                part, rest = rest[:PART_BYTES], rest[PART_BYTES:]
                self._parse(part)
            self._unparsed = bytes(rest)
        except (httptools.HttpParserError, ReliveError, MemoryError) as error:
            self._refuse_in_turn(_reason(error))

    def _parse(self, data: memoryview) -> None:
        self._after_another = False
        rest = data
        while rest:
            try:
                self.parser.feed_data(rest)
                break
            except httptools.HttpParserUpgrade as offer:  # the parser would leave its body to the other protocol
                self.parser = httptools.HttpRequestParser(self)
                self.parser.feed_data(self._without_offer)
                rest = rest[offer.args[0] :]
        if self._in_fields and not self._after_another:
            self._unread_bytes += len(data)
            self._count_head(0)

    def _head_without_offer(self) -> bytes:
        first = b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        headers = (b"%s: %s" % header for header in self.headers if header[0] != b"upgrade")
        return b"\r\n".join([first, *headers, b"\r\n"])

    def _check_head(self) -> None:
        """What the parser lets pass (RFC 9112, sections 2.3, 3.2 and 6.1)."""
        version = self.parser.get_http_version()
        hosts = [value for name, value in self.headers if name == b"host"]
        codings = [value.lower() for name, value in self.headers if name == b"transfer-encoding"]
        few_hosts = len(hosts) == 1 or (version == "1.0" and not hosts)
        if version not in ("1.0", "1.1") or not few_hosts or codings not in ([], [b"chunked"]):
            raise ReliveError(601, NO_HTTP)
        if version == "1.0":  # RFC 9110, section 10.1.1
            self.expect_100_continue = False

    def _count_head(self, size: int) -> None:
        self._head_bytes += size
        if max(self._head_bytes, self._unread_bytes) > HEAD_BYTES:
            raise ReliveError(601, f"The headers are larger than {HEAD_BYTES // 1024} KB.")

    def _time_head(self) -> None:
        idle = self.cycle is None or self.cycle.response_complete
        over = self._refused or self.transport.is_closing()
        awaited = idle and (self._begun or self.timeout_keep_alive_task is None) and not over
        if awaited and self._head_timer is None:
            self._head_timer = self.loop.call_later(self._head_seconds, self._head_is_overdue)
        elif not awaited and self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_overdue(self) -> None:
        if self._in_head:
            self._refuse(ReliveError(650, "The headers did not arrive in time."))
        else:
            self.transport.close()

    # Refusing

    def _refuse_in_turn(self, error: ReliveError) -> None:
        """Refuse the request that is being read, after the answers to those before it."""
        if self.cycle is None or self.cycle.response_complete:
            self._refuse(error)
        elif not self.cycle.more_body:  # it is read, what comes after it is not
            self._refusal = error
        elif self.pipeline:
            self.pipeline.popleft()
            self._refusal = error
        else:
            self._refuse(error)

    def _refuse(self, error: ReliveError) -> None:
        """Answer with an error if that is still possible, and read no further request."""
        self._refused = True
        in_body = self._begun and not self._in_head
        answered = self.cycle is not None and self.cycle.response_started
        answering = answered and (in_body or not self.cycle.response_complete)
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.transport.is_closing() or answering:
            self.transport.close()
            return
        answer = refusal(error, str(uuid.uuid4()))
        body = answer["body"].encode()
        headers = [*response_headers(answer, len(body)), (b"connection", b"close")]
        lines = [b"%s: %s\r\n" % header for header in headers]
        seconds = SEND_SECONDS if self.transport.get_write_buffer_size() else LINGER_SECONDS
        self.transport.write(b"".join([STATUS_LINE[answer["statusCode"]], *lines, b"\r\n", body]))
        self.flow.resume_reading()
        self.transport.write_eof()
        self._end_in(seconds)

    def _end_in(self, seconds: float) -> None:
        if self._end_timer is not None:
            self._end_timer.cancel()
        self._end_timer = self.loop.call_later(seconds, self._end)

    def _end(self) -> None:
        if self._refused or self.transport.get_write_buffer_size():
            self.transport.abort()


def _reason(error: Exception) -> ReliveError:
    """What a client is told. What a callback of the parser raises arrives as the context of the parser's own error."""
    if isinstance(error, httptools.HttpParserCallbackError) and isinstance(error.__context__, Exception):
        error = error.__context__
    if isinstance(error, ReliveError):
        return error
    if isinstance(error, MemoryError):
        return ReliveError(1, "The server has no memory for this request.")
    return ReliveError(601, NO_HTTP)


def _origin_form(target: bytes) -> bytes:
    """The path and the query. Clients of a proxy send the whole address (RFC 9112, section 3.2.2)."""
    if target.startswith(b"/"):
        return target
    path = re.sub(b"^[^:]*(://[^/?]*)?", b"", target)
    return path if path.startswith(b"/") else b"/" + path


class _Flow(FlowControl):
    """Reads nothing while requests wait for their turn. uvicorn's reads on with each turn, and takes in any number."""

    def __init__(self, transport: asyncio.Transport, waiting: Sized) -> None:
        super().__init__(transport)
        self._waiting = waiting

    def resume_reading(self) -> None:
        if not self._waiting and not self._transport.is_closing():
            super().resume_reading()
