"""The initial memory of a compiled program inside a WebAssembly component: to be read, changed and taken out."""

import bisect
from collections.abc import Iterator
from dataclasses import dataclass

from runtime.sandbox.linking.binary import PREAMBLE, NotAsExpected, Reader, section, sections
from runtime.sandbox.linking.component import CORE_MODULE
from runtime.sandbox.linking.module import DATA, DATA_COUNT, END, I32_CONST, MEMORY

WASM_PAGE = 65_536

ACTIVE = 0
"""The kind of data that is put into the first memory (WebAssembly, binary format)."""


@dataclass(frozen=True)
class _Segment:
    """`size` bytes from `address` in memory, found at `offset` in the component."""

    address: int
    size: int
    offset: int


def take_out(component: bytes) -> tuple[bytes, bytes]:
    """The component without its data, and the memory that it begins with. Raises NotAsExpected."""
    image = MemoryImage(component)
    rest = bytearray(component[:PREAMBLE])
    sizes: list[int] = []
    for identifier, start, end in sections(component, PREAMBLE, len(component)):
        content = component[start:end]
        if identifier == CORE_MODULE:
            if not sizes:
                content = content[:PREAMBLE] + b"".join(
                    section(inner, component[begin:stop])
                    for inner, begin, stop in sections(component, start + PREAMBLE, end)
                    if inner != DATA
                )
            sizes += _memories(component, start, end)
        rest += section(identifier, content)
    if len(sizes) != 1:
        raise NotAsExpected(f"The component has {len(sizes)} memories instead of one.")
    return bytes(rest), image.read(0, sizes[0] * WASM_PAGE)


def _memories(component: bytes, start: int, end: int) -> Iterator[int]:
    """How many pages each memory of a module has at first."""
    for inner, begin, _ in sections(component, start + PREAMBLE, end):
        if inner == DATA_COUNT:
            raise NotAsExpected("The component reads its data when it runs.")
        if inner == MEMORY:
            reader = Reader(component, begin)
            for _ in range(reader.number()):
                limited = reader.byte() & 1
                yield reader.number()
                if limited:
                    reader.number()


class MemoryImage:
    """The data of the component's first module, which is the one with the memory. Raises NotAsExpected."""

    def __init__(self, component: bytes) -> None:
        self.component = bytearray(component)
        self._segments = sorted(self._find_segments(), key=lambda segment: segment.address)
        self._addresses = [segment.address for segment in self._segments]
        if not self._segments:
            raise NotAsExpected("The component's first module has no data.")

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
        """The address of some bytes that are there once. Raises NotAsExpected."""
        places = [segment.address + at for segment in self._segments for at in self._places_in(segment, mark)]
        if len(places) != 1:
            raise NotAsExpected(f"{mark!r} is {len(places)} times in the memory of the component, instead of once.")
        return places[0]

    def _places_in(self, segment: _Segment, mark: bytes) -> Iterator[int]:
        at = self.component.find(mark, segment.offset, segment.offset + segment.size)
        while at >= 0:
            yield at - segment.offset
            at = self.component.find(mark, at + 1, segment.offset + segment.size)

    def _find_segments(self) -> Iterator[_Segment]:
        for identifier, start, end in sections(self.component, PREAMBLE, len(self.component)):
            if identifier == CORE_MODULE:
                for inner, begin, _ in sections(self.component, start + PREAMBLE, end):
                    if inner == DATA:
                        yield from self._segments_at(begin)
                return

    def _segments_at(self, at: int) -> Iterator[_Segment]:
        reader = Reader(self.component, at)
        for _ in range(reader.number()):
            if reader.take(2) != bytes((ACTIVE, I32_CONST)):
                raise NotAsExpected("A piece of the component's data has no fixed address.")
            address = reader.number(signed=True)
            if reader.byte() != END:
                raise NotAsExpected("A piece of the component's data has no fixed address.")
            size = reader.number()
            yield _Segment(address % 2**32, size, reader.at)
            reader.at += size
