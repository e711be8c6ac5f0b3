"""Limits and rights that a server process gets or loses, before its start or while it runs."""

import ctypes
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.server import Server

PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
"""prctl(2), capabilities(7)."""


@contextmanager
def limited(server: Server, kind: int, value: int) -> Iterator[None]:
    """A soft limit for the server process alone, while it runs (prlimit(2))."""
    before = resource.prlimit(server.pid, kind)
    resource.prlimit(server.pid, kind, (value, before[1]))
    try:
        yield
    finally:
        resource.prlimit(server.pid, kind, before)


def bound_by_permissions() -> None:
    """Before exec: file permissions bind this process, even if it is root's."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
                raise OSError(ctypes.get_errno(), "a capability cannot be given up")


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """No permission to write to a folder and the files in it."""
    files = list(folder.iterdir())
    for file in files:
        file.chmod(0o400)
    folder.chmod(0o500)
    try:
        yield
    finally:
        folder.chmod(0o700)
        for file in files:
            file.chmod(0o600)


def address_space(server: Server) -> int:
    """Bytes of virtual memory that the server process has (proc(5))."""
    return int(Path(f"/proc/{server.pid}/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
