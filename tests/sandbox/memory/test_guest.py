"""The guest itself, in this process: nothing of a call is left in the memory that the next one gets."""

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from wasmtime import WasmtimeError

from runtime.sandbox.architecture import memory_image
from runtime.sandbox.forkserver import load_guest
from runtime.sandbox.memory.changed_pages import ChangedPages
from runtime.sandbox.runner import Guest, Runner
from tests.sandbox.calls import HELLO, code, event

pytestmark = pytest.mark.slow

CALLS = {
    "hello": HELLO,
    "more memory than there was": "def on_request(request, response): return len(bytearray(40_000_000))",
    "objects everywhere": "def on_request(request, response): return len([object() for _ in range(200_000)])",
    "more memory than there is": "def on_request(request, response): return bytearray(500_000_000)",
    "an error": "def on_request(request, response): return 1 / 0",
    "a crash": "import sys\nsys.setrecursionlimit(10**9)\ndef on_request(*_): return on_request(*_)",
    "another type of everything": "import gc\nfor one in gc.get_objects():\n    try: one.clear()\n    except Exception: pass",
}


@pytest.fixture
def guest_here(guest: Path, changed: ChangedPages | None) -> Guest:
    loaded = load_guest(guest, 128)
    loaded.memories.tell_changes_by(changed)
    return loaded


@pytest.fixture
def runner(guest_here: Guest) -> Iterator[Runner]:
    incoming, outgoing = os.pipe()
    yield Runner(guest_here, incoming, outgoing)
    os.close(incoming)
    os.close(outgoing)


def call(runner: Runner, source: str) -> str:
    store, instance = runner._instantiate()
    try:
        told = runner._define_code(store, instance, code(source))
        return told or runner._handle_event(store, instance, event())
    except WasmtimeError as stopped:
        return str(stopped)
    finally:
        store.close()


def test_each_call_finds_the_memory_of_the_beginning(guest: Path, guest_here: Guest, runner: Runner) -> None:
    expected = memory_image(guest).read_bytes()
    hello = call(runner, HELLO)
    assert hello.endswith('"hello"')
    for source in CALLS.values():
        call(runner, source)
        kept = guest_here.memories._kept
        assert kept is not None
        assert ctypes.string_at(kept.address, kept.size) == expected
        assert call(runner, HELLO) == hello
