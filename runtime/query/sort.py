"""The order of documents, as in the header `X-Everlive-Sort` (protocol section 3.10)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import total_ordering
from typing import Any

from runtime.query.interruption import watched
from runtime.query.invalid import Invalid, answered_with, inside, kind
from runtime.query.ordering import MISSING, UNDEFINED, OrderKey, order_key
from runtime.query.path import Path, array_index

MAX_FIELDS = 32


@dataclass(frozen=True)
class SortField:
    path: Path
    descending: bool


@dataclass(frozen=True)
class Sort:
    """Fields by priority. Without any, documents keep their order.

    An array sorts by its least element, or by its greatest when descending; an empty one comes before null.
    """

    fields: tuple[SortField, ...]

    @classmethod
    def parse(cls, value: Any) -> "Sort":
        """Read `{"Author": 1, "Title": -1}`; `None` and `{}` are no order. Raises ReliveError 601."""
        with answered_with(601):
            if value is None:
                return cls(())
            if not isinstance(value, dict):
                raise Invalid("sort", f'must be an object such as {{"Title": 1}}, not {kind(value)}')
            require_few_fields(value, "sort")
            return cls(tuple(_field(name, direction, inside("sort", name)) for name, direction in value.items()))

    def key(self, document: dict[str, Any]) -> tuple[Any, ...]:
        """What to sort by: for `sorted`, `heapq.nsmallest` and the like, which keep equals in their order."""
        return tuple(_field_key(field, document) for field in self.fields)

    def sorted(self, documents: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """The documents in this order; equals stay in theirs."""
        return sorted(documents, key=self.key) if self.fields else list(documents)


def is_descending(direction: Any, where: str) -> bool:
    """What 1 and -1 mean. Raises `Invalid` for anything else."""
    if isinstance(direction, bool) or direction not in (1, -1):
        raise Invalid(where, "must be 1 or -1")
    return bool(direction == -1)


def require_few_fields(fields: Mapping[str, Any], where: str) -> None:
    """Raise `Invalid` for more than `MAX_FIELDS`: each goes through all of a document's arrays once more."""
    if len(fields) > MAX_FIELDS:
        raise Invalid(where, f"has {len(fields)} fields, and may have {MAX_FIELDS}")


@total_ordering
@dataclass(frozen=True)
class _Reversed:
    key: OrderKey

    def __lt__(self, other: "_Reversed") -> bool:
        return other.key < self.key


def _field(name: str, direction: Any, where: str) -> SortField:
    return SortField(Path.parse(name, where), is_descending(direction, where))


def _field_key(field: SortField, document: dict[str, Any]) -> OrderKey | _Reversed:
    keys = _keys(document, field.path.names)
    return _Reversed(max(keys)) if field.descending else min(keys)


def _keys(value: Any, names: tuple[str, ...]) -> Iterator[OrderKey]:
    for position, name in enumerate(names):
        if isinstance(value, list):
            yield from _keys_in_array(value, names[position:])
            return
        if not isinstance(value, dict) or name not in value:
            yield order_key(MISSING)
            return
        value = value[name]
    if not isinstance(value, list):
        yield order_key(value)
    elif value:
        yield from map(order_key, watched(value))
    else:
        yield UNDEFINED, 0


def _keys_in_array(array: list[Any], names: tuple[str, ...]) -> Iterator[OrderKey]:
    index = array_index(names[0])
    if index is not None and index < len(array):
        yield from _keys(array[index], names[1:])
    elif not array:
        yield UNDEFINED, 0
    else:
        for element in watched(array):
            yield from _keys(element if isinstance(element, dict) else {}, names)
