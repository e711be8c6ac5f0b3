"""Rewrites the code of functions for a module in which functions, types and globals have other numbers."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from runtime.sandbox.linking.binary import NotAsExpected, Reader, number, signed_number

BLOCK, LOOP, IF, BRANCH_TABLE, CALL, CALL_INDIRECT, GLOBAL_GET, GLOBAL_SET = (
    bytes((code,)) for code in (0x02, 0x03, 0x04, 0x0E, 0x10, 0x11, 0x23, 0x24)
)

_NUMBER = rb"[\x80-\xff]*+[\x00-\x7f]"

# Whatever stays as it is: most of the instructions. To pass by them here takes a tenth of the time.
_UNCHANGED = re.compile(
    rb"(?:"
    rb"[\x00\x01\x05\x0b\x0f\x1a\x1b\x45-\xc4]"  # nothing follows: control, comparisons, arithmetic, conversions
    rb"|[\x02-\x04][\x40\x7c-\x7f]"  # a block, a loop or an if with no type, or with that of one value
    rb"|[\x0c\x0d\x20-\x22\x41\x42]"
    + _NUMBER  # a label, a local, a whole number
    + rb"|[\x28-\x3e]"
    + _NUMBER
    + _NUMBER  # an alignment and an offset in memory
    + rb"|[\x3f\x40]\x00"  # the size of the one memory
    rb"|\x43.{4}|\x44.{8}"  # a number with a fraction
    rb"|\xfc(?:[\x00-\x07]|\x0a\x00\x00|\x0b\x00)"  # saturating conversions, memory.copy, memory.fill
    rb")*+",
    re.DOTALL,
)


@dataclass(frozen=True)
class Renumbering:
    """By their numbers in a module: what functions and types are called elsewhere, and what globals become there.

    `reads` has the instruction that takes the place of reading a global; `globals` the numbers of those that remain.
    """

    functions: Sequence[int]
    types: Sequence[int]
    globals: Sequence[int]
    reads: Sequence[bytes]


def rewritten(body: bytes, new: Renumbering) -> bytes:
    """The body of a function, its locals included. Raises NotAsExpected for an instruction that is not known here."""
    written = bytearray()
    for code, operands, unchanged in _instructions(body):
        written += unchanged
        if code == CALL:
            written += CALL + number(new.functions[operands[0]])
        elif code == CALL_INDIRECT:
            written += CALL_INDIRECT + number(new.types[operands[0]]) + number(operands[1])
        elif code == GLOBAL_GET:
            written += new.reads[operands[0]]
        elif code == GLOBAL_SET:
            written += GLOBAL_SET + number(new.globals[operands[0]])
        elif code == BRANCH_TABLE:
            written += BRANCH_TABLE + number(len(operands) - 1) + b"".join(map(number, operands))
        elif code:
            written += code + signed_number(new.types[operands[0]])
    return bytes(written)


def uses(body: bytes) -> tuple[set[int], set[int]]:
    """The numbers of the functions that the body of one calls by name, and of the globals that it changes.

    Raises NotAsExpected like `rewritten`.
    """
    called, changed = set(), set()
    for code, operands, _ in _instructions(body):
        if code == CALL:
            called.add(operands[0])
        elif code == GLOBAL_SET:
            changed.add(operands[0])
    return called, changed


def _instructions(body: bytes) -> Iterator[tuple[bytes, list[int], bytes]]:
    """The instructions that have the number of something, these numbers, and what comes before. The last is empty."""
    reader = Reader(body)
    for _ in range(reader.number()):  # its locals
        reader.number()
        reader.byte()
    copied = 0
    while True:
        unchanged = _UNCHANGED.match(body, reader.at)
        assert unchanged, "the pattern matches nothing, too"
        before, reader.at = body[copied : unchanged.end()], unchanged.end()
        if reader.at == len(body):
            yield b"", [], before
            return
        yield reader.take(1), _operands(reader, body[reader.at - 1 : reader.at]), before
        copied = reader.at


def _operands(reader: Reader, code: bytes) -> list[int]:
    if code in (CALL, GLOBAL_GET, GLOBAL_SET):
        return [reader.number()]
    if code == CALL_INDIRECT:
        return [reader.number(), reader.number()]
    if code == BRANCH_TABLE:
        return [*reader.vector(reader.number), reader.number()]
    if code in (BLOCK, LOOP, IF):
        return [reader.number(signed=True)]
    raise NotAsExpected(f"A function has the instruction 0x{code.hex()}.")
