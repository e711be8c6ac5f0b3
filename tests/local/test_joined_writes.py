"""How many pieces an answer is sent in."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import cast

import pytest
import uvloop

from runtime.local.joined_writes import JoinedWrites
from tests.local.serving import answer, running

Scenario = Callable[[JoinedWrites], Awaitable[None]]


async def in_one_turn(writes: JoinedWrites) -> None:
    writes.write(b"head ")
    writes.writelines([b"and ", b"body"])


async def in_two_turns(writes: JoinedWrites) -> None:
    writes.write(b"head ")
    await asyncio.sleep(0)
    writes.write(b"and body")


async def flushed_between(writes: JoinedWrites) -> None:
    writes.write(b"head ")
    writes.flush()
    writes.write(b"and body")


async def closed_at_once(writes: JoinedWrites) -> None:
    writes.write(b"head ")
    writes.write(b"and body")
    writes.close()


async def ended_at_once(writes: JoinedWrites) -> None:
    writes.write(b"head and body")
    writes.write_eof()


async def written_after_the_end(writes: JoinedWrites) -> None:
    writes.write(b"head and body")
    writes.close()
    writes.write(b" and more")


async def aborted(writes: JoinedWrites) -> None:
    writes.write(b"head")
    assert writes.get_write_buffer_size() == 4
    writes.abort()


@pytest.mark.parametrize(
    ("scenario", "pieces", "received"),
    [
        (in_one_turn, 1, b"head and body"),
        (in_two_turns, 2, b"head and body"),
        (flushed_between, 2, b"head and body"),
        (closed_at_once, 1, b"head and body"),
        (ended_at_once, 1, b"head and body"),
        (written_after_the_end, 1, b"head and body"),
        (aborted, 0, b""),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_pieces(scenario: Scenario, pieces: int, received: bytes) -> None:
    """A datagram for each write, so that they can be counted at the other end."""

    async def run() -> tuple[int, bytes]:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        theirs.setblocking(False)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_accepted_socket(asyncio.Protocol, _as_stream(ours))
        writes = JoinedWrites(cast(asyncio.Transport, transport), loop)
        await scenario(writes)
        await asyncio.sleep(0.01)
        found = []
        while True:
            try:
                piece = theirs.recv(1000)
            except BlockingIOError:
                break
            if not piece:
                break
            found.append(piece)
        transport.abort()
        theirs.close()
        return len(found), b"".join(found)

    assert uvloop.run(run()) == (pieces, received)


def test_an_answer_is_sent_in_one_piece() -> None:
    with (
        running(lambda event, request_id, waited: answer("x" * 10_000)) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=30) as client,
    ):
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(1 << 20).endswith(b'x"')


def _as_stream(sequence: socket.socket) -> socket.socket:
    """What the event loop takes for a stream."""
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=sequence.detach())
