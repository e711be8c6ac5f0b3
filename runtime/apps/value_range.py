"""The range that a value must be in: what of it is limited depends on its type."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runtime.query.date_time import canonical_day_or_time
from runtime.query.invalid import shown
from runtime.query.literal import is_number, is_whole

EXAMPLE_DATE = "2026-01-31T12:00:00Z"

Bounds = tuple[Any, Any]
"""The least and the most that is allowed; None leaves a side open."""


@dataclass(frozen=True)
class Measure:
    """How values of one type are limited.

    `size` is what of a value is compared; `below` and `above` are sentences about it, with that size and the bound.
    `bound` says what a bound must be.
    """

    size: Callable[[Any], Any]
    below: str
    above: str
    bound: str
    is_bound: Callable[[Any], bool]


def _is_length(value: Any) -> bool:
    return is_whole(value) and value >= 0


_NUMBER = Measure(lambda value: value, "is less than {bound}", "is more than {bound}", "a number", is_number)
_DATE = Measure(
    canonical_day_or_time,
    "is earlier than {bound}",
    "is later than {bound}",
    f"a date, such as {EXAMPLE_DATE}",
    lambda value: canonical_day_or_time(value) is not None,
)
_LENGTH = Measure(
    len,
    "has a length of {size}, less than {bound}",
    "has a length of {size}, more than {bound}",
    "a length, which is a whole number from 0",
    _is_length,
)
MEASURES: Mapping[str, Measure] = {"number": _NUMBER, "date": _DATE, "text": _LENGTH, "array": _LENGTH}


def range_problem(type: str | None, bounds: Bounds) -> str | None:
    """What is wrong with a range for values of that type; None if nothing is."""
    if type is None:
        return f"needs a type beside it, which says what is limited: {', '.join(MEASURES)}"
    if type not in MEASURES:
        return f"only values of type {', '.join(MEASURES)} have a range, and this one is of type {type}"
    measure, given = MEASURES[type], [bound for bound in bounds if bound is not None]
    for bound in given:
        if not measure.is_bound(bound):
            return f"{shown(bound)} is not {measure.bound}, as a range of type {type} needs it"
    if not given:
        return "limits nothing; give the least, the most, or both"
    if len(given) == 2 and _in_order(type, given[1]) < _in_order(type, given[0]):
        return f"the least comes first: write [{shown(given[1])}, {shown(given[0])}]"
    return None


def out_of_range(type: str, value: Any, bounds: Bounds) -> Iterator[str]:
    """What a range without problems has against a value of that type: "-1 is less than 0"."""
    measure, (least, most) = MEASURES[type], bounds
    size = measure.size(value)
    if least is not None and size < _in_order(type, least):
        yield f"{shown(value)} {measure.below.format(size=size, bound=least)}"
    if most is not None and size > _in_order(type, most):
        yield f"{shown(value)} {measure.above.format(size=size, bound=most)}"


def _in_order(type: str, bound: Any) -> Any:
    return canonical_day_or_time(bound) if type == "date" else bound
