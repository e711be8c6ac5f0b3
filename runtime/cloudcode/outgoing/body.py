"""Reading an answer's body: decoded, within a size and a time limit, and never more of it than that in memory."""

import itertools
import zlib
from collections.abc import Iterable, Iterator

from runtime.cloudcode.outgoing.errors import HttpError, quoted
from runtime.cloudcode.outgoing.messages import IncomingAnswer
from runtime.deadline import Deadline
from runtime.held import Hold
from runtime.settings import MEGABYTE

PIECE_BYTES = 64 * 1024
"""How much is decompressed at once: a few bytes may become gigabytes."""

GZIP = zlib.MAX_WBITS | 16
ZLIB = zlib.MAX_WBITS
RAW_DEFLATE = -zlib.MAX_WBITS
"""How zlib names the formats."""

CODINGS = frozenset({"gzip", "x-gzip", "deflate"})
"""Content codings that are undone; a body in any other one reaches user code as it is."""

ABOUT_THE_ENCODED_BODY = frozenset({"content-encoding", "content-length"})


class BodyReader:
    """Reads the body of an answer from `host`.

    `limit` is in bytes and holds for what arrives and for what it is decoded to. Reading raises HttpError beyond it and
    for a body that cannot be decoded, TimeoutError at the deadline, and TooMuchAtOnce when `hold` takes no more of it.
    """

    def __init__(self, host: str, limit: int, deadline: Deadline, hold: Hold) -> None:
        self._host = host
        self._limit = limit
        self._deadline = deadline
        self._hold = hold

    def read(self, answer: IncomingAnswer) -> tuple[list[tuple[str, str]], bytes]:
        """The headers and the whole body. Where it was decoded, the headers about its encoded form are left out."""
        coding = (answer.header("content-encoding") or "").strip().lower()
        headers = list(answer.headers)
        chunks = self._limited(answer.chunks)
        if coding not in CODINGS:
            return headers, b"".join(self._held(chunks))
        try:
            body = b"".join(self._held(self._limited(decoded(chunks, coding))))
        except (zlib.error, EOFError) as error:
            raise HttpError(f"The {coding} body from {self._host} is damaged: {quoted(str(error))}.") from None
        if body:
            headers = [header for header in headers if header[0].lower() not in ABOUT_THE_ENCODED_BODY]
        return headers, body

    def _held(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._hold.add(2 * len(chunk))  # in pieces and as a whole
            yield chunk

    def _limited(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if size > self._limit:
                raise HttpError(f"The body from {self._host} is larger than {self._limit / MEGABYTE:.3g} MB.")
            if self._deadline.expired:
                raise TimeoutError
            yield chunk


def decoded(chunks: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """A compressed body decompressed, in pieces of at most PIECE_BYTES. No body at all stays none.

    Raises zlib.error for a damaged body and EOFError for one that ends too early.
    """
    if coding == "deflate":
        start, chunks = _peek(chunks, 2)
        window = ZLIB if _is_zlib_header(start) else RAW_DEFLATE
    else:
        window = GZIP
    inflater = None
    for data in chunks:
        pending = False  # zlib holds output that did not fit in the piece
        while data or pending:
            if inflater is None or inflater.eof:
                if inflater and not (window == GZIP and data.startswith(b"\x1f")):
                    return  # what follows the end is padding, unless it is a further gzip member
                inflater = zlib.decompressobj(window)
            piece = inflater.decompress(data, PIECE_BYTES)
            data = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            pending = len(piece) == PIECE_BYTES and not inflater.eof
            yield piece
    if inflater and not inflater.eof:
        raise EOFError("it ends too early")


def _peek(chunks: Iterable[bytes], size: int) -> tuple[bytes, Iterable[bytes]]:
    """The first bytes, at least `size` if there are so many, and the same chunks with them."""
    rest = iter(chunks)
    start = b""
    for chunk in rest:
        start += chunk
        if len(start) >= size:
            break
    return start, itertools.chain([start], rest)


def _is_zlib_header(start: bytes) -> bool:
    """`deflate` should mean the zlib format, but some servers send the bare stream (RFC 9110 section 8.4.1.2)."""
    return len(start) >= 2 and start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
