"""Exports that take and give a text act as they do through the engine's own binding, and leave no memory behind."""

import sys
from collections.abc import Callable
from mmap import PAGESIZE
from pathlib import Path
from typing import Any

import pytest
from wasmtime import Engine, Store, WasmtimeError
from wasmtime.component import Component, Instance, Linker

from runtime.sandbox.text_function import TextFunction

COMPONENT = """
(component
  (import "host" (func $host))
  (core module $code
    (import "host" "host" (func $host))
    (memory (export "memory") 200)
    (func $same (param i32 i32) (result i32)
      (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)) (i32.const 0))
    (func (export "room") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "same") (param i32 i32) (result i32) (call $same (local.get 0) (local.get 1)))
    (func (export "asking") (param i32 i32) (result i32) (call $host) (call $same (local.get 0) (local.get 1)))
    (func (export "trap") (param i32 i32) (result i32) unreachable)
    (func (export "no-text") (param i32 i32) (result i32)
      (i32.store8 (i32.const 1024) (i32.const 255)) (call $same (i32.const 1024) (i32.const 1)))
    (func (export "number") (param i32 i32) (result i32) (i32.const 7)))
  (core func $asked (canon lower (func $host)))
  (core instance $host (export "host" (func $asked)))
  (core instance $code (instantiate $code (with "host" (instance $host))))
  (alias core export $code "memory" (core memory $memory))
  (alias core export $code "room" (core func $room))
  EXPORTS)
"""
LIFTED = """
(func (export "NAME") (param "text" string) (result RESULT)
  (canon lift (core func $code "NAME") (memory (core memory $memory)) (realloc (core func $room))))
"""
RESULTS = {"same": "string", "asking": "string", "trap": "string", "no-text": "string", "number": "u32"}
TEXTS = ["", "a", "\0", "a\0b\0", "äöü€", "\U0001f600", "\0€" * 1_500_000, "x" * 6_000_000]

Raises = Callable[[], Exception] | None


class Made:
    """Instances of the component, and what its host function raises."""

    def __init__(self) -> None:
        exports = "".join(LIFTED.replace("NAME", name).replace("RESULT", result) for name, result in RESULTS.items())
        self._engine = Engine()
        self.component = Component(self._engine, COMPONENT.replace("EXPORTS", exports))
        self._linker = Linker(self._engine)
        with self._linker.root() as root:
            root.add_func("host", self._asked)
        self.raises: Raises = None

    def instance(self) -> tuple[Store, Instance]:
        store = Store(self._engine)
        return store, self._linker.instantiate(store, self.component)

    def _asked(self, _: Any) -> None:
        if self.raises:
            raise self.raises()


@pytest.fixture(scope="module")
def made() -> Made:
    return Made()


def test_texts_come_back_as_they_were(made: Made) -> None:
    store, instance = made.instance()
    same = TextFunction(made.component, "same")
    assert [same(store, instance, text) for text in TEXTS] == TEXTS


def test_half_a_surrogate_pair_is_refused(made: Made) -> None:
    store, instance = made.instance()
    same = TextFunction(made.component, "same")
    with pytest.raises(UnicodeEncodeError):
        same(store, instance, "a\ud800")
    assert same(store, instance, "a") == "a"


def test_an_export_that_is_not_there(made: Made) -> None:
    with pytest.raises(KeyError):
        TextFunction(made.component, "other")


@pytest.mark.parametrize(
    ("name", "raises", "expected", "message"),
    [
        ("trap", None, WasmtimeError, "unreachable"),
        ("no-text", None, WasmtimeError, "invalid utf-8"),
        ("number", None, WasmtimeError, "something else than a text"),
        ("asking", lambda: ZeroDivisionError("by the host"), ZeroDivisionError, "by the host"),
        ("asking", lambda: WasmtimeError("by the host"), WasmtimeError, "by the host"),
    ],
    ids=["a trap", "bytes that are no text", "a number", "an error of the host", "an error of the engine's kind"],
)
def test_what_is_raised(made: Made, name: str, raises: Raises, expected: type[Exception], message: str) -> None:
    made.raises = raises
    with pytest.raises(expected, match=message):
        TextFunction(made.component, name)(*made.instance(), "text")
    made.raises = None
    assert TextFunction(made.component, "asking")(*made.instance(), "text") == "text"


@pytest.mark.skipif(sys.platform != "linux", reason="what a process holds is told elsewhere in other ways")
@pytest.mark.parametrize("name", ["same", "number", "trap"])
def test_nothing_is_left_of_texts(made: Made, name: str) -> None:
    """If only the argument or only the result were left, that would be 150 MB."""
    function, text = TextFunction(made.component, name), "x" * 500_000
    before = 0
    for call in range(330):
        if call == 30:
            before = _megabytes()
        try:
            function(*made.instance(), text)
        except WasmtimeError:
            assert name != "same"
    assert _megabytes() - before < 50


def _megabytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGESIZE // 2**20
