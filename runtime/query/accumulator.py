"""What an aggregation makes of many values: `count`, `min`, `max`, `avg` and `sum` (protocol section 3.13)."""

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Protocol

from runtime.query.literal import is_number
from runtime.query.ordered_key import encoded
from runtime.query.ordering import MISSING


class Accumulator(Protocol):
    """One figure under way. It takes each value, or `MISSING`, and forgets it."""

    def add(self, value: Any) -> int:
        """Take a value. Answers how many bytes more are held for it than before, roughly."""

    def result(self) -> Any:
        """The figure. Raises OverflowError when it is larger than a double can be."""


class Count:
    """How many there were, whatever their values."""

    __slots__ = ("_count",)

    def __init__(self) -> None:
        self._count = 0

    def add(self, value: Any) -> int:  # noqa: ARG002
        self._count += 1
        return 0

    def result(self) -> int:
        return self._count


class Extreme:
    """The least or the greatest by MongoDB's order across types, the first of equals; None if there is only null."""

    __slots__ = ("_greatest", "_key", "_value")

    def __init__(self, *, greatest: bool) -> None:
        self._greatest = greatest
        self._key = b""
        self._value: Any = None

    def add(self, value: Any) -> int:
        if value is None or value is MISSING:
            return 0
        key, before = encoded(value), self._key
        if before and (key <= before if self._greatest else key >= before):
            return 0
        self._key, self._value = key, value
        return len(key) - len(before)

    def result(self) -> Any:
        return self._value


class Sum:
    """Of the numbers alone; 0 if there are none.

    Whole numbers add up exactly. Others are rounded once, at the end, so that their order does not matter.
    """

    __slots__ = ("_parts", "_whole")

    def __init__(self) -> None:
        self._whole = 0
        # Floats whose digits do not overlap, and which add up to the sum without any error (J. R. Shewchuk, 1997).
        self._parts: list[float] = []

    def add(self, value: Any) -> int:
        if type(value) is int:
            self._whole += value
        elif type(value) is float:
            self._add_float(value)
        return 0

    def result(self) -> int | float:
        total = math.fsum((*self._parts, *_floats(self._whole))) if self._parts else self._whole
        if not is_number(total):
            raise OverflowError
        return total

    def _add_float(self, value: float) -> None:
        kept = 0
        for part in self._parts:
            larger, smaller = (value, part) if abs(value) >= abs(part) else (part, value)
            value = larger + smaller
            error = smaller - (value - larger)
            if error:
                self._parts[kept] = error
                kept += 1
        self._parts[kept:] = [value]


def _floats(whole: int) -> Iterator[float]:
    """Floats that add up to it exactly. Raises OverflowError."""
    while whole:
        part = float(whole)
        whole -= int(part)
        yield part


class Average:
    """Of the numbers alone; None if there are none."""

    __slots__ = ("_count", "_sum")

    def __init__(self) -> None:
        self._sum = Sum()
        self._count = 0

    def add(self, value: Any) -> int:
        if type(value) in (int, float):
            self._count += 1
        return self._sum.add(value)

    def result(self) -> float | None:
        return self._sum.result() / self._count if self._count else None


FUNCTIONS: Mapping[str, Callable[[], Accumulator]] = {
    "count": Count,
    "min": partial(Extreme, greatest=False),
    "max": partial(Extreme, greatest=True),
    "avg": Average,
    "sum": Sum,
}
"""By the names that the protocol has for them."""
