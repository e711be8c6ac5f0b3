"""The initial memory of a compiled program inside a WebAssembly component, to be read and changed."""

import bisect
from collections.abc import Iterator
from dataclasses import dataclass

PREAMBLE = 8
CORE_MODULE = 1
"""The section of a component that holds a module (component model, binary format)."""

DATA = 11
"""The section of a module that holds the initial content of its memory (WebAssembly, binary format)."""

I32_CONST, END = 0x41, 0x0B


class NoMemoryImage(Exception):
    """The component is not built the way this expects."""


@dataclass(frozen=True)
class _Segment:
    """`size` bytes from `address` in memory, found at `offset` in the component."""

    address: int
    size: int
    offset: int


class MemoryImage:
    """The data of the component's first module, which is the one with the memory. Raises NoMemoryImage."""

    def __init__(self, component: bytes) -> None:
        self.component = bytearray(component)
        self._segments = sorted(self._find_segments(), key=lambda segment: segment.address)
        self._addresses = [segment.address for segment in self._segments]
        if not self._segments:
            raise NoMemoryImage("The component's first module has no data.")

    def offset(self, address: int, size: int) -> int | None:
        """Where in the component `size` bytes of memory are; None if some are left out, because they are zero."""
        segment = self._segments[bisect.bisect_right(self._addresses, address) - 1]
        if not segment.address <= address <= segment.address + segment.size - size:
            return None
        return segment.offset + address - segment.address

    def word(self, address: int) -> int:
        """The four bytes at an address, as a number."""
        return int.from_bytes(self.read(address, 4), "little")

    def read(self, address: int, size: int) -> bytes:
        """What memory holds from an address on, zeros included."""
        found = bytearray(size)
        for segment in self._segments:
            start, end = max(segment.address, address), min(segment.address + segment.size, address + size)
            if start < end:
                offset = segment.offset + start - segment.address
                found[start - address : end - address] = self.component[offset : offset + end - start]
        return bytes(found)

    def find(self, mark: bytes) -> int:
        """The address of some bytes that are there once. Raises NoMemoryImage."""
        places = [segment.address + at for segment in self._segments for at in self._places_in(segment, mark)]
        if len(places) != 1:
            raise NoMemoryImage(f"{mark!r} is {len(places)} times in the memory of the component, instead of once.")
        return places[0]

    def _places_in(self, segment: _Segment, mark: bytes) -> Iterator[int]:
        at = self.component.find(mark, segment.offset, segment.offset + segment.size)
        while at >= 0:
            yield at - segment.offset
            at = self.component.find(mark, at + 1, segment.offset + segment.size)

    def _find_segments(self) -> Iterator[_Segment]:
        for identifier, start, end in self._sections(PREAMBLE, len(self.component)):
            if identifier == CORE_MODULE:
                for inner, begin, _ in self._sections(start + PREAMBLE, end):
                    if inner == DATA:
                        yield from self._segments_at(begin)
                return

    def _sections(self, at: int, end: int) -> Iterator[tuple[int, int, int]]:
        while at < end:
            identifier = self.component[at]
            size, start = self._number(at + 1)
            yield identifier, start, start + size
            at = start + size

    def _segments_at(self, at: int) -> Iterator[_Segment]:
        count, at = self._number(at)
        for _ in range(count):
            if tuple(self.component[at : at + 2]) != (0, I32_CONST):
                raise NoMemoryImage("A piece of the component's data has no fixed address.")
            address, at = self._number(at + 2, signed=True)
            if self.component[at] != END:
                raise NoMemoryImage("A piece of the component's data has no fixed address.")
            size, at = self._number(at + 1)
            yield _Segment(address % 2**32, size, at)
            at += size

    def _number(self, at: int, *, signed: bool = False) -> tuple[int, int]:
        """A number in the LEB128 form, and where it ends."""
        number = shift = 0
        while True:
            byte = self.component[at]
            at += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return (number - (1 << shift) if signed and byte & 0x40 else number), at
