"""A fork server whose runners run native Python instead of guests, with all that a runner has and nothing more.

This is what somebody could do who has broken out of the engine. Everything that an attack may want is imported ahead:
a locked runner finds no module.
"""

import ctypes
import errno
import fcntl
import json
import mmap
import os
import resource
import signal
import socket
import struct
import sys
import threading
import time
import traceback
from typing import Any

from runtime.sandbox import forkserver, runner
from runtime.sandbox.lockdown import lock
from runtime.sandbox.wire import Kind, Message, read_blocking, write_blocking

ATTACKERS_TOOLS = {
    module.__name__: module
    for module in (
        ctypes,
        errno,
        fcntl,
        json,
        mmap,
        os,
        resource,
        signal,
        socket,
        struct,
        sys,
        threading,
        time,
        traceback,
    )
}

INTERRUPT_80 = bytes.fromhex("b814000000cd80c3")
"""x86: `mov eax, 20; int 0x80; ret` asks for the process id by the system calls of 32-bit programs."""


class NativeRunner:
    """In the place of `Runner`: what comes as code is executed, and what `attack` returns or raises is answered."""

    def __init__(self, guest: object, incoming: int, outgoing: int) -> None:
        self._incoming = incoming
        self._outgoing = outgoing

    def serve(self) -> None:
        while True:
            told = json.loads(read_blocking(self._incoming).text)
            try:
                answer = {"got": self._attack(told["code"], told["given"])}
            except Exception as exception:
                answer = {"refused": errno.errorcode.get(getattr(exception, "errno", None) or 0, repr(exception))}
            write_blocking(self._outgoing, Message(Kind.ENDED, text=json.dumps(answer)))

    def _attack(self, code: str, given: dict[str, Any]) -> Any:
        names = {**ATTACKERS_TOOLS, "syscall": syscall, "outgoing": self._outgoing, **given}
        exec(code, names)  # noqa: S102
        return names["attack"]()


def syscall(number: int, *arguments: Any) -> int:
    """Call the kernel by number. Raises OSError."""
    library = ctypes.CDLL(None, use_errno=True)
    result = library.syscall(*(ctypes.c_long(each) if isinstance(each, int) else each for each in (number, *arguments)))
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(result)


def only(names: list[str]) -> Any:
    """A lock of these layers alone."""

    def lock_fork_server(memory_mb: int) -> lock.RunnerLock:
        return lock.lock(
            [(name, apply) for name, apply in lock.layers_to_inherit(memory_mb) if name in names],
            [(name, make) for name, make in lock.LAYERS_OF_A_RUNNER if name in names],
        )

    return lock_fork_server


class FailsTheSecondTime:
    """A layer that passes its trial, and then cannot be applied."""

    def __init__(self) -> None:
        self._trials, self._trial = os.pipe()
        os.write(self._trial, b"x")
        os.set_blocking(self._trials, False)

    def apply(self) -> str:
        os.read(self._trials, 1)
        return "passed"


def main() -> None:
    """As `forkserver.main`, with one argument more in front: the layers' names as JSON, or null for all."""
    names = json.loads(sys.argv.pop(1))
    runner.Runner = NativeRunner  # type: ignore[assignment, misc]
    if names == ["fails the second time"]:
        forkserver.lock_fork_server = lambda _: lock.lock([], [("it", FailsTheSecondTime)])  # type: ignore[list-item]
    elif names is not None:
        forkserver.lock_fork_server = only(names)
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(INTERRUPT_80)
    ATTACKERS_TOOLS["interrupt_80"] = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))  # type: ignore[assignment]
    ctypes.CDLL(None)
    forkserver.main()
