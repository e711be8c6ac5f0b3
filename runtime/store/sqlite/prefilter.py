"""Conditions on a body that SQLite can check by itself: they hold for every document that matches, and for some more.

What they let pass is looked at once more. They are there to pass by most of what does not match without Python.
"""

import math
import re
from typing import Any

from runtime.query.condition import (
    Compares,
    Condition,
    Equals,
    EqualsAny,
    Exists,
    HasElement,
    HasRemainder,
    HasSize,
    MatchesPattern,
)
from runtime.query.expression import And, Expression, Field, HasAll, Or
from runtime.query.ordering import BOOLEAN, DATE, NULL, NUMBER, OBJECT, TEXT, order_key
from runtime.store.sqlite.sql import Sql, joined, listed
from runtime.store.sqlite.text import is_utf8

# Far below what SQLite can parse.
MAX_DEPTH = 8
MAX_PARAMETERS = 300

# SQLite compares a name with the JSON text as it stands, so only a name that JSON has no escapes for can be looked up.
_UNQUOTABLE = re.compile(r'["\\\x00-\x1f]')
# SQLite reads fractions less exactly than Python; this is far more than the difference.
_SLACK = 1e-12
_LEAST = 1e-300
_EXACT = 2**53


def prefilter(expression: Expression) -> Sql | None:
    """A condition on `d.body`, None if there is none that would help."""
    return _below(expression, MAX_DEPTH)


def _below(expression: Expression, levels: int) -> Sql | None:
    match expression:
        case Field(path, condition):
            return _field(path.names, condition)
        case HasAll(path):
            return _field(path.names, expression)
        case And(parts) if levels:
            known = [sql for part in parts if (sql := _below(part, levels - 1))]
            return _bounded(joined(" AND ", known)) if known else None
        case Or(parts) if levels:
            known = [sql for part in parts if (sql := _below(part, levels - 1))]
            return _bounded(joined(" OR ", known)) if known and len(known) == len(parts) else None
        case _:
            return None


def _bounded(condition: Sql) -> Sql | None:
    return condition.within("(", ")") if len(condition.parameters) <= MAX_PARAMETERS else None


def _field(names: tuple[str, ...], condition: Condition | HasAll) -> Sql | None:
    if any(_UNQUOTABLE.search(name) or not is_utf8(name) for name in names):
        return None
    paths = ["$" + "".join(f'."{name}"' for name in names[: end + 1]) for end in range(len(names))]
    test = _test(paths[-1], condition)
    # An array, here or on the way, may hold what is asked for.
    return _bounded(joined(" OR ", [test, *(_type(path, "array") for path in paths)])) if test else None


def _test(path: str, condition: Condition | HasAll) -> Sql | None:
    """What holds at the path if it is no array."""
    match condition:
        case Equals(operand):
            return _equals(path, operand)
        case EqualsAny(operands) if len(operands) <= MAX_PARAMETERS:
            tests = [_equals(path, operand) for operand in operands]
            known = [test for test in tests if test]
            return joined(" OR ", known or [_NOTHING]) if len(known) == len(tests) else None
        case Compares(direction, operand):
            return _compares(path, direction in ("$gt", "$gte"), operand)
        case Exists():
            return Sql("json_type(d.body, ?) IS NOT NULL", (path,))
        case HasRemainder():
            return _type(path, "integer", "real")
        case MatchesPattern():
            return _type(path, "text")
        case HasSize() | HasElement() | HasAll():
            return _NOTHING
        case _:
            return None


def _equals(path: str, operand: Any) -> Sql | None:
    match order_key(operand):
        case (place, _) if place == NUMBER:
            return Sql("json_extract(d.body, ?) BETWEEN ? AND ?", (path, *_around(operand)))
        case (place, _) if place == TEXT:
            return Sql("json_extract(d.body, ?) = ?", (path, operand)) if _is_comparable(operand) else None
        case (place, _) if place == BOOLEAN:
            return _type(path, "true" if operand else "false")
        case (place, _):
            return _of_type(path, place)


def _compares(path: str, upwards: bool, operand: Any) -> Sql | None:
    match order_key(operand):
        case (place, _) if place == NUMBER:
            low, high = _around(operand)
            between = (low, math.inf) if upwards else (-math.inf, high)
            return Sql("json_extract(d.body, ?) BETWEEN ? AND ?", (path, *between))
        case (place, _) if place == TEXT and _is_comparable(operand):
            # To SQLite, every number is less than any text.
            if upwards:
                return Sql("json_extract(d.body, ?) >= ?", (path, operand))
            return Sql("json_extract(d.body, ?) BETWEEN '' AND ?", (path, operand))
        case (place, _):
            return _of_type(path, place)


def _of_type(path: str, place: int) -> Sql:
    if place == NULL:
        return Sql("json_extract(d.body, ?) IS NULL", (path,))
    return _type(path, *_TYPES[place]) if place in _TYPES else _NOTHING


def _type(path: str, *names: str) -> Sql:
    return Sql("json_type(d.body, ?) IN ", (path,)) + listed(names)


def _is_comparable(text: str) -> bool:
    # SQLite takes the text in a document to end at its first NUL.
    return "\0" not in text and is_utf8(text)


def _around(number: float) -> tuple[float, float]:
    """What SQLite may take the number for."""
    if -_EXACT <= number <= _EXACT and number == int(number):
        return int(number), int(number)
    double = float(number)
    slack = abs(double) * _SLACK + _LEAST
    return double - slack, double + slack


_NOTHING = Sql("FALSE")
_TYPES = {TEXT: ("text",), DATE: ("text",), OBJECT: ("object",), BOOLEAN: ("true", "false")}
