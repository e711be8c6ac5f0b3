"""What an update does to one field: the operators that are not about arrays."""

import math
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from runtime.query.invalid import Invalid, kind, shown
from runtime.query.literal import is_number
from runtime.query.location import copied, passes_array, put, remove, value_at
from runtime.query.ordering import MISSING, order_key
from runtime.query.path import Path


class Change(Protocol):
    """One operator on one path. `where` is its place in the update, for messages."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """The places that it writes."""

    def make(self, document: dict[str, Any]) -> None:
        """Change `document` in place. Raises `Invalid` when what is there does not allow it."""


@dataclass(frozen=True)
class At:
    """What every change has."""

    where: str
    path: Path

    @property
    def paths(self) -> tuple[Path, ...]:
        return (self.path,)


@dataclass(frozen=True)
class SetValue(At):
    """`$set`."""

    value: Any

    def make(self, document: dict[str, Any]) -> None:
        put(document, self.path, copied(self.value), self.where)


@dataclass(frozen=True)
class Unset(At):
    """`$unset`."""

    def make(self, document: dict[str, Any]) -> None:
        remove(document, self.path)


@dataclass(frozen=True)
class Arithmetic(At):
    """`$inc` and `$mul`. A missing field counts as 0."""

    operator: Literal["$inc", "$mul"]
    operand: int | float

    def make(self, document: dict[str, Any]) -> None:
        value = value_at(document, self.path)
        if value is MISSING:
            value = 0
        elif not is_number(value):
            raise Invalid(self.where, f"{self.path} holds {kind(value)} ({shown(value)}), not a number")
        put(document, self.path, self._result(value), self.where)

    def _result(self, value: int | float) -> int | float:
        try:
            result = value + self.operand if self.operator == "$inc" else value * self.operand
        except OverflowError:  # a whole number that no float can hold
            result = math.inf
        if not is_number(result):
            raise Invalid(self.where, f"the result of {shown(value)} and {shown(self.operand)} is too large")
        return result


@dataclass(frozen=True)
class Extreme(At):
    """`$min` and `$max`: the value is set when it is less, or more, than what is there."""

    operator: Literal["$min", "$max"]
    value: Any

    def make(self, document: dict[str, Any]) -> None:
        present = value_at(document, self.path)
        new, old = order_key(self.value), order_key(present)
        if present is MISSING or (new < old if self.operator == "$min" else new > old):
            put(document, self.path, copied(self.value), self.where)


@dataclass(frozen=True)
class Rename(At):
    """`$rename`. What is at the new name is replaced; neither name may be inside an array."""

    new_path: Path

    @property
    def paths(self) -> tuple[Path, ...]:
        return self.path, self.new_path

    def make(self, document: dict[str, Any]) -> None:
        if passes_array(document, self.path):
            raise Invalid(self.where, f"{self.path} is inside an array, where nothing can be renamed")
        value = value_at(document, self.path)
        if value is MISSING:
            return
        if passes_array(document, self.new_path):
            raise Invalid(self.where, f"{self.new_path} is inside an array, where nothing can be renamed")
        remove(document, self.path)
        put(document, self.new_path, value, self.where)
