"""Landlock: no file, no folder, no TCP port, and no signal to any process but itself (landlock(7))."""

import ctypes
import os

from runtime.sandbox.lockdown.layers import NotAvailable
from runtime.sandbox.lockdown.libc import syscall

CREATE_RULESET = 444
RESTRICT_SELF = 446
ASK_FOR_VERSION = 1

FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many rights on files each version of Landlock knows: bits from the lowest on. 4, 6 and 7 added none."""

TCP_RIGHTS = 0b11
"""To bind and to connect, from version 4 on."""

SCOPES = 0b11
"""Abstract Unix sockets and signals stay inside, from version 6 on."""


class Landlock:
    """A rule set without rules, in which everything that is known is handled: so all of it is refused.

    Made once; each runner that applies it gets a domain of its own, and so cannot reach the others either. Raises
    NotAvailable, or OSError.
    """

    def __init__(self) -> None:
        self.version = _version()
        files = max(bits for version, bits in FILE_RIGHTS.items() if version <= self.version)
        handled = [(1 << files) - 1]
        if self.version >= 4:
            handled.append(TCP_RIGHTS)
        if self.version >= 6:
            handled.append(SCOPES)
        attributes = (ctypes.c_uint64 * len(handled))(*handled)
        self._descriptor = syscall(CREATE_RULESET, attributes, ctypes.sizeof(attributes), 0)

    def apply(self) -> str:
        """Restrict this process for good, and close the rule set in it. Needs no new privileges. Raises OSError."""
        try:
            syscall(RESTRICT_SELF, self._descriptor, 0)
        finally:
            os.close(self._descriptor)
        what = ["no files", *["no TCP"] * (self.version >= 4), *["no signals to others"] * (self.version >= 6)]
        return f"version {self.version}: {', '.join(what)}"


def _version() -> int:
    try:
        return syscall(CREATE_RULESET, None, 0, ASK_FOR_VERSION)
    except OSError:
        raise NotAvailable("the kernel has none, or it is switched off (Linux 5.13)") from None
