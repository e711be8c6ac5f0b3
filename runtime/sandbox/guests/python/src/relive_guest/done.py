"""The `done` of handlers that ask for one, and the arguments of handlers in general."""

import asyncio
import inspect
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, NamedTuple


class Done:
    """The `done` of a handler that asks for one. What it is given does not matter, nor a second call."""

    def __init__(self) -> None:
        self._called = False
        self._on_call: Callable[[], None] | None = None

    def __call__(self, *arguments: object) -> None:
        self._called = True
        if self._on_call is not None:
            self._on_call()

    async def _until_called(self) -> None:
        called = asyncio.get_running_loop().create_future()

        def note() -> None:
            if not called.done():
                called.set_result(None)

        self._on_call = note
        if not self._called:
            await called


class Parameter(NamedTuple):
    """One of a handler."""

    name: str
    kind: Any


def parameters_of(function: Callable[..., Any]) -> list[Parameter]:
    """Those that `function` takes. Of a plain function they are read from its code: its signature takes much longer."""
    if type(function) is FunctionType and not function.__dict__:
        code = function.__code__
        if not code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS) and not code.co_kwonlyargcount:
            names = code.co_varnames[: code.co_argcount]
            return [Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    return [Parameter(one.name, one.kind) for one in inspect.signature(function).parameters.values()]


def arguments_for(
    parameters: Sequence[Parameter], offered: Sequence[Any], done: Done
) -> tuple[list[Any], dict[str, Any]]:
    """As many arguments as a handler takes, by position and by name; a parameter named `done` gets that."""
    rest, arguments = list(offered), []
    for parameter in parameters:
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            arguments += rest
        if parameter.kind not in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD):
            break
        if parameter.name == "done":
            arguments.append(done)
        elif rest:
            arguments.append(rest.pop(0))
        else:
            break
    by_name = {p.name: done for p in parameters if p.name == "done" and p.kind is inspect.Parameter.KEYWORD_ONLY}
    return arguments, by_name
