"""From a filter's JSON to its expression. Everything here raises `Invalid` with the place in the filter."""

from collections.abc import Callable, Mapping
from typing import Any

from runtime.query.condition import (
    Compares,
    Condition,
    Direction,
    Equals,
    EqualsAny,
    Exists,
    HasElement,
    HasRemainder,
    HasSize,
    HasType,
    MatchesPattern,
)
from runtime.query.expression import And, Expression, Field, HasAll, Not, Or
from runtime.query.extent import require_moderate
from runtime.query.interruption import watched
from runtime.query.invalid import Invalid, inside, kind, require_shallow
from runtime.query.literal import is_number, is_whole, literal
from runtime.query.ordering import order_key
from runtime.query.path import Path
from runtime.query.pattern import Pattern, require_few_patterns
from runtime.query.value_type import type_name

_LOGICAL = frozenset(("$and", "$or", "$nor"))
_ELSEWHERE = {
    "$where": "scripts in filters are not supported",
    **dict.fromkeys(
        ("$near", "$nearSphere", "$within", "$geoWithin", "$geoIntersects", "$maxDistance"),
        "geospatial operators are not supported",
    ),
}
# The path of a value that is tested by itself.
_ITSELF = Path(())


def parse_filter(value: Any) -> Expression:
    """The expression of a whole filter."""
    require_shallow(value)
    require_few_patterns(value)
    expression = _query(value, "")
    require_moderate((expression,))
    return expression


def parse_element_test(value: Any, where: str, element: Path | None = None) -> tuple[Expression, bool]:
    """The expression for one element of an array, and whether it is for objects (fields) or values (operators).

    One for values tests what is at the path `element`, or the element by itself.
    """
    if not isinstance(value, dict):
        raise Invalid(where, f"must be an object, not {kind(value)}")
    first = next(iter(value), "")
    if first.startswith("$") and first not in _LOGICAL:
        return _operators(element or _ITSELF, value, where), False
    return _query(value, where), True


def is_operators(value: Any) -> bool:
    """Whether a value in a filter holds operators, rather than being what to compare with."""
    return isinstance(value, dict) and any(key.startswith("$") for key in value)


def _query(value: Any, where: str) -> Expression:
    if not isinstance(value, dict):
        raise Invalid(where, f"a filter must be an object, not {kind(value)}")
    return _joined([_clause(key, operand, inside(where, key)) for key, operand in watched(value.items())])


def _clause(key: str, operand: Any, where: str) -> Expression:
    if key in _LOGICAL:
        given = enumerate(watched(_filled_array(operand, where)))
        parts = tuple(_query(part, inside(where, index)) for index, part in given)
        if key == "$and":
            return _joined(list(parts))
        return Or(parts) if key == "$or" else Not(Or(parts))
    if key == "$not":  # only Everlive's JavaScript client has it in this place
        return Not(_query(operand, where))
    if key.startswith("$"):
        raise _unknown(key, where)
    path = Path.parse(key, where)
    if is_operators(operand):
        return _operators(path, operand, where)
    return Field(path, _equals(operand, where))


def _operators(path: Path, operators: dict[str, Any], where: str) -> Expression:
    if "$options" in operators and "$regex" not in operators:
        raise Invalid(inside(where, "$options"), "needs a $regex beside it")
    parts: list[Expression] = []
    for operator, operand in operators.items():
        place = inside(where, operator)
        if not operator.startswith("$"):
            raise Invalid(place, "a field among operators; to compare with an object, use $eq")
        if operator == "$regex":
            pattern = Pattern.parse(operand, operators.get("$options", ""), where)
            parts.append(Field(path, MatchesPattern(pattern, place)))
        elif operator in _NEGATIONS:
            parts.append(Not(Field(path, _NEGATIONS[operator](operand, place))))
        elif operator in _CONDITIONS:
            parts.append(Field(path, _CONDITIONS[operator](operand, place)))
        elif operator == "$exists":
            parts.append(_exists(path, operand, place))
        elif operator == "$all":
            parts.append(_all(path, operand, place))
        elif operator == "$not":
            parts.append(_not(path, operand, place))
        elif operator != "$options":
            raise _unknown(operator, place)
    return _joined(parts)


