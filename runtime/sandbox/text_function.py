"""An export of the guest's world that takes a text and gives a text."""

import ctypes

from wasmtime import Store, WasmtimeError, _bindings
from wasmtime._ffi import WASMTIME_COMPONENT_STRING
from wasmtime.component import Component, Instance
from wasmtime.component._enter import enter_wasm

Bytes = ctypes.POINTER(ctypes.c_uint8)
Value = _bindings.wasmtime_component_val_t


class TextFunction:
    """The function of that name, in each instance of a component. Raises KeyError if there is none.

    wasmtime's own `Func` looks up the types of the function and of its parameter at each call, and translates texts
    byte by byte: that took a tenth of a call.
    """

    def __init__(self, component: Component, name: str) -> None:
        index = component.get_export_index(name)
        if index is None:
            raise KeyError(name)
        self._index = index

    def __call__(self, store: Store, instance: Instance, text: str) -> str:
        """Raises WasmtimeError when the engine stops it, and what a function of the host has raised meanwhile."""
        function = instance.get_func(store, self._index)
        assert function is not None
        encoded = text.encode()
        argument, result = Value(kind=WASMTIME_COMPONENT_STRING), Value()
        _bindings.wasm_byte_vec_new(
            ctypes.byref(argument.of.string), len(encoded), ctypes.cast(ctypes.c_char_p(encoded), Bytes)
        )
        try:
            enter_wasm(
                lambda: _bindings.wasmtime_component_func_call(function._func, store._context(), argument, 1, result, 1)
            )
        finally:
            _bindings.wasmtime_component_val_delete(argument)
        try:
            if result.kind != WASMTIME_COMPONENT_STRING.value:
                raise WasmtimeError("the guest gave something else than a text")
            said = result.of.string
            return ctypes.string_at(said.data, said.size).decode()
        finally:
            _bindings.wasmtime_component_val_delete(result)
