"""From an update's JSON to its changes. Everything here raises `Invalid` with the place in the update."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, Literal

from runtime.query.array_change import ELEMENT, AddToSet, ElementOrder, Pop, Pull, PullAll, Push
from runtime.query.change import Arithmetic, Change, Extreme, Rename, SetValue, Unset
from runtime.query.extent import require_moderate
from runtime.query.filter_syntax import is_operators, parse_element_test
from runtime.query.interruption import watched
from runtime.query.invalid import Invalid, inside, kind, require_shallow
from runtime.query.literal import is_number, is_whole, literal
from runtime.query.ordering import order_key
from runtime.query.path import Path
from runtime.query.pattern import require_few_patterns
from runtime.query.sort import is_descending, require_few_fields

_PUSH_MODIFIERS = frozenset(("$each", "$position", "$slice", "$sort"))


def parse_update(value: Any) -> tuple[Change, ...]:
    """The changes of a whole update. A plain object is `$set` (protocol section 3.4)."""
    if not isinstance(value, dict):
        raise Invalid("", f"an update must be an object, not {kind(value)}")
    require_shallow(value)
    require_few_patterns(value)
    changes = [
        change
        for operator, fields in (value if is_operators(value) else {"$set": value}).items()
        for change in _changes(operator, fields, where=operator if is_operators(value) else "")
    ]
    _require_no_conflict(changes)
    require_moderate(change.test for change in changes if isinstance(change, Pull))
    return tuple(changes)


def _changes(operator: str, fields: Any, where: str) -> list[Change]:
    if not operator.startswith("$"):
        raise Invalid(where, "a field among update operators; put it into $set")
    if operator not in _OPERATORS:
        raise Invalid(where, "unknown update operator")
    if not isinstance(fields, dict):
        raise Invalid(where, f'must be an object of fields, such as {{"Likes": ...}}, not {kind(fields)}')
    changes = []
    for name, operand in watched(fields.items()):
        place = inside(where, name)
        changes.append(_OPERATORS[operator](place, Path.parse(name, place), operand))
    return changes


def _require_no_conflict(changes: list[Change]) -> None:
    # In this order, a path that is inside others comes right before one of them.
    paths = sorted((path for change in changes for path in change.paths), key=lambda path: path.names)
    for path, following in pairwise(paths):
        if path.overlaps(following):
            inner = "the same" if path == following else f"{following}, which is inside it"
            raise Invalid(str(path), f"conflicts with another change of {inner}, in one update")


def _set(where: str, path: Path, operand: Any) -> Change:
    return SetValue(where, path, _storable(operand, where))


def _unset(where: str, path: Path, _operand: Any) -> Change:
    return Unset(where, path)


def _arithmetic(operator: Literal["$inc", "$mul"]) -> Callable[[str, Path, Any], Change]:
    def parse(where: str, path: Path, operand: Any) -> Change:
        if not is_number(_storable(operand, where)):
            raise Invalid(where, f"must be a number, not {kind(operand)}")
        return Arithmetic(where, path, operator, operand)

    return parse


def _extreme(operator: Literal["$min", "$max"]) -> Callable[[str, Path, Any], Change]:
    return lambda where, path, operand: Extreme(where, path, operator, _storable(operand, where))


def _rename(where: str, path: Path, operand: Any) -> Change:
    if not isinstance(operand, str):
        raise Invalid(where, f"the new name must be a text, not {kind(operand)}")
    new_path = Path.parse(operand, where)
    if path.overlaps(new_path):
        raise Invalid(where, f"cannot be renamed to {operand}: one of the two is the other, or inside it")
    return Rename(where, path, new_path)


def _push(where: str, path: Path, operand: Any) -> Change:
    if not is_operators(operand):
        return Push(where, path, [_storable(operand, where)])
    for modifier in operand:
        if modifier not in _PUSH_MODIFIERS:
            raise Invalid(inside(where, modifier), "unknown modifier; there are $each, $position, $slice and $sort")
    order = _element_order(operand["$sort"], inside(where, "$sort")) if "$sort" in operand else None
    return Push(
        where,
        path,
        _each(operand, where),
        position=_whole(operand, "$position", where),
        order=order,
        slice=_whole(operand, "$slice", where),
    )


def _push_all(where: str, path: Path, operand: Any) -> Change:
    return Push(where, path, _values(operand, where))


def _add_to_set(where: str, path: Path, operand: Any) -> Change:
    if not is_operators(operand):
        return AddToSet(where, path, [_storable(operand, where)])
    for modifier in operand:
        if modifier != "$each":
            raise Invalid(inside(where, modifier), "unknown modifier; there is only $each")
    return AddToSet(where, path, _each(operand, where))


def _pop(where: str, path: Path, operand: Any) -> Change:
    if isinstance(operand, bool) or operand not in (1, -1):
        raise Invalid(where, "must be 1 for the last element or -1 for the first")
    return Pop(where, path, first=operand == -1)


def _pull(where: str, path: Path, operand: Any) -> Change:
    if not isinstance(operand, dict):
        return PullAll(where, path, frozenset((order_key(_storable(operand, where)),)))
    test, objects = parse_element_test(operand, where, Path((ELEMENT,)))
    return Pull(where, path, test, objects)


def _pull_all(where: str, path: Path, operand: Any) -> Change:
    return PullAll(where, path, frozenset(order_key(value) for value in _values(operand, where)))


def _each(operand: dict[str, Any], where: str) -> list[Any]:
    if "$each" not in operand:
        raise Invalid(where, "needs $each beside its modifiers")
    return _values(operand["$each"], inside(where, "$each"))


def _values(operand: Any, where: str) -> list[Any]:
    if not isinstance(operand, list):
        raise Invalid(where, f"must be an array, not {kind(operand)}")
    return [_storable(value, inside(where, index)) for index, value in enumerate(watched(operand))]


def _whole(operand: dict[str, Any], modifier: str, where: str) -> int | None:
    if modifier not in operand:
        return None
    number = operand[modifier]
    if not is_whole(number):
        raise Invalid(inside(where, modifier), "must be a whole number")
    return int(number)


def _element_order(operand: Any, where: str) -> ElementOrder:
    if not isinstance(operand, dict):
        return ElementOrder((), descending=is_descending(operand, where))
    if not operand:
        raise Invalid(where, "must not be empty")
    require_few_fields(operand, where)
    places = ((name, inside(where, name), direction) for name, direction in operand.items())
    return ElementOrder(tuple((Path.parse(name, place), is_descending(way, place)) for name, place, way in places))


def _storable(value: Any, where: str) -> Any:
    return literal(value, where, "and no stored name may start with $")


_OPERATORS: Mapping[str, Callable[[str, Path, Any], Change]] = {
    "$set": _set,
    "$unset": _unset,
    "$inc": _arithmetic("$inc"),
    "$mul": _arithmetic("$mul"),
    "$min": _extreme("$min"),
    "$max": _extreme("$max"),
    "$rename": _rename,
    "$push": _push,
    "$pushAll": _push_all,
    "$addToSet": _add_to_set,
    "$pop": _pop,
    "$pull": _pull,
    "$pullAll": _pull_all,
}
