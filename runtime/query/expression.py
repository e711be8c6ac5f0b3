"""The tree that a filter is parsed into. A store may read it, to answer part of it from its indexes."""

from dataclasses import dataclass
from typing import Any

from runtime.query.condition import Condition
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


Expression = Field | And | Or | Not
