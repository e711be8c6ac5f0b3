"""Gives the engine memory for its instances: that of the one before, if it is no longer needed."""

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wasmtime import Config, _bindings

from runtime.sandbox.memory.changed_pages import ChangedPages
from runtime.sandbox.memory.linear_memory import LinearMemory, MemoryImage

Finalizer = ctypes.CFUNCTYPE(None, ctypes.c_void_p)

WORKED = 0
"""In place of an error, to the engine."""


class Memories:
    """All memories of a process, each of which begins as the image. Raises OSError if that cannot be read.

    A compiled guest holds no data: the image is what its memory would be filled with. One memory is kept when its
    instance has gone, restored, for the next instance.
    """

    def __init__(self, image: Path) -> None:
        self._image = MemoryImage(image)
        self._changed: ChangedPages | None = None
        self._used: dict[int, LinearMemory] = {}
        self._kept: LinearMemory | None = None
        self._next = 0
        # The engine calls these as long as it lives, and does not keep them alive.
        self._new_memory = _bindings.wasmtime_new_memory_callback_t(self._make)
        self._get_memory = _bindings.wasmtime_memory_get_callback_t(self._get)
        self._grow_memory = _bindings.wasmtime_memory_grow_callback_t(self._grow)
        self._finalizer = Finalizer(self._free)

    def provide(self, config: Config) -> None:
        """Have the engine of this configuration take its memories from here, for as long as this is there."""
        creator = _bindings.wasmtime_memory_creator(new_memory=self._new_memory)
        _bindings.wasmtime_config_host_memory_creator_set(config.ptr(), ctypes.byref(creator))

    def tell_changes_by(self, changed: ChangedPages | None) -> None:
        """How the pages of this process that were changed are known; each process has its own."""
        self._changed = changed

    @property
    def are_warm(self) -> bool:
        """Whether the next instance gets a memory that one before has used, with the pages in place that most need."""
        return self._kept is not None

    def _make(self, _env: Any, _type: Any, minimum: int, _maximum: int, reserved: int, guard: int, memory: Any) -> int:
        return _outcome(lambda: self._fill(minimum, reserved, guard, memory.contents))

    def _fill(self, minimum: int, reserved: int, guard: int, memory: Any) -> None:
        if minimum != self._image.size:
            raise OSError(f"the guest wants {minimum} bytes, and its image has {self._image.size}")
        found, self._kept = self._kept or LinearMemory(self._image, reserved, guard), None
        self._next += 1
        self._used[self._next] = found
        memory.env = self._next
        memory.get_memory = self._get_memory
        memory.grow_memory = self._grow_memory
        memory.finalizer = self._finalizer

    def _get(self, number: int, size: Any, capacity: Any) -> int:
        memory = self._used[number]
        size[0], capacity[0] = memory.size, memory.reserved
        return memory.address

    def _grow(self, number: int, size: int) -> int:
        return _outcome(lambda: self._used[number].grow(size))

    def _free(self, number: int) -> None:
        memory = self._used.pop(number)
        if self._kept is None:
            try:
                memory.restore(self._changed)
            except OSError:
                memory.close()
                return
            self._kept = memory
        else:
            memory.close()


def _outcome(work: Callable[[], None]) -> int:
    """Nothing may be raised into the engine, which would take it for success: it is told by the engine's own error."""
    try:
        work()
    except Exception as exception:
        error = _bindings.wasmtime_error_new(ctypes.create_string_buffer(f"host memory: {exception}".encode()))
        return ctypes.cast(error, ctypes.c_void_p).value or WORKED
    return WORKED
