"""Conditions that DynamoDB can check by itself: they hold for every document that matches, and for some more.

What they let pass is looked at once more. They spare the way here for most of what does not match; what they cost is
the same with or without them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
from runtime.query.ordering import ARRAY, BOOLEAN, DATE, NULL, NUMBER, OBJECT, TEXT, order_key
from runtime.store.dynamodb.actions import AttributeValue
from runtime.store.dynamodb.actions import Condition as Pushed
from runtime.store.dynamodb.items import JSON, VALUE
from runtime.store.dynamodb.native import number

MAX_DEPTH = 8
MAX_OPERATORS = 200
MAX_EXPRESSION_BYTES = 3500
"""A part of what DynamoDB takes (AWS: 300 operators and functions, 4 KB)."""

MAX_OPERANDS = 90
"""Of an `IN` (AWS: 100)."""

MAX_OPERAND_BYTES = 100_000

# How far from UTC a date may be written.
_OFFSET = timedelta(days=1)

_PLACEHOLDER = re.compile(r"[#:]\d+")


@dataclass(frozen=True)
class _Test:
    text: str
    operators: int = 1


def pushed_down(expression: Expression) -> Pushed | None:
    """A condition on items of documents, None if there is none that would help."""
    placeholders = _Placeholders()
    test = _Tests(placeholders).below(expression, MAX_DEPTH)
    if test is None or placeholders.bytes > MAX_OPERAND_BYTES:
        return None
    text = f"attribute_exists({placeholders.name(JSON)}) OR {test.text}"
    if test.operators > MAX_OPERATORS or len(text) > MAX_EXPRESSION_BYTES:
        return None
    return placeholders.condition(text)


@dataclass
class _Placeholders:
    """By what they stand for."""

    names: dict[str, str] = field(default_factory=dict)
    values: dict[tuple[str, str | bool], str] = field(default_factory=dict)
    bytes: int = 0

    def name(self, name: str) -> str:
        return self.names.setdefault(name, f"#{len(self.names)}")

    def value(self, value: AttributeValue) -> str:
        ((kind, content),) = value.items()
        if (kind, content) not in self.values:
            self.values[kind, content] = f":{len(self.values)}"
            self.bytes += len(str(content))
        return self.values[kind, content]

    def condition(self, text: str) -> Pushed:
        """With those that stand in the text: DynamoDB refuses others."""
        used = set(_PLACEHOLDER.findall(text))
        return Pushed(
            text,
            {sign: name for name, sign in self.names.items() if sign in used},
            {sign: {kind: content} for (kind, content), sign in self.values.items() if sign in used},
        )


class _Tests:
    def __init__(self, placeholders: _Placeholders) -> None:
        self._placeholders = placeholders

    def below(self, expression: Expression, levels: int) -> _Test | None:
        match expression:
            case Field(path, condition):
                return self._field(path.names, condition)
            case HasAll(path):
                return self._field(path.names, expression)
            case And(parts) if levels:
                known = [test for part in parts if (test := self.below(part, levels - 1))]
                return _joined("AND", _few(known)) if known else None
            case Or(parts) if levels:
                tests = [self.below(part, levels - 1) for part in parts]
                known = [test for test in tests if test]
                return _joined("OR", known) if known and len(known) == len(tests) else None
            case _:
                return None

    def _field(self, names: tuple[str, ...], condition: Condition | HasAll) -> _Test | None:
        if not all(map(_is_utf_8, names)):
            return None
        signs = [self._placeholders.name(VALUE)]
        paths = []
        for name in names:
            signs.append(self._placeholders.name(name))
            paths.append(".".join(signs))
        test = self._test(paths[-1], condition)
        # An array, here or on the way, may hold what is asked for.
        return _joined("OR", [test, *(self._type(path, "L") for path in paths)]) if test else None

    def _test(self, path: str, condition: Condition | HasAll) -> _Test | None:
        """What holds at the path if it is no array; None: nothing is known of it."""
        match condition:
            case Equals(operand):
                return self._equals(path, operand)
            case EqualsAny(operands):
                return self._equals_any(path, operands)
            case Compares(direction, operand):
                return self._compares(path, direction in ("$gt", "$gte"), operand)
            case Exists():
                return _Test(f"attribute_exists({path})")
            case HasRemainder():
                return self._type(path, "N")
            case MatchesPattern():
                return self._type(path, "S")
            case HasSize() | HasElement() | HasAll():
                return self._nothing(path)
            case _:
                return None

    def _equals(self, path: str, operand: Any) -> _Test:
        value = _comparable(operand)
        if value is not None:
            return _Test(f"{path} = {self._placeholders.value(value)}")
        place, key = order_key(operand)
        if place == DATE:
            return self._between(path, key, key)
        return self._of_type(path, place)

    def _equals_any(self, path: str, operands: Iterable[Any]) -> _Test | None:
        """One `IN` for all that can be compared, and a test for each of the others."""
        tests, values = {}, {}
        for operand in operands:
            if (value := _comparable(operand)) is not None:
                values[self._placeholders.value(value)] = True
            else:
                test = self._equals(path, operand)
                tests[test.text] = test
            if len(values) + len(tests) > MAX_OPERANDS:
                return None
        if values:
            listed = ", ".join(values)
            tests[listed] = _Test(f"{path} IN ({listed})", 1 + len(values))
        return _joined("OR", list(tests.values()) or [self._nothing(path)])

    def _compares(self, path: str, upwards: bool, operand: Any) -> _Test:
        place, key = order_key(operand)
        value = _comparable(operand)
        if place in (NUMBER, TEXT) and value is not None:
            # A comparison holds for values of the same type alone.
            return _Test(f"{path} {'>=' if upwards else '<='} {self._placeholders.value(value)}")
        if place == DATE:
            return self._between(path, key if upwards else None, None if upwards else key)
        return self._of_type(path, place)

    def _between(self, path: str, low: str | None, high: str | None) -> _Test:
        """The texts that may be written for the instants between."""
        tests = []
        if low and (text := _moved(low, -_OFFSET)):
            tests.append(_Test(f"{path} >= {self._placeholders.value({'S': text})}"))
        if high and (text := _moved(high, _OFFSET)):
            tests.append(_Test(f"{path} <= {self._placeholders.value({'S': text})}"))
        return _joined("AND", tests) if tests else self._type(path, "S")

    def _of_type(self, path: str, place: int) -> _Test:
        if place == NULL:
            return _joined("OR", [_Test(f"attribute_not_exists({path})"), self._type(path, "NULL")])
        return self._type(path, _TYPES[place])

    def _type(self, path: str, name: str) -> _Test:
        return _Test(f"attribute_type({path}, {self._placeholders.value({'S': name})})")

    def _nothing(self, path: str) -> _Test:
        return self._type(path, "L")


def _few(tests: list[_Test]) -> list[_Test]:
    """Those of tests that must all hold for which there is room."""
    chosen: list[_Test] = []
    operators = length = 0
    for test in tests:
        operators += test.operators + 1
        length += len(test.text) + len(" AND ")
        if operators <= MAX_OPERATORS and length <= MAX_EXPRESSION_BYTES // 2:
            chosen.append(test)
    return chosen or tests[:1]


def _joined(word: str, tests: list[_Test]) -> _Test:
    distinct = list({test.text: test for test in tests}.values())
    if len(distinct) == 1:
        return distinct[0]
    text = f" {word} ".join(test.text for test in distinct)
    return _Test(f"({text})", sum(test.operators + 1 for test in distinct))


def _comparable(operand: Any) -> AttributeValue | None:
    """The operand, if whatever equals it is the same in DynamoDB, and is in the same order."""
    match order_key(operand):
        case (place, _) if place == NUMBER:
            text = number(operand)
            return {"N": text} if text else None
        case (place, _) if place == TEXT:
            return {"S": operand} if _is_utf_8(operand) else None
        case (place, _) if place == BOOLEAN:
            return {"BOOL": operand}
        case _:
            return None


def _moved(canonical: str, by: timedelta) -> str | None:
    try:
        return (datetime.fromisoformat(canonical.removesuffix("Z")) + by).isoformat(timespec="milliseconds")
    except OverflowError:
        return None


def _is_utf_8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_TYPES = {NUMBER: "N", TEXT: "S", OBJECT: "M", ARRAY: "L", BOOLEAN: "BOOL", DATE: "S"}
