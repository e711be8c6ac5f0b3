"""What a host call answers in an event loop: a stand-in for the value that will come."""

import asyncio
import functools
import operator
import sys
import types
from collections.abc import Callable, Generator
from typing import Any

from relive_guest import host

Convert = Callable[[dict[str, Any]], Any]

_not_used_yet: dict[int, Pending] = {}


class Pending:
    """The value of a host call that has been started.

    `await` waits without holding up other tasks. Any other use, such as an attribute, an index or a loop over it, waits
    right there.
    """

    __slots__ = ("_call", "_convert", "_outcome")

    _call: host.HostCall | None
    _convert: Convert
    _outcome: tuple[Any, BaseException | None] | None

    def __init__(self, call: host.HostCall, convert: Convert) -> None:
        object.__setattr__(self, "_call", call)
        object.__setattr__(self, "_convert", convert)
        object.__setattr__(self, "_outcome", None)
        _not_used_yet[id(self)] = self

    def __await__(self) -> Generator[Any, None, Any]:
        # From here on somebody has it in hand: if they stop waiting, after a timeout perhaps, nobody else waits for it.
        _not_used_yet.pop(id(self), None)
        if self._call is not None and self._call.reply is None:
            future = asyncio.get_running_loop().create_future()
            self._call.on_reply(functools.partial(_wake, future))
            yield from future
        return value_of(self)

    def close(self) -> None:
        """What asyncio does to a coroutine that it cannot take. The call has been started, and goes on."""

    def __getattr__(self, name: str) -> Any:
        return getattr(value_of(self), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(value_of(self), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(value_of(self), name)

    def __hash__(self) -> int:
        return object.__hash__(self) if _asyncio_asks() else hash(value_of(self))

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return types.CoroutineType if _asyncio_asks() else type(value_of(self))


def is_pending(value: object) -> bool:
    """Whether `value` is one of these, which `isinstance` cannot tell."""
    return issubclass(type(value), Pending)


def value_of(value: Any) -> Any:
    """The value itself; waits for it when it is pending. Raises what the call failed with."""
    if not is_pending(value):
        return value
    _not_used_yet.pop(id(value), None)
    if value._call is not None:
        outcome = _outcome_of(host.wait_for(value._call), value._convert)
        object.__setattr__(value, "_outcome", outcome)
        object.__setattr__(value, "_call", None)  # with its reply, which may be large
    result, exception = value._outcome
    if exception is not None:
        raise exception
    return result


def finish_all() -> list[str]:
    """Wait for every call whose value nobody used; answers a sentence for each that failed unseen."""
    return [
        f"{call.capability} failed and nobody looked: {reply['error'].get('message')}"
        for call in [pending._call for pending in _not_used_yet.values()]
        if call is not None and "error" in (reply := host.wait_for(call))
    ]


def forget_call() -> None:
    """Be as before any call."""
    _not_used_yet.clear()


def _outcome_of(reply: dict[str, Any], convert: Convert) -> tuple[Any, BaseException | None]:
    try:
        return convert(reply), None
    except Exception as exception:
        return None, exception


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _asyncio_asks() -> bool:
    """Whether it is asyncio that wants to know what a pending value is: to asyncio it is something to await."""
    frame = sys._getframe(2)
    while frame.f_globals.get("__name__") in ("abc", "inspect") and frame.f_back is not None:
        frame = frame.f_back
    return str(frame.f_globals.get("__name__")).startswith("asyncio.")


def _forward(name: str, function: Callable[..., Any]) -> None:
    @functools.wraps(function)
    def method(self: Pending, *arguments: Any, **keywords: Any) -> Any:
        return function(value_of(self), *arguments, **keywords)

    setattr(Pending, name, method)


def _forward_reflected(name: str, function: Callable[[Any, Any], Any]) -> None:
    setattr(Pending, name, lambda self, other: function(other, value_of(self)))


_FORWARDED: dict[str, Callable[..., Any]] = {
    "__bool__": bool, "__len__": len, "__iter__": iter, "__reversed__": reversed, "__str__": str, "__repr__": repr,
    "__bytes__": bytes, "__format__": format, "__dir__": dir, "__int__": int, "__float__": float,
    "__abs__": abs, "__round__": round, "__divmod__": divmod, "__index__": operator.index, "__neg__": operator.neg,
    "__pos__": operator.pos, "__invert__": operator.invert, "__getitem__": operator.getitem,
    "__setitem__": operator.setitem, "__delitem__": operator.delitem, "__contains__": operator.contains,
    "__eq__": operator.eq, "__ne__": operator.ne, "__lt__": operator.lt, "__le__": operator.le,
    "__gt__": operator.gt, "__ge__": operator.ge, "__call__": lambda value, *a, **k: value(*a, **k),
    "__enter__": lambda value: value.__enter__(), "__exit__": lambda value, *a: value.__exit__(*a),
    "__buffer__": lambda value, flags: memoryview(value),
    "__reduce_ex__": lambda value, version: value.__reduce_ex__(version),
}  # fmt: skip

_OPERATORS = "add sub mul truediv floordiv mod pow and_ or_ xor lshift rshift matmul"

for _name, _function in _FORWARDED.items():
    _forward(_name, _function)

for _name in _OPERATORS.split():
    _dunder = _name.rstrip("_")
    _forward(f"__{_dunder}__", getattr(operator, _name))
    _forward_reflected(f"__r{_dunder}__", getattr(operator, _name))
