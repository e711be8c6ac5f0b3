"""Figures about documents, in groups: the header `X-Everlive-Aggregate` (protocol section 3.13)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from runtime.query.accumulator import FUNCTIONS, Accumulator
from runtime.query.interruption import watched
from runtime.query.invalid import Invalid, answered_with, inside, kind
from runtime.query.ordered_key import encoded
from runtime.query.ordering import MISSING
from runtime.query.path import Path, array_index

MAX_NAMES = 100
"""Fields to group by; figures for each group."""

MAX_GROUPS = 10_000

MAX_HELD_BYTES = 32 * 2**20
"""How large everything that is kept of the documents may be at any time. No answer is that large."""

_FIGURE_BYTES = 100
"""About what a figure takes, without the value that it may hold."""

_PLACE = "aggregate"
_EVERYTHING = Path(())


@dataclass(frozen=True)
class GroupField:
    """`name` is what the field is called in the results: the path as it was given."""

    name: str
    path: Path


@dataclass(frozen=True)
class Figure:
    """What to work out for each group: `make` begins it. `where` is its place in the expression, for messages."""

    name: str
    path: Path
    make: Callable[[], Accumulator]
    where: str


@dataclass(frozen=True)
class Aggregation:
    """Groups of documents that have equal values in `group_by`, and `figures` about each of them.

    Values are equal as in a filter: 1 equals 1.0, dates equal by their instant, and missing is null. A path leads into
    objects; in an array a number is a place, and any other name stands for the values in all of its objects, as an
    array (MongoDB manual, "Field Path"). Without `group_by` there is one group of everything, also of nothing.
    """

    group_by: tuple[GroupField, ...]
    figures: tuple[Figure, ...]

    @classmethod
    def parse(cls, value: Any) -> "Aggregation":
        """Read `{"GroupBy": ["City", "Year"], "Aggregate": {"Total": {"sum": "Amount"}, "N": {"count": null}}}`.

        Either may be left out. Raises ReliveError 601 with the place and the problem:
        `aggregate.Aggregate.Total: must be an object such as {"sum": "Amount"}, not a text.`
        """
        with answered_with(601):
            if value is not None and not isinstance(value, dict):
                raise Invalid(_PLACE, f"must be an object with GroupBy, Aggregate or both, not {kind(value)}")
            given = value or {}
            for name in given:
                if name not in ("GroupBy", "Aggregate"):
                    raise Invalid(inside(_PLACE, name), "unknown; there are GroupBy and Aggregate")
            group_by = _group_by(given.get("GroupBy"), inside(_PLACE, "GroupBy"))
            figures = _figures(given.get("Aggregate"), inside(_PLACE, "Aggregate"), group_by)
            if not group_by and not figures:
                raise Invalid(_PLACE, "says nothing to do; GroupBy, Aggregate or both are needed")
            return cls(group_by, figures)

    def run(self, documents: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """An object for each group, in the order of their first documents: the fields of `group_by`, then the figures.

        What a group has in a field is what its first document has there, null if that is nothing. Documents are looked
        at one after the other and not kept. Raises ReliveError 601 for too many groups, for values that are too large
        to be kept, and for sums beyond a double.
        """
        with answered_with(601):
            groups = _Groups(self)
            for document in documents:
                groups.add(document)
            return groups.results()


class _Groups:
    def __init__(self, aggregation: Aggregation) -> None:
        self._fields = aggregation.group_by
        self._figures = aggregation.figures
        self._groups: dict[bytes, tuple[list[Any], list[Accumulator]]] = {}
        self._held_bytes = 0
        if not self._fields:
            self._group(b"", [])

    def add(self, document: dict[str, Any]) -> None:
        values = [_value_at(document, field.path.names) for field in self._fields]
        _, accumulators = self._group(b"".join(map(encoded, values)), values)
        for figure, accumulator in zip(self._figures, accumulators, strict=True):
            self._held_bytes += accumulator.add(_value_at(document, figure.path.names))
        if self._held_bytes > MAX_HELD_BYTES:
            size = f"{MAX_HELD_BYTES // 2**20} MB"
            raise Invalid(_PLACE, f"the values in the groups are larger than {size} together; filter for fewer items")

    def results(self) -> list[dict[str, Any]]:
        return [
            {field.name: None if value is MISSING else value for field, value in zip(self._fields, values, strict=True)}
            | {figure.name: _result(figure, one) for figure, one in zip(self._figures, accumulators, strict=True)}
            for values, accumulators in self._groups.values()
        ]

    def _group(self, key: bytes, values: list[Any]) -> tuple[list[Any], list[Accumulator]]:
        group = self._groups.get(key)
        if group is None:
            if len(self._groups) == MAX_GROUPS:
                problem = f"makes more than {MAX_GROUPS:,} groups; filter for fewer items, or group by other fields"
                raise Invalid(inside(_PLACE, "GroupBy"), problem)
            group = self._groups[key] = (values, [figure.make() for figure in self._figures])
            self._held_bytes += len(key) + _FIGURE_BYTES * len(self._figures)
        return group


def _result(figure: Figure, accumulator: Accumulator) -> Any:
    try:
        return accumulator.result()
    except (OverflowError, ValueError):  # ValueError: the sum of two infinities
        raise Invalid(figure.where, "the result is too large for a number") from None


def _value_at(value: Any, names: tuple[str, ...]) -> Any:
    for position, name in enumerate(names):
        if isinstance(value, dict):
            value = value.get(name, MISSING)
        elif not isinstance(value, list):
            return MISSING
        elif (index := array_index(name)) is not None:
            value = value[index] if index < len(value) else MISSING
        else:
            inner = (_value_at(element, names[position:]) for element in watched(value) if isinstance(element, dict))
            return [found for found in inner if found is not MISSING]
    return value


def _group_by(value: Any, where: str) -> tuple[GroupField, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (_group_field(value, where),)
    if not isinstance(value, list):
        raise Invalid(where, f"must be the name of a field or an array of names, not {kind(value)}")
    _require_few(value, where)
    return tuple(_group_field(name, inside(where, index)) for index, name in enumerate(value))


def _group_field(name: Any, where: str) -> GroupField:
    if not isinstance(name, str):
        raise Invalid(where, f"must be the name of a field, not {kind(name)}")
    return GroupField(name, Path.parse(name, where))


def _figures(value: Any, where: str, group_by: tuple[GroupField, ...]) -> tuple[Figure, ...]:
    if value is None:
        return ()
    if not isinstance(value, dict):
        raise Invalid(where, f'must be an object such as {{"Total": {{"sum": "Amount"}}}}, not {kind(value)}')
    _require_few(value, where)
    figures = []
    for name, definition in value.items():
        if any(field.name == name for field in group_by):
            raise Invalid(inside(where, name), "is a field of GroupBy as well; a result can have it only once")
        figures.append(_figure(name, definition, inside(where, name)))
    return tuple(figures)


def _figure(name: str, definition: Any, where: str) -> Figure:
    if not isinstance(definition, dict):
        raise Invalid(where, f'must be an object such as {{"sum": "Amount"}}, not {kind(definition)}')
    functions = f"{', '.join(list(FUNCTIONS)[:-1])} and {list(FUNCTIONS)[-1]}"
    if len(definition) != 1:
        raise Invalid(where, f"must have one function; there are {functions}")
    ((function, argument),) = definition.items()
    place = inside(where, function)
    if function not in FUNCTIONS:
        raise Invalid(place, f"unknown function; there are {functions}")
    if function == "count":  # its argument is ignored (protocol section 3.13)
        return Figure(name, _EVERYTHING, FUNCTIONS[function], where)
    if not isinstance(argument, str):
        raise Invalid(place, f"must be the name of a field, not {kind(argument)}")
    return Figure(name, Path.parse(argument, place), FUNCTIONS[function], where)


def _require_few(names: list[Any] | dict[str, Any], where: str) -> None:
    if len(names) > MAX_NAMES:
        raise Invalid(where, f"has {len(names)} names, and may have {MAX_NAMES}")
