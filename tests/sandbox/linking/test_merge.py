"""Components of several modules do the same when their modules are one."""

from typing import Any

import pytest
from wasmtime import Engine, Store, wat2wasm
from wasmtime.component import Component, Linker

from runtime.sandbox.linking.binary import NotAsExpected
from runtime.sandbox.linking.component import CoreModule, Instance, definitions
from runtime.sandbox.linking.merge import merge_modules
from runtime.sandbox.linking.module import Module

# As componentize-py links a guest: `main` has the memory, the table and what libraries are to agree on; `library` and
# `program` use them, and each other by way of the table; the host's functions come through a shim, since they need
# the memory.
LINKED = """
(component
  (import "host" (func $host (param "text" string) (result u32)))
  (core module $main
    (memory (export "memory") 1)
    (table (export "table") 8 funcref)
    (global (export "base") i32 (i32.const 1024))
    (global (export "slot") (mut i32) (i32.const 3))
    (global $stack (export "stack") (mut i32) (i32.const 65536))
    (type $unary (func (param i32) (result i32)))
    (func (export "by-table") (param i32) (result i32) (call_indirect (type $unary) (local.get 0) (i32.const 2)))
    (data (i32.const 1024) "hello"))
  (core module $shim
    (table (export "$imports") 1 funcref)
    (type $host (func (param i32 i32) (result i32)))
    (func (export "0") (param i32 i32) (result i32)
      (call_indirect (type $host) (local.get 0) (local.get 1) (i32.const 0))))
  (core module $fixup
    (import "" "$imports" (table 1 funcref))
    (import "" "0" (func (param i32 i32) (result i32)))
    (elem (i32.const 0) func 0))
  (core module $library
    (import "env" "memory" (memory 1))
    (import "env" "table" (table 8 funcref))
    (import "env" "base" (global $base i32))
    (import "env" "stack" (global $stack (mut i32)))
    (import "host" "host" (func $host (param i32 i32) (result i32)))
    (global (export "where") i32 (i32.const 2))
    (func $never-called (global.set $stack (i32.const 0)))
    (func (export "triple") (param i32) (result i32)
      (global.set $stack (i32.sub (global.get $stack) (i32.const 16)))
      (i32.mul (local.get 0) (i32.const 3)))
    (func (export "ask") (result i32) (call $host (global.get $base) (i32.const 5)))
    (func $add-depth (param i32) (result i32) (i32.add (local.get 0) (global.get $stack)))
    (elem (i32.const 2) $add-depth))
  (core module $program
    (import "env" "triple" (func $triple (param i32) (result i32)))
    (import "env" "by-table" (func $by-table (param i32) (result i32)))
    (import "env" "ask" (func $ask (result i32)))
    (import "env" "stack" (global $stack (mut i32)))
    (import "env" "where" (global $where i32))
    (import "GOT" "slot" (global $slot (mut i32)))
    (func $seven (result i32) (i32.const 7))
    (func (export "run") (param $a i32) (result i32)
      (block $large (block $small
          (br_table $small $small $large (local.get $a)))
        (local.set $a (i32.add (local.get $a) (i32.const 500))))
      (if (param) (result i32) (i32.gt_u (local.get $a) (i32.const 800)) (then (i32.const 1)) (else (call $seven)))
      (i32.add (call $triple (local.get $a)))
      (i32.add (call $by-table (i32.const 1)))
      (i32.add (i32.add (call $ask) (global.get $where)))
      (i32.add (i32.sub (global.get $stack) (global.get $slot))))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 2048)))
  (core instance $shim (instantiate $shim))
  (core instance $main (instantiate $main))
  (alias core export $main "memory" (core memory $memory))
  (alias core export $main "table" (core table $table))
  (alias core export $main "base" (core global $base))
  (alias core export $main "stack" (core global $stack))
  (alias core export $shim "0" (core func $indirect))
  (core instance $library-env (export "memory" (memory $memory)) (export "table" (table $table))
    (export "base" (global $base)) (export "stack" (global $stack)))
  (core instance $library-host (export "host" (func $indirect)))
  (core instance $library (instantiate $library (with "env" (instance $library-env)) (with "host" (instance $library-host))))
  (alias core export $library "triple" (core func $triple))
  (alias core export $library "ask" (core func $ask))
  (alias core export $library "where" (core global $where))
  (alias core export $main "by-table" (core func $by-table))
  (alias core export $main "slot" (core global $slot))
  (core instance $program-env (export "triple" (func $triple)) (export "by-table" (func $by-table))
    (export "ask" (func $ask)) (export "stack" (global $stack)) (export "where" (global $where)))
  (core instance $program-got (export "slot" (global $slot)))
  (core instance $program (instantiate $program (with "env" (instance $program-env)) (with "GOT" (instance $program-got))))
  (alias core export $shim "$imports" (core table $imports))
  (core func $lowered (canon lower (func $host) (memory $memory)))
  (core instance $fixed (export "$imports" (table $imports)) (export "0" (func $lowered)))
  (core instance (instantiate $fixup (with "" (instance $fixed))))
  (alias core export $program "run" (core func $run))
  (func (export "run") (param "a" u32) (result u32) (canon lift (core func $run)))
)
"""


def run(component: bytes, argument: int) -> tuple[int, list[str]]:
    engine = Engine()
    store, linker, heard = Store(engine), Linker(engine), list[str]()

    def host(_: Any, text: str) -> int:
        heard.append(text)
        return 100

    with linker.root() as root:
        root.add_func("host", host)
    instance = linker.instantiate(store, Component(engine, component))
    function = instance.get_func(store, "run")
    assert function is not None
    return function(store, argument), heard


def instances(component: bytes) -> int:
    return sum(isinstance(each, Instance) for each in definitions(component))


@pytest.mark.parametrize("argument", [0, 1, 14, 999])
def test_what_was_several_modules_does_the_same_as_one(argument: int) -> None:
    linked = bytes(wat2wasm(LINKED))
    merged = merge_modules(linked)
    assert (instances(linked), instances(merged)) == (5, 3)
    assert run(merged, argument) == run(linked, argument)
    assert run(merged, argument)[1] == ["hello"]


def test_what_never_changes_is_a_constant_and_what_nobody_calls_is_left_out() -> None:
    merged = merge_modules(bytes(wat2wasm(LINKED)))
    module = Module.read(next(each.content for each in definitions(merged) if isinstance(each, CoreModule)))
    assert len(module.globals) == 1  # the stack
    assert len(module.imports) == 1  # the shim
    assert len(module.functions) == 6  # run, $seven, by-table, triple, ask, and what is in the table


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param(("(data (i32.const 1024)", "(func $begin) (start $begin) (data (i32.const 1024)"), "section of the kind 8", id="a start function"),
        pytest.param(("(i32.mul (local.get 0) (i32.const 3))", "(i32x4.extract_lane 0 (i32x4.splat (local.get 0)))"), "instruction 0xfd", id="an unknown instruction"),
        pytest.param(('(memory (export "memory") 1)', '(memory (export "memory") 1) (memory 1)'), "2 times a memory", id="two memories"),
        pytest.param(("(elem (i32.const 2) $add-depth)", "(elem declare func $add-depth)"), "elements of the kind 3", id="other elements"),
    ],
)  # fmt: skip
def test_what_cannot_be_merged_is_refused(change: tuple[str, str], sentence: str) -> None:
    text = LINKED.replace(*change)
    assert text != LINKED
    with pytest.raises(NotAsExpected, match=sentence):
        merge_modules(bytes(wat2wasm(text)))
