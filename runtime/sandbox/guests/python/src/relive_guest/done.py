"""The `done` of handlers that ask for one, and the arguments of handlers in general."""

import asyncio
import inspect
from collections.abc import Callable, Sequence
from typing import Any


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


def arguments_for(
    parameters: Sequence[inspect.Parameter], offered: Sequence[Any], done: Done
) -> tuple[list[Any], dict[str, Any]]:
    """As many arguments as a handler takes, by position and by name; a parameter named `done` gets that."""
    rest, arguments = list(offered), []
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            arguments += rest
        if parameter.kind not in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            break
        if parameter.name == "done":
            arguments.append(done)
        elif rest:
            arguments.append(rest.pop(0))
        else:
            break
    by_name = {p.name: done for p in parameters if p.name == "done" and p.kind is p.KEYWORD_ONLY}
    return arguments, by_name
