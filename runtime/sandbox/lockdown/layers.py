"""What each layer of the lock-down says of itself: that it is there, or why it is not."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass


class NotAvailable(Exception):
    """This system does not have the layer, or does not let us have it; the message says why."""


@dataclass(frozen=True)
class Layer:
    """One layer: its name, whether it is active, and in a few words what it is or why it is missing."""

    name: str
    active: bool
    detail: str


def attempt(name: str, apply: Callable[[], str]) -> Layer:
    """Apply a layer to this process. One that cannot be had is reported; all others still hold."""
    try:
        return Layer(name, True, apply())
    except (NotAvailable, OSError, ValueError) as exception:  # ValueError is what setrlimit raises for some values
        return Layer(name, False, reason(exception))


def reason(exception: Exception) -> str:
    """Why a layer cannot be had, without the numbers that errors of the system start with."""
    return (exception.strerror if isinstance(exception, OSError) else None) or str(exception)


def summary(layers: Sequence[Layer]) -> str:
    """All layers in one line, for a log."""
    active = [layer.name for layer in layers if layer.active]
    missing = [f"{layer.name} ({layer.detail})" for layer in layers if not layer.active]
    line = f"The sandbox is locked by {', '.join(active)}." if active else "The sandbox is not locked from outside."
    return f"{line} Missing: {', '.join(missing)}." if missing else line


def encode(layers: Sequence[Layer]) -> str:
    return json.dumps([asdict(layer) for layer in layers])


def decode(text: str) -> tuple[Layer, ...]:
    return tuple(Layer(**told) for told in json.loads(text))
