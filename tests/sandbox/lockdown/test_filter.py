"""The filter does what the rules say: run instruction by instruction as the kernel does, for both processors."""

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.sandbox.lockdown import bpf, rules
from runtime.sandbox.lockdown.seccomp import ARCHITECTURES, assemble
from runtime.sandbox.lockdown.syscalls import NUMBERS

MACHINES = list(ARCHITECTURES)
PROGRAMS = {machine: [bpf.INSTRUCTION.unpack(each) for each in assemble(machine)] for machine in MACHINES}
NAMES = {
    machine: {numbers[column]: name for name, numbers in NUMBERS.items() if numbers[column] is not None}
    for column, machine in enumerate(MACHINES)
}
ARGUMENTS = st.lists(st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 4, 15, 0x3D0F00, 0x23]), min_size=6, max_size=6)


def result(machine: str, number: int, arguments: list[int], architecture: int | None = None) -> int:
    """What the filter says to a system call."""
    data = number.to_bytes(4, "little") + (architecture or ARCHITECTURES[machine]).to_bytes(4, "little") + bytes(8)
    data += b"".join(argument.to_bytes(8, "little") for argument in arguments)
    program, position, accumulator = PROGRAMS[machine], 0, 0
    while True:
        code, if_true, if_false, operand = program[position]
        position += 1
        match code:
            case bpf.LOAD_WORD:
                accumulator = int.from_bytes(data[operand : operand + 4], "little")
            case bpf.AND:
                accumulator &= operand
            case bpf.JUMP_IF_EQUAL:
                position += if_true if accumulator == operand else if_false
            case bpf.JUMP_IF_AT_LEAST:
                position += if_true if accumulator >= operand else if_false
            case bpf.RETURN:
                return int(operand)
            case _:
                raise AssertionError(f"instruction {code:#x}")


def expected(machine: str, number: int, arguments: list[int]) -> int:
    name = NAMES[machine].get(number)
    if number >= 0x40000000 and machine == "x86_64":
        return bpf.KILL
    if name in rules.REFUSED:
        return bpf.refuse(rules.REFUSED[name])
    if name in rules.FORBIDDEN:
        return bpf.KILL
    if name not in rules.ALLOWED:
        return rules.ANYTHING_ELSE
    for condition in rules.CONDITIONS.get(name, ()):
        if (arguments[condition.argument] & condition.mask) not in condition.values:
            return condition.otherwise
    return bpf.ALLOW


@pytest.mark.parametrize("machine", MACHINES)
@given(number=st.integers(0, 500) | st.integers(0, 2**32 - 1), arguments=ARGUMENTS)
def test_every_call_meets_its_rule(machine: str, number: int, arguments: list[int]) -> None:
    assert result(machine, number, arguments) == expected(machine, number, arguments)


@pytest.mark.parametrize("machine", MACHINES)
def test_every_number_has_its_rule(machine: str) -> None:
    wrong = [number for number in range(600) if result(machine, number, [0] * 6) != expected(machine, number, [0] * 6)]
    assert wrong == []


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("architecture", [0x40000003, 0x40000028, 1], ids=["i386", "arm", "unknown"])
def test_another_set_of_calls_is_the_end(machine: str, architecture: int) -> None:
    assert {result(machine, number, [0] * 6, architecture) for number in range(500)} == {bpf.KILL}


@pytest.mark.parametrize("machine", MACHINES)
def test_it_fits_and_its_jumps_do(machine: str) -> None:
    """The kernel takes 4,096 instructions; a jump goes 255 far, which packing has checked."""
    assert len(PROGRAMS[machine]) < 1000


def test_the_rules_do_not_contradict_each_other() -> None:
    named = [*rules.ALLOWED, *rules.REFUSED, *rules.FORBIDDEN]
    assert len(named) == len(set(named))
    assert set(named) == set(NUMBERS)
    assert set(rules.CONDITIONS) <= set(rules.ALLOWED)


@pytest.mark.parametrize("machine", MACHINES)
def test_no_two_calls_have_the_same_number(machine: str) -> None:
    column = MACHINES.index(machine)
    numbers = [both[column] for both in NUMBERS.values() if both[column] is not None]
    assert len(numbers) == len(set(numbers))


SCENARIOS = [
    ("read", [5, 0, 9], bpf.ALLOW),
    ("openat", [0, 0, 0], bpf.refuse(errno.EACCES)),
    ("mmap, to write", [0, 4096, 3, 0x22], bpf.ALLOW),
    ("mmap, to run", [0, 4096, 5, 0x22], bpf.refuse(errno.EPERM)),
    ("mmap, shared", [0, 4096, 3, 0x21], bpf.refuse(errno.EPERM)),
    ("mmap, shared and validated", [0, 4096, 3, 0x03], bpf.refuse(errno.EPERM)),
    ("mprotect, to run", [0, 4096, 4], bpf.refuse(errno.EPERM)),
    ("clone, a thread", [0x3D0F00], bpf.ALLOW),
    ("clone, a process", [0x1200011], bpf.KILL),
    ("clone, a thread in a new namespace", [0x10000000 | 0x3D0F00], bpf.KILL),
    ("clone3", [0, 88], bpf.refuse(errno.ENOSYS)),
    ("futex, wait in private", [0, 0x80 | 9], bpf.ALLOW),
    ("futex, requeue with priority", [0, 0x80 | 12], bpf.refuse(errno.ENOSYS)),
    ("prctl, a thread's name", [15], bpf.ALLOW),
    ("prctl, another filter", [22, 2], bpf.refuse(errno.EPERM)),
    ("kill", [0, 9], bpf.KILL),
]


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(("call", "arguments", "fate"), SCENARIOS, ids=[row[0] for row in SCENARIOS])
def test_what_becomes_of_a_call(machine: str, call: str, arguments: list[int], fate: int) -> None:
    number = NUMBERS[call.split(",")[0]][MACHINES.index(machine)]
    assert number is not None
    assert result(machine, number, [*arguments, *[0] * (6 - len(arguments))]) == fate
