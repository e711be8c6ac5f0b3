"""Size and time limits against peers that do not play fair."""

import gzip
import random
import socket
import struct
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.cloudcode.outgoing.body import PIECE_BYTES, decoded
from runtime.cloudcode.outgoing.errors import HttpError, HttpTimeout
from runtime.settings import MEGABYTE
from tests.cloudcode.outgoing.calling import Caller, standing_in
from tests.cloudcode.outgoing.scripted_peer import Peer, http_answer

pytestmark = pytest.mark.slow

URL = "http://api.example.com/"


def drip_head(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    _drip(connection, b"x: y\r\n")


def drip_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    _drip(connection, b".")


def drip_interim_answers(connection: socket.socket) -> None:
    _drip(connection, b"HTTP/1.1 100 Continue\r\n\r\n")


def silence(connection: socket.socket) -> None:
    connection.recv(1)  # until the caller hangs up


def read_slowly(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    while connection.recv(1024):
        time.sleep(0.05)


read_slowly.before_body = True  # type: ignore[attr-defined]


def endless_empty_gzip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n")
    member = gzip.compress(b"") * 1000
    while True:
        connection.sendall(member)


def _drip(connection: socket.socket, data: bytes) -> None:
    while True:
        connection.sendall(data)
        time.sleep(0.05)


SLOW = [
    ("silence", silence, b""),
    ("head-in-drips", drip_head, b""),
    ("body-in-drips", drip_body, b""),
    ("interim-answers-for-ever", drip_interim_answers, b""),
    ("request-read-slowly", read_slowly, b"x" * 5 * MEGABYTE),
]


@pytest.mark.parametrize(("script", "body"), [case[1:] for case in SLOW], ids=[case[0] for case in SLOW])
def test_the_time_limit_is_for_everything(
    caller: Caller, start_peer: Callable[..., Peer], script: Any, body: bytes
) -> None:
    caller.settings = standing_in(start_peer({"/": script}), "http://api.example.com")
    started = time.monotonic()
    with pytest.raises(HttpTimeout) as raised:
        caller.request("POST", URL, body=body, timeout=0.5)
    assert str(raised.value) == "api.example.com did not answer in full within 0.5 seconds."
    assert time.monotonic() - started < 15


LIMITS = [
    ("setting", {"http_timeout_seconds": 0.3}, 60, None),
    ("budget", {}, 0.3, None),
    ("budget-below-timeout", {}, 0.3, 30),
    ("budget-used-up", {}, 0, None),
]


@pytest.mark.parametrize(
    ("settings", "budget_seconds", "timeout"), [case[1:] for case in LIMITS], ids=[case[0] for case in LIMITS]
)
def test_where_the_time_limit_comes_from(
    caller: Caller, start_peer: Callable[..., Peer], settings: dict[str, Any], budget_seconds: float, timeout: Any
) -> None:
    caller.settings = {**standing_in(start_peer({"/": silence}), "http://api.example.com"), **settings}
    caller.budget_seconds = budget_seconds
    started = time.monotonic()
    with pytest.raises(HttpTimeout):
        caller.get(URL, timeout=timeout)
    assert time.monotonic() - started < 15


def test_the_time_limit_covers_the_redirects(caller: Caller, start_peer: Callable[..., Peer]) -> None:
    def slow_redirect(connection: socket.socket) -> None:
        time.sleep(0.2)
        connection.sendall(http_answer(302, location="/"))

    peer = start_peer({"/": slow_redirect})
    caller.settings = standing_in(peer, "http://api.example.com")
    with pytest.raises(HttpTimeout):
        caller.get(URL, timeout=0.5)
    assert len(peer.received) < 5


def _raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


ONE_MB = {"http_body_mb": 1}
NOISE = random.Random(1).randbytes(MEGABYTE)
ZEROS = bytes(20 * MEGABYTE)


def endless_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(NOISE)


def endless_chunks(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"10000\r\n" + NOISE[:65536] + b"\r\n")


TOO_LARGE = [
    ("one-byte-more", http_answer(body=NOISE + b".")),
    ("endless", endless_body),
    ("endless-chunks", endless_chunks),
    ("gzip-bomb", http_answer(body=gzip.compress(ZEROS), content_encoding="gzip")),
    ("deflate-bomb", http_answer(body=zlib.compress(ZEROS), content_encoding="deflate")),
    ("raw-deflate-bomb", http_answer(body=_raw_deflate(ZEROS), content_encoding="deflate")),
    ("gzip-of-nothing-for-ever", endless_empty_gzip),
    ("many-small-members", http_answer(body=gzip.compress(bytes(1000)) * 2000, content_encoding="gzip")),
]


@pytest.mark.parametrize("script", [case[1] for case in TOO_LARGE], ids=[case[0] for case in TOO_LARGE])
def test_body_that_is_too_large(caller: Caller, start_peer: Callable[..., Peer], script: Any) -> None:
    caller.settings = {**standing_in(start_peer({"/": script}), "http://api.example.com"), **ONE_MB}
    tracemalloc.start()
    try:
        with pytest.raises(HttpError) as raised:
            caller.get(URL)
        most_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert str(raised.value) == "The body from api.example.com is larger than 1 MB."
    assert most_bytes < 16 * MEGABYTE


def test_the_other_side_is_hung_up_on(caller: Caller, start_peer: Callable[..., Peer]) -> None:
    ended = threading.Event()

    def until_it_breaks(connection: socket.socket) -> None:
        try:
            endless_body(connection)
        except OSError:
            ended.set()

    caller.settings = {**standing_in(start_peer({"/": until_it_breaks}), "http://api.example.com"), **ONE_MB}
    with pytest.raises(HttpError):
        caller.get(URL)
    assert ended.wait(20)


WITHIN = [
    ("exactly-the-limit", http_answer(body=NOISE), NOISE),
    ("gzip", http_answer(body=gzip.compress(b"text"), content_encoding="gzip"), b"text"),
    ("gzip-upper-case", http_answer(body=gzip.compress(b"text"), content_encoding="GZIP"), b"text"),
    ("x-gzip", http_answer(body=gzip.compress(b"text"), content_encoding="x-gzip"), b"text"),
    ("two-members", http_answer(body=gzip.compress(b"a") + gzip.compress(b"b"), content_encoding="gzip"), b"ab"),
    ("padded", http_answer(body=gzip.compress(b"text") + bytes(9), content_encoding="gzip"), b"text"),
    ("deflate", http_answer(body=zlib.compress(b"text"), content_encoding="deflate"), b"text"),
    ("raw-deflate", http_answer(body=_raw_deflate(b"text"), content_encoding="deflate"), b"text"),
    ("gzip-of-nothing", http_answer(body=gzip.compress(b""), content_encoding="gzip"), b""),
    ("nothing-called-gzip", http_answer(content_encoding="gzip"), b""),
    ("no-content", http_answer(204, content_encoding="gzip"), b""),
    ("unknown-coding", http_answer(body=b"\x0b\x02", content_encoding="br"), b"\x0b\x02"),
    ("until-closed", b"HTTP/1.1 200 OK\r\n\r\ntext", b"text"),
]


@pytest.mark.parametrize(("script", "body"), [case[1:] for case in WITHIN], ids=[case[0] for case in WITHIN])
def test_body_within_the_limit(caller: Caller, start_peer: Callable[..., Peer], script: Any, body: bytes) -> None:
    caller.settings = {**standing_in(start_peer({"/": script}), "http://api.example.com"), **ONE_MB}
    assert caller.get(URL)["body"] == body


def test_headers_about_the_encoded_body_go_with_the_encoding(caller: Caller, start_peer: Callable[..., Peer]) -> None:
    peer = start_peer({"/": http_answer(body=gzip.compress(b"text"), content_encoding="gzip", etag="1")})
    caller.settings = standing_in(peer, "http://api.example.com")
    assert caller.get(URL)["headers"] == [["etag", "1"]]


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


BROKEN = [
    ("reset", reset, "The connection to api.example.com broke: Connection reset by peer."),
    ("no-answer", lambda connection: None, "api.example.com gave no valid HTTP answer: 'Server disconnected"),
    ("not-http", b"SSH-2.0-OpenSSH_9.6\r\n", "api.example.com gave no valid HTTP answer"),
    ("cut-off", b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfour", "gave no valid HTTP answer: 'peer closed"),
    ("endless-head", b"HTTP/1.1 200 OK\r\nx: " + b"y" * MEGABYTE, "api.example.com gave no valid HTTP answer"),
    ("damaged-gzip", http_answer(body=b"\x1f\x8b nonsense", content_encoding="gzip"), "The gzip body from"),
    ("cut-off-gzip", http_answer(body=gzip.compress(NOISE)[:999], content_encoding="gzip"), "it ends too early"),
    ("damaged-deflate", http_answer(body=b"\xff\xff\xff", content_encoding="deflate"), "The deflate body from"),
]


@pytest.mark.parametrize(("script", "message"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_broken_answer(caller: Caller, start_peer: Callable[..., Peer], script: Any, message: str) -> None:
    caller.settings = standing_in(start_peer({"/": script}), "http://api.example.com")
    with pytest.raises(HttpError) as raised:
        caller.get(URL)
    assert message in str(raised.value)
    assert type(raised.value) is HttpError


def test_an_answer_before_the_whole_request_was_read_counts(caller: Caller, start_peer: Callable[..., Peer]) -> None:
    def refuse_early(connection: socket.socket) -> None:
        connection.sendall(http_answer(413, b"too large"))
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    refuse_early.before_body = True  # type: ignore[attr-defined]
    caller.settings = standing_in(start_peer({"/": refuse_early}), "http://api.example.com")
    answer = caller.request("POST", URL, body=bytes(5 * MEGABYTE))
    assert (answer["status"], answer["body"]) == (413, b"too large")


def test_output_that_waits_in_the_decompressor_is_not_lost() -> None:
    for size in range(PIECE_BYTES - 10, PIECE_BYTES + 600):
        assert sum(len(piece) for piece in decoded([_raw_deflate(bytes(size))], "deflate")) == size


@given(st.binary(max_size=300), st.sampled_from(["gzip", "zlib", "raw"]), st.lists(st.integers(1, 40)), st.booleans())
def test_any_body_in_any_chunks_is_decoded(body: bytes, form: str, sizes: list[int], repeated: bool) -> None:
    body = body * 2000 if repeated else body
    compressed = {"gzip": gzip.compress, "zlib": zlib.compress, "raw": _raw_deflate}[form](body)
    chunks = []
    for size in sizes:
        chunks.append(compressed[:size])
        compressed = compressed[size:]
    assert b"".join(decoded([*chunks, compressed], "gzip" if form == "gzip" else "deflate")) == body
