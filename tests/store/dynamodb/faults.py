"""Which faults a call of an operation may meet, and what is to become of it."""

from collections.abc import Callable, Iterable
from typing import Any

from tests.store.stand_ins.faulty import Fault

DONE = frozenset({Fault.ERROR_AFTER, Fault.LOST, Fault.CUT, Fault.TOO_SLOW})
"""After these the request was applied, which its sender cannot know."""

PASSING = [
    Fault.ERROR,
    Fault.ERROR_AFTER,
    Fault.UNAVAILABLE,
    Fault.RESET,
    Fault.LOST,
    Fault.CUT,
    Fault.THROTTLED,
    Fault.LIMITED,
    Fault.CONFLICT,
    Fault.SLOW,
    Fault.TOO_SLOW,
    Fault.PARTIAL,
    Fault.TRUNCATED_PAGE,
]
"""Faults that an operation survives if they happen once."""

BUSY = frozenset({Fault.THROTTLED, Fault.LIMITED, Fault.CONFLICT})
"""What ends in StoreBusyError if it never ends."""

ONLY = {
    Fault.CONFLICT: {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"},
    Fault.PARTIAL: {"BatchGetItem", "BatchWriteItem"},
    Fault.TRUNCATED_PAGE: {"Query", "Scan"},
}
"""Faults that only these calls can meet."""


def can_meet(fault: Fault, call: str) -> bool:
    return call in ONLY.get(fault, {call})


def positions(fault: Fault, calls: Iterable[str]) -> list[int]:
    """The calls that can meet the fault, by their place."""
    return [place for place, call in enumerate(calls) if can_meet(fault, call)]


def outcome(act: Callable[[], Any]) -> Any:
    """What an operation answers, or the kind of error in which it ends."""
    try:
        return act()
    except Exception as error:
        return type(error)
