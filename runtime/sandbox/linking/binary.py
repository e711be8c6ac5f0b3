"""What the binary formats of WebAssembly modules and components share: numbers, names, vectors and sections."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

PREAMBLE = 8
"""Bytes before the first section: a magic number and the version."""

Item = TypeVar("Item")


class NotAsExpected(Exception):
    """The component is not built the way this can work with."""


class Reader:
    """Reads from `content`, from `at` on. Raises NotAsExpected where the content ends too early."""

    def __init__(self, content: bytes | bytearray, at: int = 0) -> None:
        self.content = content
        self.at = at

    def byte(self) -> int:
        return self.take(1)[0]

    def take(self, size: int) -> bytes:
        if self.at + size > len(self.content):
            raise NotAsExpected("The component ends in the middle of something.")
        self.at += size
        return bytes(self.content[self.at - size : self.at])

    def number(self, *, signed: bool = False) -> int:
        """A number in the LEB128 form."""
        number = shift = 0
        while True:
            byte = self.byte()
            number |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return number - (1 << shift) if signed and byte & 0x40 else number

    def name(self) -> str:
        return self.take(self.number()).decode()

    def vector(self, read: Callable[[], Item]) -> list[Item]:
        return [read() for _ in range(self.number())]

    def since(self, start: int) -> bytes:
        """What was read from `start` on."""
        return bytes(self.content[start : self.at])


def sections(content: bytes | bytearray, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The sections between two places: what each is, and where its content begins and ends."""
    reader = Reader(content, start)
    while reader.at < end:
        identifier, size = reader.byte(), reader.number()
        yield identifier, reader.at, reader.at + size
        reader.at += size


def number(value: int) -> bytes:
    """A number that is not negative, in the LEB128 form."""
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def signed_number(value: int) -> bytes:
    """Any whole number, in the signed LEB128 form."""
    written = bytearray()
    while not -64 <= value < 64:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value & 0x7F)
    return bytes(written)


def name(text: str) -> bytes:
    content = text.encode()
    return number(len(content)) + content


def vector(items: Sequence[bytes]) -> bytes:
    return number(len(items)) + b"".join(items)


def section(identifier: int, content: bytes) -> bytes:
    return bytes((identifier,)) + number(len(content)) + content
