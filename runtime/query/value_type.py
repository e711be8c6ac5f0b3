"""The types that `$type` asks for, by MongoDB's numbers and names (MongoDB manual, "BSON Types")."""

from typing import Any

from runtime.query.literal import is_whole
from runtime.query.ordering import ARRAY, BOOLEAN, DATE, MISSING, NULL, NUMBER, OBJECT, TEXT, order_key

_NUMBERS = {
    1: "double",
    2: "string",
    3: "object",
    4: "array",
    5: "binData",
    6: "undefined",
    7: "objectId",
    8: "bool",
    9: "date",
    10: "null",
    11: "regex",
    12: "dbPointer",
    13: "javascript",
    14: "symbol",
    15: "javascriptWithScope",
    16: "int",
    17: "timestamp",
    18: "long",
    19: "decimal",
    -1: "minKey",
    127: "maxKey",
}
_NAMES = frozenset(_NUMBERS.values()) | {"number"}
_PLACES = {NULL: "null", TEXT: "string", OBJECT: "object", ARRAY: "array", BOOLEAN: "bool", DATE: "date"}


def type_name(given: Any) -> str | None:
    """MongoDB's name of a type that is given by name or number, None when there is no such type."""
    if isinstance(given, str):
        return given if given in _NAMES else None
    return _NUMBERS.get(int(given)) if is_whole(given) else None


def types_of(value: Any) -> frozenset[str]:
    """The names that a value answers to. A whole number is `int`, or `long` beyond 32 bits; any other is `double`."""
    if value is MISSING:
        return frozenset()
    place, number = order_key(value)
    if place != NUMBER:
        return frozenset((_PLACES[place],))
    if not is_whole(number):
        return frozenset(("number", "double"))
    return frozenset(("number", "int" if -(2**31) <= number < 2**31 else "long"))
