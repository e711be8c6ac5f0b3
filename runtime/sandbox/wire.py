"""The messages between this process and a runner: a header, then a text of the length it gives.

The header is the length of the text in bytes, the kind of message, and a number: of a host call for START and REPLY.
"""

import os
import struct
from dataclasses import dataclass
from enum import IntEnum

HEADER = struct.Struct("!IBI")
LONGEST_MESSAGE = 64 * 1024 * 1024
LONGEST_FROM_RUNNER = 16 * 1024 * 1024
"""In bytes. Well above what any honest message holds: a body of 6 MB takes 8 as base64."""


class Kind(IntEnum):
    # to the runner
    DEFINE = 1  # number: seconds until the runner ends itself if nobody else does; text: the code
    HANDLE = 2  # number: the same; text: the event
    REPLY = 3
    PREPARE = 4  # like DEFINE, before a call wants it
    # from the runner
    READY = 16  # number: 1 if all is well; text: the layers of the lock-down then, otherwise what went wrong
    DEFINED = 17  # text: why the definition failed, empty when it did not
    START = 18  # text: the capability, a line feed, its arguments
    LOG = 19
    ENDED = 20  # text: the guest's answer
    TRAPPED = 21  # text: why the engine stopped the guest


@dataclass(frozen=True)
class Message:
    kind: Kind
    number: int = 0
    text: str = ""


class BrokenWire(Exception):
    """The other side has gone, or has sent what is no message."""


def encode(message: Message) -> bytes:
    text = message.text.encode()
    return HEADER.pack(len(text), message.kind, message.number) + text


def decode_header(header: bytes, longest: int = LONGEST_MESSAGE) -> tuple[int, Kind, int]:
    """Length of the text, kind and number. Raises BrokenWire."""
    length, kind, number = HEADER.unpack(header)
    if length > longest:
        raise BrokenWire(f"a message of {length} bytes was announced")
    try:
        return length, Kind(kind), number
    except ValueError:
        raise BrokenWire(f"{kind} is no kind of message") from None


def decode_text(text: bytes) -> str:
    """Raises BrokenWire for what is not UTF-8."""
    try:
        return text.decode()
    except UnicodeDecodeError as exception:
        raise BrokenWire(f"a message is not UTF-8: {exception.reason}") from None


def read_blocking(descriptor: int) -> Message:
    """The next message from a pipe. Raises BrokenWire when the other side has gone."""
    length, kind, number = decode_header(_read_exactly(descriptor, HEADER.size))
    return Message(kind, number, decode_text(_read_exactly(descriptor, length)))


def write_blocking(descriptor: int, message: Message) -> None:
    """Raises BrokenWire when the other side has gone."""
    rest = memoryview(encode(message))
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError as exception:
        raise BrokenWire(str(exception)) from None


def _read_exactly(descriptor: int, size: int) -> bytes:
    chunks = []
    while size:
        chunk = os.read(descriptor, min(size, 1 << 20))
        if not chunk:
            raise BrokenWire("the other side has gone")
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)
