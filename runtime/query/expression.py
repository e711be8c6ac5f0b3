"""The tree that a filter is parsed into. A store may read it, to answer part of it from its indexes."""

from dataclasses import dataclass
from typing import Any

from runtime.query.condition import Condition, Equals
from runtime.query.ordering import OrderKey, order_key
from runtime.query.path import Path


@dataclass(frozen=True)
class Field:
    """Any of the values at `path` meets `condition`."""

    path: Path
    condition: Condition

    def matches(self, document: Any) -> bool:
        holds = self.condition.holds
        return any(holds(value) for value in self.path.values(document, elements=self.condition.elements))


@dataclass(frozen=True)
class HasAll:
    """`$all`: each of the operands equals any of the values at `path`, which are gone through once for all of them.

    Two operands at least differ, so that no single value is enough. `keys` are those of the operands.
    """

    path: Path
    operands: tuple[Any, ...]
    keys: frozenset[OrderKey]

    def matches(self, document: Any) -> bool:
        wanted = set(self.keys)
        for value in self.path.values(document, elements=Equals.elements):
            wanted.discard(order_key(value))
            if not wanted:
                return True
        return False

    def some(self, count: int) -> tuple[Field, ...]:
        """What holds wherever this does: that the first operands are there, and nothing about the others."""
        return tuple(Field(self.path, Equals(operand, order_key(operand))) for operand in self.operands[:count])


@dataclass(frozen=True)
class And:
    """All of the parts hold. Without parts it matches everything."""

    parts: tuple["Expression", ...]

    def matches(self, document: Any) -> bool:
        return all(part.matches(document) for part in self.parts)


@dataclass(frozen=True)
class Or:
    """Any of the parts holds. Without parts it matches nothing."""

    parts: tuple["Expression", ...]

    def matches(self, document: Any) -> bool:
        return any(part.matches(document) for part in self.parts)


@dataclass(frozen=True)
class Not:
    """The part does not hold: also where there is no value at all."""

    part: "Expression"

    def matches(self, document: Any) -> bool:
        return not self.part.matches(document)


Expression = Field | HasAll | And | Or | Not