def _joined(parts: list[Expression]) -> Expression:
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _unknown(operator: str, where: str) -> Invalid:
    if operator in _ELSEWHERE:
        return Invalid(where, _ELSEWHERE[operator])
    if operator in _LOGICAL:
        return Invalid(where, "stands beside fields, not inside one")
    if operator in _CONDITIONS or operator in _NEGATIONS or operator in ("$all", "$exists", "$regex", "$options"):
        return Invalid(where, "stands inside a field")
    return Invalid(where, "unknown operator")


def _equals(operand: Any, where: str) -> Equals:
    return Equals(_plain(operand, where), order_key(operand))


def _in(operand: Any, where: str) -> EqualsAny:
    operands = tuple(_plain(value, inside(where, index)) for index, value in enumerate(watched(_array(operand, where))))
    return EqualsAny(operands, frozenset(order_key(value) for value in watched(operands)))


def _compares(direction: Direction) -> Callable[[Any, str], Condition]:
    return lambda operand, where: Compares(direction, _plain(operand, where), order_key(operand))


def _size(operand: Any, where: str) -> HasSize:
    if not is_whole(operand) or operand < 0:
        raise Invalid(where, "must be a whole number, 0 or more")
    return HasSize(int(operand))


def _type(operand: Any, where: str) -> HasType:
    names: set[str] = set()
    for given in operand if isinstance(operand, list) else [operand]:
        name = type_name(given)
        if name is None:
            raise Invalid(where, f"{given!r} is not a type; use a name such as string, number, array, or its number")
        names.add(name)
    if not names:
        raise Invalid(where, "must not be empty")
    return HasType(frozenset(names))


def _mod(operand: Any, where: str) -> HasRemainder:
    if not isinstance(operand, list) or len(operand) != 2 or not all(is_number(number) for number in operand):
        raise Invalid(where, "must be an array of two numbers, [divisor, remainder]")
    divisor, remainder = int(operand[0]), int(operand[1])
    if divisor == 0:
        raise Invalid(where, "the divisor must not be 0")
    return HasRemainder(divisor, remainder)


def _element(operand: Any, where: str) -> HasElement:
    return HasElement(*parse_element_test(operand, where))


def _exists(path: Path, operand: Any, where: str) -> Expression:
    if not isinstance(operand, bool) and operand not in (0, 1):
        raise Invalid(where, "must be true or false")
    return Field(path, Exists()) if operand else Not(Field(path, Exists()))


def _all(path: Path, operand: Any, where: str) -> Expression:
    parts: list[Expression] = []
    equals: list[Equals] = []
    for index, value in enumerate(watched(_array(operand, where))):
        place = inside(where, index)
        if isinstance(value, dict) and set(value) == {"$elemMatch"}:
            parts.append(Field(path, _element(value["$elemMatch"], inside(place, "$elemMatch"))))
        else:
            equals.append(_equals(value, place))
    keys = frozenset(each.key for each in equals)
    if len(keys) > 1:
        parts.append(HasAll(path, tuple(each.operand for each in equals), keys))
    elif equals:
        parts.append(Field(path, equals[0]))
    return _joined(parts) if parts else Or(())


def _not(path: Path, operand: Any, where: str) -> Expression:
    if not isinstance(operand, dict) or not operand:
        raise Invalid(where, 'must be an object with operators, such as {"$gt": 5}')
    return Not(_operators(path, operand, where))


def _plain(value: Any, where: str) -> Any:
    return literal(value, where, "use a dotted path to look into objects")


def _array(operand: Any, where: str) -> list[Any]:
    if not isinstance(operand, list):
        raise Invalid(where, f"must be an array, not {kind(operand)}")
    return operand


def _filled_array(operand: Any, where: str) -> list[Any]:
    if not _array(operand, where):
        raise Invalid(where, "must not be empty")
    return _array(operand, where)


_NEGATIONS: Mapping[str, Callable[[Any, str], Condition]] = {"$ne": _equals, "$nin": _in}
_CONDITIONS: Mapping[str, Callable[[Any, str], Condition]] = {
    "$eq": _equals,
    "$in": _in,
    "$gt": _compares("$gt"),
    "$gte": _compares("$gte"),
    "$lt": _compares("$lt"),
    "$lte": _compares("$lte"),
    "$size": _size,
    "$type": _type,
    "$mod": _mod,
    "$elemMatch": _element,
}
