"""What a filter may ask of the value at a path. Negations are not here: they negate the filter around it."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

from runtime.errors import ReliveError
from runtime.query.interruption import watched
from runtime.query.literal import is_number
from runtime.query.ordering import MISSING, OrderKey, order_key
from runtime.query.pattern import Pattern, TextTooLongError
from runtime.query.value_type import types_of

Direction = Literal["$gt", "$gte", "$lt", "$lte"]


class Condition(Protocol):
    """`elements` tells whether an array meets it through any of its elements, or only as a whole."""

    elements: ClassVar[bool]

    def holds(self, value: Any) -> bool:
        """Whether one value, or `MISSING`, meets it."""


@dataclass(frozen=True)
class Equals:
    """`$eq`. What is missing equals null."""

    operand: Any
    key: OrderKey
    elements: ClassVar[bool] = True

    def holds(self, value: Any) -> bool:
        return order_key(value) == self.key


@dataclass(frozen=True)
class Compares:
    """`$gt`, `$gte`, `$lt` and `$lte`, which hold only between values of one type."""

    direction: Direction
    operand: Any
    key: OrderKey
    elements: ClassVar[bool] = True

    def holds(self, value: Any) -> bool:
        key = order_key(value)
        if key[0] != self.key[0]:
            return False
        match self.direction:
            case "$gt":
                return key > self.key
            case "$gte":
                return key >= self.key
            case "$lt":
                return key < self.key
            case "$lte":
                return key <= self.key


@dataclass(frozen=True)
class EqualsAny:
    """`$in`."""

    operands: tuple[Any, ...]
    keys: frozenset[OrderKey]
    elements: ClassVar[bool] = True

    def holds(self, value: Any) -> bool:
        return order_key(value) in self.keys


@dataclass(frozen=True)
class Exists:
    """`$exists: true`. Null exists."""

    elements: ClassVar[bool] = True

    def holds(self, value: Any) -> bool:
        return value is not MISSING


@dataclass(frozen=True)
class HasType:
    """`$type`, by MongoDB's names of types."""

    types: frozenset[str]
    elements: ClassVar[bool] = True

    def holds(self, value: Any) -> bool:
        return not self.types.isdisjoint(types_of(value))


@dataclass(frozen=True)
class HasRemainder:
    """`$mod`. Fractions are cut off first; the remainder has the sign of the number."""

    divisor: int
    remainder: int
    elements: ClassVar[bool] = True

    def holds(self, value: Any) -> bool:
        if not is_number(value):
            return False
        number = int(value)
        remainder = abs(number) % abs(self.divisor)
        return (remainder if number >= 0 else -remainder) == self.remainder


@dataclass(frozen=True)
class MatchesPattern:
    """`$regex`. `where` is its place in the filter, for a text in which it cannot be searched for."""

    pattern: Pattern
    where: str = field(compare=False)
    elements: ClassVar[bool] = True

    def holds(self, value: Any) -> bool:
        """Raises ReliveError 601 for a text that is too long for the pattern."""
        try:
            return self.pattern.found_in(value)
        except TextTooLongError as error:
            raise ReliveError(601, f"{self.where}: {error}. Use smaller repetitions, or other classes.") from None


@dataclass(frozen=True)
class HasSize:
    """`$size`."""

    size: int
    elements: ClassVar[bool] = False

    def holds(self, value: Any) -> bool:
        return isinstance(value, list) and len(value) == self.size


class Test(Protocol):
    """A whole filter, as far as `HasElement` needs to know."""

    def matches(self, document: Any) -> bool: ...


@dataclass(frozen=True)
class HasElement:
    """`$elemMatch`: one element alone meets the whole test. With `objects`, the test is for objects."""

    test: Test
    objects: bool
    elements: ClassVar[bool] = False

    def holds(self, value: Any) -> bool:
        return isinstance(value, list) and any(self._meets(element) for element in watched(value))

    def _meets(self, element: Any) -> bool:
        if not self.objects:
            return self.test.matches(element)
        if isinstance(element, list):  # an array inside the array counts as an object of its positions
            element = {str(position): inner for position, inner in enumerate(watched(element))}
        return isinstance(element, dict) and self.test.matches(element)
