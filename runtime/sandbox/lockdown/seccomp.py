"""seccomp: the few system calls that a runner needs, and no others (seccomp(2)).

The filter is a program that the kernel runs at every system call. Nothing takes it off again.
"""

import ctypes
from collections.abc import Iterator

from runtime.sandbox.architecture import this_machine
from runtime.sandbox.lockdown import bpf, rules
from runtime.sandbox.lockdown.layers import NotAvailable
from runtime.sandbox.lockdown.libc import syscall
from runtime.sandbox.lockdown.syscalls import NUMBERS

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""How the kernel tells a filter whose system calls these are (linux/audit.h)."""

SECCOMP = {"x86_64": 317, "aarch64": 277}
SET_MODE_FILTER = 1
SPEC_ALLOW = 4

X32_CALLS = 0x40000000
"""On x86_64, numbers from here on are a second set of the same calls."""


class Program(ctypes.Structure):
    """`struct sock_fprog`: how many instructions there are, and where."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


class Seccomp:
    """The filter, assembled once. Raises NotAvailable for a processor that it is not written for."""

    def __init__(self) -> None:
        self._machine = this_machine()
        if self._machine not in ARCHITECTURES:
            raise NotAvailable(f"there is no filter for {self._machine}")
        instructions = assemble(self._machine)
        self._code = ctypes.create_string_buffer(b"".join(instructions))
        self._program = Program(len(instructions), ctypes.addressof(self._code))

    def apply(self) -> str:
        """Filter the calls of this process from now on. Needs no new privileges, and a single thread. Raises OSError.

        Kernels before 5.16 slow down a filtered process against a leak between parts of one process, unless they are
        told that it does not matter: a runner holds nothing that belongs to any other app.
        """
        syscall(SECCOMP[self._machine], SET_MODE_FILTER, SPEC_ALLOW, ctypes.byref(self._program))
        return f"{len(rules.ALLOWED)} system calls of {self._machine} are left"


def assemble(machine: str) -> bpf.Instructions:
    """The filter for a processor, as instructions of 8 bytes."""
    program = bpf.load(bpf.ARCHITECTURE)
    program += bpf.if_not_equal(ARCHITECTURES[machine], bpf.end(bpf.KILL))
    program += bpf.load(bpf.NUMBER)
    if machine == "x86_64":
        program += bpf.if_at_least(X32_CALLS, bpf.end(bpf.KILL))
    return program + bpf.search(_cases(machine))


def _cases(machine: str) -> list[tuple[int, bpf.Instructions]]:
    """From which number on what is done, sorted; neighbours with the same fate are one case."""
    fates = {number: then for name, then in _fates() if (number := _number(machine, name)) is not None}
    anything_else = bpf.end(rules.ANYTHING_ELSE)
    cases: list[tuple[int, bpf.Instructions]] = []
    for number in range(max(fates) + 2):
        then = fates.get(number, anything_else)
        if not cases or then != cases[-1][1]:
            cases.append((number, then))
    return cases


def _number(machine: str, name: str) -> int | None:
    return NUMBERS[name][list(ARCHITECTURES).index(machine)]


def _fates() -> Iterator[tuple[str, bpf.Instructions]]:
    for name in rules.ALLOWED:
        yield name, _conditions(name)
    for name, error in rules.REFUSED.items():
        yield name, bpf.end(bpf.refuse(error))
    for name in rules.FORBIDDEN:
        yield name, bpf.end(bpf.KILL)


def _conditions(name: str) -> bpf.Instructions:
    instructions: bpf.Instructions = []
    for condition in rules.CONDITIONS.get(name, ()):
        otherwise = bpf.end(condition.otherwise)
        instructions += bpf.unless_argument(condition.argument, condition.mask, condition.values, otherwise)
    return instructions + bpf.end(bpf.ALLOW)
