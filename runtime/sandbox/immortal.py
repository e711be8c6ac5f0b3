"""Makes the objects in the snapshot of the Python guest immortal.

CPython counts the references to each object inside the object, so that merely to use one changes memory: a page of
its own for every call that does. An object whose count is above a limit is immortal, and its count is left alone
(PEP 683). The guest leaves a note of where its objects live (`relive_guest/snapshot.py`); here their counts are set.
"""

import struct
from collections.abc import Iterator

from runtime.sandbox.linking.binary import NotAsExpected
from runtime.sandbox.memory_image import MemoryImage

MARK = b"relive-guest: living->"

IMMORTAL = 5 << 28
IMMORTAL_FROM = 1 << 30
"""What CPython 3.14 sets and tests for where pointers have 32 bits (Include/refcount.h)."""

MOST_REFERENCES = 1 << 16
"""A higher count is none, but the address that the allocator leaves where an object was: no heap begins so low."""

FEWEST_OBJECTS = 10_000


def make_immortal(component: bytes) -> bytes:
    """The component with immortal objects. Raises NotAsExpected when it does not look as expected."""
    image = MemoryImage(component)
    mark = image.find(MARK)
    size = image.word(mark + len(MARK))
    living = image.read(mark + len(MARK) + 4, size)
    changed = 0
    for address in _addresses(living):
        offset = image.offset(address, 8)
        if offset is None:
            continue
        count, kind = struct.unpack_from("<II", image.component, offset)
        # The note is a moment older than the snapshot. What has gone since has no count, or no kind that lives.
        if 0 < count < MOST_REFERENCES and _is_noted(living, kind):
            struct.pack_into("<I", image.component, offset, IMMORTAL)
            changed += 1
    if changed < FEWEST_OBJECTS:
        raise NotAsExpected(f"Only {changed} objects of the guest could be made immortal.")
    return bytes(image.component)


def _addresses(living: bytes) -> Iterator[int]:
    for place, byte in enumerate(living):
        if byte:
            for bit in range(8):
                if byte >> bit & 1:
                    yield (place * 8 + bit) * 4


def _is_noted(living: bytes, address: int) -> bool:
    place = address >> 5
    return address % 4 == 0 and place < len(living) and bool(living[place] >> (address >> 2 & 7) & 1)
