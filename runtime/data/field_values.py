"""Which values a declared field takes, and how it keeps them (protocol section 3.7)."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from runtime.apps.definition import FieldDefinition, FieldType, TypeDefinition
from runtime.errors import ReliveError
from runtime.query.date_time import canonical_day_or_time
from runtime.query.invalid import inside, shown
from runtime.query.literal import is_number

_GEOPOINT = {"longitude": 180, "latitude": 90}


def conform(
    item: dict[str, Any], definition: TypeDefinition, *, only: Collection[str] | None = None, where: str = ""
) -> dict[str, Any]:
    """The item with the values of its declared fields as they are kept; `item` itself stays as it is.

    Fields that are not declared may hold anything, and null may stand everywhere. `only` names the fields to look at,
    None means all. `where` is the item's place, for messages.

    Raises ReliveError 601 with every field whose value does not fit: `Book.Price: "cheap" is not a number.`
    """
    conformed = dict(item)
    problems = []
    for name, declared in definition.fields.items():
        value = item.get(name)
        if value is None or (only is not None and name not in only):
            continue
        try:
            conformed[name] = _KEPT[declared.type](value, declared)
        except _Unfit as unfit:
            problems.append(f"{inside(where, name)}{unfit}.")
    if problems:
        raise ReliveError(601, " ".join(problems))
    return conformed


class _Unfit(Exception):
    """A value that a field does not take: `problem` is the predicate of a sentence about it."""

    def __init__(self, value: Any, problem: str, position: int | None = None) -> None:
        super().__init__(f"{'' if position is None else f'.{position}'}: {shown(value)} {problem}")


def _any(json_type: type, problem: str) -> Callable[[Any, FieldDefinition], Any]:
    def kept(value: Any, _declared: FieldDefinition) -> Any:
        if not isinstance(value, json_type):
            raise _Unfit(value, problem)
        return value

    return kept


def _number(value: Any, _declared: FieldDefinition) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Unfit(value, "is not a number")
    return value


def _date(value: Any, _declared: FieldDefinition) -> str:
    date = canonical_day_or_time(value)
    if date is None:
        raise _Unfit(value, "is not a date such as 2016-02-03T04:05:06.789Z or 2016-02-03")
    return date


def _relation(value: Any, declared: FieldDefinition) -> str | None:
    """An empty text is how forms and older clients say that there is none. It can be no item's Id, and null, unlike
    a text, is never a duplicate in a unique field."""
    if value == "":
        return None
    item_id = id_in(value)
    if item_id is None:
        raise _Unfit(value, f"is not the Id of {_target(declared)}")
    return item_id


def _relations(value: Any, declared: FieldDefinition) -> list[str]:
    if not isinstance(value, list):
        raise _Unfit(value, f"is not an array of Ids, each of {_target(declared)}")
    ids = []
    for position, element in enumerate(value):
        item_id = id_in(element)
        if item_id is None:
            raise _Unfit(element, f"is not the Id of {_target(declared)}", position)
        ids.append(item_id)
    return ids


def id_in(value: Any) -> str | None:
    """The Id that stands for an item, or that is in one: clients send expanded items back as they got them."""
    item_id = value.get("Id") if isinstance(value, dict) else value
    return item_id if isinstance(item_id, str) and item_id else None


def _target(declared: FieldDefinition) -> str:
    return "a file" if declared.type == "file" else f"an item of {declared.to}"


def _geopoint(value: Any, _declared: FieldDefinition) -> dict[str, Any]:
    if not isinstance(value, dict) or value.keys() != _GEOPOINT.keys():
        raise _Unfit(value, 'is not a geopoint; write {"longitude": 23.37, "latitude": 42.65}, and nothing else in it')
    for name, bound in _GEOPOINT.items():
        if not is_number(value[name]) or abs(value[name]) > bound:
            raise _Unfit(value, f"is not a geopoint; its {name} must be a number from -{bound} to {bound}")
    return value


_KEPT: Mapping[FieldType, Callable[[Any, FieldDefinition], Any]] = {
    "text": _any(str, "is not a text"),
    "number": _number,
    "boolean": _any(bool, "is not a boolean, true or false"),
    "date": _date,
    "array": _any(list, "is not an array"),
    "object": _any(dict, "is not an object"),
    "geopoint": _geopoint,
    "file": _relation,
    "relation": _relation,
    "relations": _relations,
}
