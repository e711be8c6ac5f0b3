"""How much a filter may ask of each document: conditions and patterns, in all of its parts together."""

from collections.abc import Iterable, Iterator
from typing import Any

from runtime.query.condition import HasElement, MatchesPattern
from runtime.query.expression import And, Field, Not, Or
from runtime.query.invalid import Invalid
from runtime.query.pattern import MAX_PROGRAMS, Pattern

MAX_CONDITIONS = 500
"""Conditions of one filter, or of all `$pull` in one update. However many operands `$in` or `$all` has, it is one."""


def require_moderate(expressions: Iterable[Any]) -> None:
    """Raise `Invalid` for expressions that have too many conditions, or too large patterns, together."""
    conditions = programs = 0
    for condition in _conditions(expressions):
        conditions += 1
        if isinstance(condition, Pattern):
            programs += condition.program_size
    if conditions > MAX_CONDITIONS:
        raise Invalid("", f"more than {MAX_CONDITIONS} conditions; to ask for many values of a field, use $in or $all")
    if programs > MAX_PROGRAMS:
        raise Invalid("", "the patterns are too large together; use fewer or smaller ones")


def _conditions(expressions: Iterable[Any]) -> Iterator[Any]:
    """What each leaf asks. A part without any condition takes time as well, and counts as one."""
    for expression in expressions:
        match expression:
            case And(parts) | Or(parts) if parts:
                yield from _conditions(parts)
            case Not(part):
                yield from _conditions((part,))
            case Field(condition=HasElement(test=part)):
                yield expression
                yield from _conditions((part,))
            case Field(condition=MatchesPattern(pattern)):
                yield pattern
            case _:
                yield expression
