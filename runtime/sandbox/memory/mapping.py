"""What Python's own module cannot do of mmap(2): mappings at a place of one's choice, and over parts of others."""

import ctypes
import mmap
import os
from functools import cache

MAP_FIXED = 0x10
"""The same on Linux and macOS; Python has no name for it."""

MAP_NORESERVE = getattr(mmap, "MAP_NORESERVE", 0)

PAGE = mmap.PAGESIZE


def reserve(size: int, at: int | None = None) -> int:
    """Take addresses that nothing can be read from or written to, and that hold nothing. Raises OSError."""
    return _map(at, size, 0, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_NORESERVE, -1)


def map_file(descriptor: int, size: int, at: int | None = None, *, writable: bool = False) -> int:
    """Map a file from its beginning; what is written stays in this mapping. Raises OSError."""
    access = mmap.PROT_READ | mmap.PROT_WRITE if writable else mmap.PROT_READ
    return _map(at, size, access, mmap.MAP_PRIVATE, descriptor)


def open_up(address: int, size: int) -> None:
    """Let addresses that were reserved be read and written. Raises OSError."""
    _check(_library().mprotect(address, size, mmap.PROT_READ | mmap.PROT_WRITE))


def unmap(address: int, size: int) -> None:
    """Raises OSError."""
    _check(_library().munmap(address, size))


def view(address: int, size: int) -> memoryview:
    """The bytes that are mapped there, to be read and written as far as that is allowed, and only while they are."""
    return memoryview((ctypes.c_char * size).from_address(address)).cast("B")


def _map(at: int | None, size: int, access: int, flags: int, descriptor: int) -> int:
    address: int = _library().mmap(at, size, access, flags if at is None else flags | MAP_FIXED, descriptor, 0)
    _check(-1 if address == ctypes.c_void_p(-1).value else 0)
    return address


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.mmap.restype = ctypes.c_void_p
    library.mmap.argtypes = (
        ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long
    )  # fmt: skip
    library.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
    library.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return library
