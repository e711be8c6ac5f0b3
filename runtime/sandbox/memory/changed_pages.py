"""Which pages of a private mapping of a file are no longer those of the file, as the kernel knows it."""

import os
import re
import resource
from collections.abc import Iterator

from runtime.sandbox.lockdown.libc import prctl
from runtime.sandbox.memory.mapping import PAGE

PR_GET_DUMPABLE, PR_SET_DUMPABLE = 3, 4

ENTRY_BYTES = 8
"""Of /proc/PID/pagemap, for each page."""

CHANGED = re.compile(rb"[\x40-\x9f\xc0-\xff]+")
"""By the highest byte of an entry (Linux: admin-guide/mm/pagemap): bit 63 says that the page is there, 62 that it is
swapped out, 61 that it is one of the file. A page is changed if it is there and not of the file, or swapped out."""

Runs = list[tuple[int, int]]
"""The numbers of the first page and of the one behind the last, of each run of changed pages."""


class ChangedPages:
    """Looks at the pages of this process. `descriptor` is its /proc/self/pagemap, which nobody else's can be."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def runs(self, address: int, size: int) -> Runs:
        """Those among the pages from an address on. Raises OSError."""
        entries = os.pread(self._descriptor, size // PAGE * ENTRY_BYTES, address // PAGE * ENTRY_BYTES)
        if len(entries) != size // PAGE * ENTRY_BYTES:
            raise OSError("The kernel did not tell of all pages.")
        return list(_runs(entries[ENTRY_BYTES - 1 :: ENTRY_BYTES]))


def faults() -> int:
    """How often the kernel had to give this process a page so far (getrusage(2)).

    While that stays the same, no further pages have changed: the first write to a page of the file is always a fault.
    """
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_minflt + usage.ru_majflt


def open_proc() -> int | None:
    """A descriptor of /proc, for `open_changed_pages` to use when the root is another one; None where it is not."""
    try:
        return os.open("/proc", os.O_PATH | os.O_DIRECTORY) if os.path.exists("/proc/self/pagemap") else None
    except OSError:
        return None


def open_changed_pages(proc: int | None) -> ChangedPages | None:
    """Those of this process, or None where they cannot be known. Closes the descriptor of /proc.

    The kernel lets a process look at itself, unless it hides from others of its user; then it shows itself for this
    moment.
    """
    if proc is None:
        return None
    try:
        shown = prctl(PR_GET_DUMPABLE)
        prctl(PR_SET_DUMPABLE, 1)
        try:
            return ChangedPages(os.open("self/pagemap", os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc))
        finally:
            prctl(PR_SET_DUMPABLE, shown)
    except OSError:
        return None
    finally:
        os.close(proc)


def _runs(highest_bytes: bytes) -> Iterator[tuple[int, int]]:
    return (found.span() for found in CHANGED.finditer(highest_bytes))
