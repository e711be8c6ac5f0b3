"""What a host call answers at once: a stand-in for the value that will come."""

import asyncio
import functools
import json
import operator
from collections.abc import Callable, Generator
from typing import Any

from relive_guest import host

Convert = Callable[[dict[str, Any]], Any]

_all: list["Pending"] = []


class Pending:
    """The value of a host call that has been started.

    `await` waits without holding up other tasks. Any other use, such as an attribute, an index or a loop over it, waits right there.
    """

    __slots__ = ("_call", "_convert", "_outcome", "_seen")

    def __init__(self, call: host.HostCall, convert: Convert) -> None:
        object.__setattr__(self, "_call", call)
        object.__setattr__(self, "_convert", convert)
        object.__setattr__(self, "_outcome", None)
        object.__setattr__(self, "_seen", False)
        _all.append(self)

    def __await__(self) -> Generator[Any, None, Any]:
        call = self._call
        if call.reply is None:
            loop = asyncio.get_running_loop()
            future = loop.create_future()
            earlier = call.on_reply

            def wake() -> None:
                if earlier is not None:
                    earlier()
                if not future.done():
                    future.set_result(None)

            call.on_reply = wake
            yield from future
        return value_of(self)

    def __getattr__(self, name: str) -> Any:
        return getattr(value_of(self), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(value_of(self), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(value_of(self), name)

    @property
    def __class__(self) -> type:  # type: ignore[override]
        # Inside a running loop asyncio asks for the class to find out what it was given; that must not wait.
        if self._call.reply is None and asyncio._get_running_loop() is not None:
            return Pending
        return type(value_of(self))


def value_of(value: Any) -> Any:
    """The value itself; waits for it when it is pending. Raises what the call failed with."""
    if type(value) is not Pending:
        return value
    if value._outcome is None:
        reply = host.wait_for(value._call)
        object.__setattr__(value, "_outcome", _outcome_of(reply, value._convert))
    object.__setattr__(value, "_seen", True)
    result, exception = value._outcome
    if exception is not None:
        raise exception
    return result


def _outcome_of(reply: dict[str, Any], convert: Convert) -> tuple[Any, BaseException | None]:
    try:
        return convert(reply), None
    except Exception as exception:
        return None, exception


def finish_all() -> list[str]:
    """Wait for every call that was never awaited; answers a sentence for each that failed unseen."""
    complaints = []
    for pending in _all:
        reply = host.wait_for(pending._call)
        if not pending._seen and "error" in reply:
            complaints.append(f"{pending._call.capability} failed and nobody looked: {reply['error'].get('message')}")
    return complaints


def forget_call() -> None:
    """Be as before any call."""
    _all.clear()


def _forward(name: str, function: Callable[..., Any]) -> None:
    @functools.wraps(function)
    def method(self: Pending, *arguments: Any, **keywords: Any) -> Any:
        return function(value_of(self), *arguments, **keywords)

    setattr(Pending, name, method)


def _forward_reflected(name: str, function: Callable[[Any, Any], Any]) -> None:
    setattr(Pending, name, lambda self, other: function(other, value_of(self)))


for _name, _function in {
    "__bool__": bool, "__len__": len, "__iter__": iter, "__reversed__": reversed, "__str__": str, "__repr__": repr,
    "__bytes__": bytes, "__format__": format, "__dir__": dir, "__int__": int, "__float__": float,
    "__abs__": abs, "__round__": round, "__divmod__": divmod, "__index__": operator.index, "__neg__": operator.neg,
    "__pos__": operator.pos, "__invert__": operator.invert, "__getitem__": operator.getitem,
    "__setitem__": operator.setitem, "__delitem__": operator.delitem, "__contains__": operator.contains,
    "__eq__": operator.eq, "__ne__": operator.ne, "__lt__": operator.lt, "__le__": operator.le,
    "__gt__": operator.gt, "__ge__": operator.ge, "__call__": lambda value, *a, **k: value(*a, **k),
    "__enter__": lambda value: value.__enter__(), "__exit__": lambda value, *a: value.__exit__(*a),
}.items():  # fmt: skip
    _forward(_name, _function)

Pending.__hash__ = object.__hash__  # type: ignore[method-assign]  # asyncio.gather keeps what it is given in a dict

for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and_", "or_", "xor", "lshift", "rshift", "matmul"):
    _dunder = _name.rstrip("_")
    _forward(f"__{_dunder}__", getattr(operator, _name))
    _forward_reflected(f"__r{_dunder}__", getattr(operator, _name))


def _encode_pending(encoder: json.JSONEncoder, value: Any, _original: Any = json.JSONEncoder.default) -> Any:
    return value_of(value) if type(value) is Pending else _original(encoder, value)


json.JSONEncoder.default = _encode_pending  # type: ignore[method-assign]  # json.dumps is plain use, too
