"""Calls of the C library and of the kernel that Python has no function for."""

import ctypes
import os
import sys
from functools import cache
from typing import Any

from runtime.sandbox.lockdown.layers import NotAvailable


def call(name: str, *arguments: Any) -> int:
    """Call a function of the C library. Raises OSError, or NotAvailable where it does not exist."""
    function = getattr(_library(), name, None)
    if function is None:
        raise NotAvailable(f"the C library has no {name}")
    return _checked(function(*map(_argument, arguments)))


def prctl(option: int, *arguments: int) -> int:
    """Raises OSError. All five arguments are given, since the kernel refuses some options with leftovers in them."""
    return call("prctl", option, *arguments, *[0] * (4 - len(arguments)))


def syscall(number: int, *arguments: Any) -> int:
    """Call the kernel by number. Raises OSError."""
    return call("syscall", number, *arguments)


def require_linux() -> None:
    """Raises NotAvailable elsewhere."""
    if sys.platform != "linux":
        raise NotAvailable("it needs Linux")


@cache
def _library() -> ctypes.CDLL:
    require_linux()
    return ctypes.CDLL(None, use_errno=True)


def _argument(value: Any) -> Any:
    """The kernel reads whole registers: a plain int would be passed as one half of one."""
    return ctypes.c_long(value) if isinstance(value, int) else value


def _checked(result: int) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
