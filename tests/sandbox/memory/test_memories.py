"""The engine gets a memory for each instance, that of the one before if it is free, and nobody sees the difference."""

from pathlib import Path

import pytest
from wasmtime import Engine, Func, Instance, Module, Store, Trap, WasmtimeError

from runtime.sandbox.engine import make_engine
from runtime.sandbox.memory.changed_pages import ChangedPages
from runtime.sandbox.memory.linear_memory import LinearMemory
from runtime.sandbox.memory.memories import Memories

PAGE = 65_536

TEXT = f"""(module
    (memory {{pages}})
    (func (export "write") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
    (func (export "read") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "size") (result i32) (i32.mul (memory.size) (i32.const {PAGE}))))"""


class Guest:
    """An instance in a store of its own, with 10 pages of memory at most."""

    def __init__(self, engine: Engine, module: Module) -> None:
        self._store = Store(engine)
        self._store.set_limits(memory_size=10 * PAGE)
        self._exports = Instance(self._store, module, []).exports(self._store)

    def __call__(self, name: str, *arguments: int) -> int:
        function = self._exports[name]
        assert isinstance(function, Func)
        answer: int = function(self._store, *arguments)
        return answer

    def end(self) -> None:
        self._store.close()


class Machine:
    def __init__(self, image: Path, changed: ChangedPages | None) -> None:
        self.memories = Memories(image)
        self.memories.tell_changes_by(changed)
        self._engine = make_engine(self.memories)

    def guest(self, pages: int = 2) -> Guest:
        return Guest(self._engine, Module(self._engine, TEXT.format(pages=pages)))


@pytest.fixture
def machine(tmp_path: Path, changed: ChangedPages | None) -> Machine:
    image = tmp_path / "guest.memory"
    image.write_bytes(b"a" + bytes(PAGE - 1) + b"b" + bytes(PAGE - 1))
    return Machine(image, changed)


def test_a_guest_begins_with_the_image(machine: Machine) -> None:
    guest = machine.guest()
    assert [guest("read", at) for at in (0, 1, PAGE)] == [ord("a"), 0, ord("b")]


def test_the_next_one_gets_the_same_memory_as_it_was(machine: Machine) -> None:
    assert not machine.memories.are_warm
    for _ in range(3):
        guest = machine.guest()
        assert not machine.memories.are_warm
        assert [guest("read", at) for at in (0, 5, PAGE)] == [ord("a"), 0, ord("b")]
        for at in (0, 5, PAGE):
            guest("write", at, 99)
        guest.end()
        assert machine.memories.are_warm


def test_one_that_has_grown_begins_small_again(machine: Machine) -> None:
    for _ in range(3):
        guest = machine.guest()
        assert (guest("size"), guest("grow", 5), guest("size")) == (2 * PAGE, 2, 7 * PAGE)
        assert guest("read", 7 * PAGE - 1) == 0
        guest("write", 7 * PAGE - 1, 99)
        guest.end()


def test_none_grows_beyond_its_limit(machine: Machine) -> None:
    guest = machine.guest()
    assert [guest("grow", pages) for pages in (9, 8, 1)] == [-1, 2, -1]


def test_whoever_reads_behind_the_end_is_stopped(machine: Machine) -> None:
    guest = machine.guest()
    with pytest.raises(Trap, match="out of bounds memory access"):
        guest("read", 2 * PAGE)
    guest.end()
    assert machine.guest()("read", 0) == ord("a")


def test_two_at_once_have_a_memory_each(machine: Machine) -> None:
    first, second = machine.guest(), machine.guest()
    first("write", 0, 1)
    second("write", 0, 2)
    assert (first("read", 0), second("read", 0)) == (1, 2)
    first.end()
    third = machine.guest()
    assert (second("read", 0), third("read", 0)) == (2, ord("a"))
    second.end()
    third.end()
    assert machine.guest()("read", 0) == ord("a")


def test_a_guest_for_another_image_is_refused(machine: Machine) -> None:
    with pytest.raises(WasmtimeError, match="the guest wants 65536 bytes, and its image has 131072"):
        machine.guest(pages=1)
    assert machine.guest()("read", 0) == ord("a")


def test_a_memory_that_cannot_be_put_in_order_is_given_up(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(memory: LinearMemory, changed: object) -> None:
        raise OSError("no")

    guest = machine.guest()
    guest("write", 0, 1)
    with monkeypatch.context() as patch:
        patch.setattr(LinearMemory, "restore", fail)
        guest.end()
    assert not machine.memories.are_warm
    assert machine.guest()("read", 0) == ord("a")


def test_a_system_without_room_is_told(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(size: int, at: int | None = None) -> int:
        raise OSError("Cannot allocate memory")

    monkeypatch.setattr("runtime.sandbox.memory.linear_memory.reserve", fail)
    with pytest.raises(WasmtimeError, match="host memory: Cannot allocate memory"):
        machine.guest()
