"""How a call of the sandbox ends. What the texts mean is agreed between `cloudcode` and the guests."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finished:
    """The handler ran to its end; `text` is the guest's answer."""

    text: str


@dataclass(frozen=True)
class NotDefined:
    """The code could not be loaded; `text` is the guest's reason."""

    text: str


@dataclass(frozen=True)
class TimedOut:
    """The deadline passed and the runner was killed.

    `defining` tells that the code was still being loaded; `waiting_for` are the capabilities it was waiting for.
    """

    defining: bool
    waiting_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class Crashed:
    """The guest was stopped by the engine, or its runner died."""

    reason: str


Ending = Finished | NotDefined | TimedOut | Crashed
