"""Calls to the host: they are started here, and their replies arrive here."""

import json
from collections.abc import Callable
from typing import Any

import wit_world


class HostCall:
    """One call under way. `reply` is set when it has ended."""

    def __init__(self, capability: str) -> None:
        self.capability = capability
        self.reply: dict[str, Any] | None = None
        self._waiting: list[Callable[[], object]] = []

    def on_reply(self, callback: Callable[[], object]) -> None:
        """Have `callback` called once the reply is there."""
        self._waiting.append(callback)

    def end(self, reply: dict[str, Any]) -> None:
        self.reply = reply
        for callback in self._waiting:
            callback()


_under_way: dict[int, HostCall] = {}
_open = [False]
_refusal: list[BaseException] = []


def open_door() -> None:
    """From here on user code may call the host; while a file's top level runs it may not."""
    _open[0] = True


def refuse_all(exception: BaseException) -> None:
    """From here on no call is started: who tries gets this exception."""
    _refusal.append(exception)


def refusal() -> BaseException | None:
    """What calls are refused with, if they are."""
    return _refusal[0] if _refusal else None


def start(capability: str, arguments: str) -> HostCall:
    """Start a call; `arguments` is a JSON object. Raises RuntimeError while the top level of a file runs."""
    if _refusal:
        raise _refusal[0]
    if not _open[0]:
        raise RuntimeError(f"{capability} is not available in the top-level code of a file. Call it inside a handler.")
    call = HostCall(capability)
    _under_way[wit_world.start(capability, arguments)] = call
    return call


def anything_under_way() -> bool:
    return bool(_under_way)


def wait(timeout: float | None) -> bool:
    """Wait up to `timeout` seconds (None: without limit) for any call to end; True when one did."""
    milliseconds = None if timeout is None else min(int(timeout * 1000 + 0.999), 2**32 - 1)
    completion = wit_world.wait(milliseconds)
    if completion is None:
        return False
    number, reply = completion
    call = _under_way.pop(number, None)
    if call is not None:
        call.end(json.loads(reply))
    return True


def wait_for(call: HostCall) -> dict[str, Any]:
    """The reply of `call`, once it is there. Other calls that end in the meantime get theirs, too."""
    while call.reply is None:
        wait(None)
    return call.reply


def forget_call() -> None:
    """Be as before any call."""
    _under_way.clear()
    _refusal.clear()
    _open[0] = False
