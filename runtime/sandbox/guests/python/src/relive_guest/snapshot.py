"""Makes the interpreter's memory ready to be the snapshot that every call starts from.

A call pays for each page of the snapshot that it changes: about three microseconds, and most of a call is that. What
is done here, and in `runtime/sandbox/immortal.py` when the guest is built, halves the number of those pages.
"""

import gc
import types
from typing import Any

HOLES = 50_000
LARGEST_HOLE = 1024 * 1024

BYTES_HEADER = 17 + 4
"""Bytes of memory that a `bytes` object takes beside its content: its own header, and the allocator's."""

SMALLEST_BYTES = 2
"""Shorter ones exist once and for all."""

_living = bytearray()
_fillings: list[object] = [None] * HOLES


def settle() -> None:
    """To be called last. What lives now lives for ever."""
    gc.collect()
    _note_living()
    gc.collect()
    _fill_holes()
    gc.freeze()  # a collection that looked at all of it would take a tenth of a second


def _note_living() -> None:
    """Leave a note for the build of where in memory objects live: a mark, a length, and a bit for every four bytes.

    The build makes them immortal, so that to use one does not change it: its count of references stays as it is.
    """
    objects: list[Any] = gc.get_objects()
    itself = id(objects)
    size = (max(map(id, objects)) + LARGEST_HOLE) // 32
    _living.extend(bytes(26 + size))
    # In parts, so that the whole mark is in memory once.
    _living[:11], _living[11:22] = b"relive-gues", b"t: living->"
    _living[22:26] = size.to_bytes(4, "little")
    while objects:
        one = objects.pop()
        place, bit = id(one) >> 5, 1 << (id(one) >> 2 & 7)
        if place >= size or _living[26 + place] & bit or id(one) == itself or isinstance(one, types.FrameType):
            continue
        _living[26 + place] |= bit
        objects.append(type(one))
        objects += gc.get_referents(one)
        if isinstance(one, types.CodeType):  # the collector does not look into code
            objects += (one.co_consts, one.co_names, one.co_name, one.co_qualname, one.co_filename, one.co_linetable)
            objects += (one.co_exceptiontable, *one.co_varnames, *one.co_cellvars, *one.co_freevars)


def _fill_holes() -> None:
    """Take what free memory there is between the objects, the largest pieces first.

    What a call allocates then lies side by side at the end, and not in holes all over the snapshot.
    """
    end = max(id(_living), *map(id, gc.get_objects()))
    filled = 0
    for size in (*(1 << power for power in range(20, 11, -1)), *range(2048, 31, -16), 0):
        content = max(size - BYTES_HEADER, SMALLEST_BYTES)
        while (filling := bytes(content) if size else object()) and id(filling) < end:
            _fillings[filled] = filling
            filled += 1
