"""Which faults a call of an operation may meet, and what is to become of it."""

import itertools
from collections.abc import Callable, Sequence
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

LASTING = [*PASSING[: PASSING.index(Fault.SLOW)], Fault.TOO_SLOW, Fault.DENIED]
"""Faults that an operation does not survive if they never end."""

BUSY = frozenset({Fault.THROTTLED, Fault.LIMITED, Fault.CONFLICT})
"""What ends in StoreBusyError if it never ends."""

ONLY = {
    Fault.CONFLICT: {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"},
    Fault.PARTIAL: {"BatchGetItem", "BatchWriteItem"},
    Fault.TRUNCATED_PAGE: {"Query", "Scan"},
}
"""Faults that only these calls can meet."""


WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"})

REFUSALS = [Fault.DENIED, Fault.THROTTLED, Fault.CONFLICT, Fault.UNAVAILABLE, Fault.RESET]
"""What the one who repeats a request may be told, though it was applied at first."""

PATIENCE_SECONDS = 0.4
"""How long a request is tried that never passes."""


def can_meet(fault: Fault, call: str) -> bool:
    return call in ONLY.get(fault, {call})


def positions(fault: Fault, calls: Sequence[str]) -> list[int]:
    """The calls that can meet the fault, by their place: of each row of calls of one kind the first and the last."""
    ends = [place for row in rows(calls) for place in (row[0], row[-1])]
    return [place for place in dict.fromkeys(ends) if can_meet(fault, calls[place])]


def first_and_deciding_write(calls: Sequence[str]) -> tuple[int, int]:
    """The places of the first write, and of the one from which on there is what was to be written.

    If these are two, the first ones prepare it, and those after it tidy up.
    """
    writes = [row[0] for row in rows(calls) if calls[row[0]] in WRITES]
    return writes[0], writes[-1]


def rows(calls: Sequence[str]) -> list[list[int]]:
    """The places of calls, those together that follow each other and are of one kind."""
    return [list(places) for _, places in itertools.groupby(range(len(calls)), key=calls.__getitem__)]


def outcome(act: Callable[[], Any]) -> Any:
    """What an operation answers, or the kind of error in which it ends."""
    try:
        return act()
    except Exception as error:
        return type(error)
