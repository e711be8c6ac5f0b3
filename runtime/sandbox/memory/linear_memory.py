"""The memory of one guest after the other: each finds the image of the beginning, whatever those before have done."""

import os
from pathlib import Path

from runtime.sandbox.memory.changed_pages import ChangedPages, faults
from runtime.sandbox.memory.mapping import PAGE, map_file, open_up, reserve, unmap, view

KEPT_PAGES = 1024
"""4 MB. Where more pages were changed, all of them are given back to the kernel: an idle runner is to be small."""


class MemoryImage:
    """What every memory begins as: a file, which is mapped. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.size = os.fstat(self.descriptor).st_size
        self.address = map_file(self.descriptor, self.size)


class LinearMemory:
    """A private copy of the image, with room to grow and a guard behind it. Raises OSError.

    `address` is where it begins, `size` how much of it may be used now, and `reserved` how much it could ever be; all
    in bytes. The engine leaves checks out of machine code where a wrong address can only hit what is reserved or the
    guard, so nothing else ever lies there.
    """

    def __init__(self, image: MemoryImage, reserved: int, guard: int) -> None:
        self._image = image
        self._whole = reserved + guard
        self.reserved = reserved
        self.address = reserve(self._whole)
        self.size = image.size
        # Pages that are known to be changed, each run of them with the same run of the image, and at how many faults.
        self._changed: list[tuple[memoryview, memoryview]] | None = []
        self._faults = 0
        self._begin_anew()

    def grow(self, size: int) -> None:
        """What is new is zero. Raises OSError."""
        if not self.size <= size <= self.reserved:
            raise OSError("no memory can be so large")
        open_up(self.address + self.size, size - self.size)
        self.size = size

    def restore(self, changed: ChangedPages | None) -> None:
        """Make it what it was in the beginning, so that no byte of its last user is left. Raises OSError.

        Pages that were changed get the bytes of the image again and stay where they are: the next user, who needs the
        same ones, finds them without the kernel's help. Where the kernel does not tell which they are, all are given
        back.
        """
        self._shrink()
        if self._changed is None or faults() != self._faults:
            self._changed = self._changes(changed)
        if self._changed is None:
            self._begin_anew()
            return
        for changed_pages, pages in self._changed:
            changed_pages[:] = pages
        self._faults = faults()

    def close(self) -> None:
        unmap(self.address, self._whole)

    def _changes(self, changed: ChangedPages | None) -> list[tuple[memoryview, memoryview]] | None:
        """None if they are not known, or too many to be kept."""
        runs = changed.runs(self.address, self._image.size) if changed else None
        if runs is None or sum(end - start for start, end in runs) > KEPT_PAGES:
            return None
        return [
            (view(self.address + start * PAGE, size), view(self._image.address + start * PAGE, size))
            for start, size in ((start, (end - start) * PAGE) for start, end in runs)
        ]

    def _begin_anew(self) -> None:
        map_file(self._image.descriptor, self._image.size, self.address, writable=True)
        self._changed = []
        self._faults = faults()

    def _shrink(self) -> None:
        if self.size > self._image.size:
            reserve(self.size - self._image.size, self.address + self._image.size)
            self.size = self._image.size
