"""The small assembler for seccomp's programs: classic BPF, over the number and the arguments of a system call.

Instructions are those of linux/filter.h, data and results those of linux/seccomp.h.
"""

import struct
from collections.abc import Sequence

INSTRUCTION = struct.Struct("=HBBI")  # code, steps to skip if true, if false, operand
LOAD_WORD = 0x20
AND = 0x54
JUMP_IF_EQUAL = 0x15
JUMP_IF_AT_LEAST = 0x35
RETURN = 0x06

NUMBER = 0
ARCHITECTURE = 4
ARGUMENTS = 16

ALLOW = 0x7FFF0000
KILL = 0x80000000  # the whole process, since Linux 4.14

Instructions = list[bytes]


def refuse(error: int) -> int:
    """The result that makes a system call fail with an error number, and do nothing."""
    return 0x00050000 | error


def load(offset: int) -> Instructions:
    return [INSTRUCTION.pack(LOAD_WORD, 0, 0, offset)]


def end(result: int) -> Instructions:
    return [INSTRUCTION.pack(RETURN, 0, 0, result)]


def if_not_equal(value: int, then: Instructions) -> Instructions:
    return [INSTRUCTION.pack(JUMP_IF_EQUAL, len(then), 0, value), *then]


def if_at_least(value: int, then: Instructions) -> Instructions:
    return [INSTRUCTION.pack(JUMP_IF_AT_LEAST, 0, len(then), value), *then]


def unless_argument(index: int, mask: int, values: Sequence[int], then: Instructions) -> Instructions:
    """Go on with `then` unless the lower half of an argument, masked, is one of the values.

    The kernel itself reads no more than that half of every argument that is compared here.
    """
    test = [*load(ARGUMENTS + 8 * index), INSTRUCTION.pack(AND, 0, 0, mask)]
    for position, value in enumerate(values):
        skipped = len(values) - position - 1 + len(then)
        test.append(INSTRUCTION.pack(JUMP_IF_EQUAL, skipped, 0, value))
    return test + then


def search(cases: Sequence[tuple[int, Instructions]]) -> Instructions:
    """Go on with the case of the loaded value: the last one that starts at it or below. Each must end the program.

    `cases` are sorted, and the first takes what is below it, too. Halving finds one of 200 in 8 steps; the kernel walks
    through the program for every number when it is installed, which would otherwise take half a millisecond.
    """
    if len(cases) == 1:
        return cases[0][1]
    middle = len(cases) // 2
    low, high = search(cases[:middle]), search(cases[middle:])
    return [INSTRUCTION.pack(JUMP_IF_AT_LEAST, len(low), 0, cases[middle][0]), *low, *high]
