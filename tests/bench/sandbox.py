"""A call of user code, against the start of a bare Python."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from runtime.sandbox.forkserver import load_guest
from runtime.sandbox.memory.changed_pages import open_changed_pages, open_proc
from runtime.sandbox.runner import Runner
from runtime.sandbox.sandbox import Limits, Sandbox
from tests.bench.measuring import Measured, in_turns
from tests.sandbox.calls import body, code, event, run

HELLO = "def on_request(request, response):\n    return {'hello': 'world'}\n"
BARE, FRESH, RUNNER = "python -I -c pass", "fresh call in one process", "fresh call in a prepared process"
PREPARED, RESTED = "prepared call", "prepared call after 10 ms of rest"
PAUSES = {PREPARED: 0.001, RESTED: 0.01}
"""Seconds before a call. In the shorter ones the next instance gets ready; in the longer ones processors go to sleep,
and their caches are given to others."""


def measure(guest: Path, *, rounds: int = 7, repeat: int = 15) -> dict[str, Measured]:
    """Seconds for each of the five."""
    sandbox = Sandbox(guest, Limits())
    try:
        operations: dict[str, Callable[[], object]] = {
            BARE: lambda: subprocess.run([sys.executable, "-I", "-c", "pass"], check=True),
            FRESH: _in_this_process(guest),
            RUNNER: lambda: body(run(sandbox, HELLO)),
            PREPARED: lambda: body(run(sandbox, HELLO)),
            RESTED: lambda: body(run(sandbox, HELLO)),
        }
        return in_turns(operations, rounds=rounds, repeat=repeat, pauses=PAUSES)
    finally:
        sandbox.close()


def _in_this_process(guest: Path) -> Callable[[], None]:
    """An instance, a definition and a handler, without pipes: what the engine and the guest take by themselves."""
    incoming, outgoing = os.pipe()
    loaded = load_guest(guest, 128)
    loaded.memories.tell_changes_by(open_changed_pages(open_proc()))
    runner = Runner(loaded, incoming, outgoing)
    definition, told = code(HELLO), event()

    def call() -> None:
        store, instance = runner._instantiate()
        assert runner._define_code(store, instance, definition) == ""
        assert runner._handle_event(store, instance, told).endswith('{"hello":"world"}')

    return call
