"""The WebAssembly engine, set up the same wherever a guest is compiled or run."""

import sys

from wasmtime import Config, Engine

from runtime.sandbox.architecture import this_machine
from runtime.sandbox.memory.memories import Memories

STACK_BYTES = 2 * 1024 * 1024
"""Stack of a guest, as much as the engine allows: most recursions meet Python's own limit first."""


def target() -> str:
    """The generic target of this architecture: a guest compiled here runs on older processors, too."""
    system = "apple-darwin" if sys.platform == "darwin" else "unknown-linux-gnu"
    return f"{this_machine()}-{system}"


def make_engine(memories: Memories | None = None) -> Engine:
    """An engine for the generic target. A compiled guest loads only into an engine with these very settings.

    It runs guests with the memories that it is given, and compiles without any.
    """
    config = Config()
    config.target = target()
    config.cranelift_opt_level = "speed"
    config.max_wasm_stack = STACK_BYTES
    if memories:
        memories.provide(config)
    return Engine(config)
