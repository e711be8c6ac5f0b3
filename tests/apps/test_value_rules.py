"""What rules have against values that are there."""

from typing import Any

import pytest

from runtime.apps.value_rules import ValueRules

OBJECTIONS: dict[str, tuple[dict[str, Any], Any, str]] = {
    "a text": ({"type": "text"}, "", ""),
    "a number for a text": ({"type": "text"}, 12, "12 is a number, not a text."),
    "a text for a number": ({"type": "number"}, "12", '"12" is a text, not a number.'),
    "a boolean for a number": ({"type": "number"}, True, "true is a boolean, not a number."),
    "a number for a boolean": ({"type": "boolean"}, 1, "1 is a number, not a boolean."),
    "a boolean": ({"type": "boolean"}, False, ""),
    "an object for an array": ({"type": "array"}, {"a": 1}, '{"a": 1} is an object, not an array.'),
    "an array for an object": ({"type": "object"}, [1], "[1] is an array, not an object."),
    "an object": ({"type": "object"}, {}, ""),
    "a date": ({"type": "date"}, "2026-01-31T12:00:00+02:00", ""),
    "a day": ({"type": "date"}, "2026-01-31", ""),
    "a day that never was": (
        {"type": "date"},
        "2026-02-31",
        '"2026-02-31" is not a date, such as 2026-01-31T12:00:00Z.',
    ),
    "an empty date": ({"type": "date"}, "", '"" is not a date, such as 2026-01-31T12:00:00Z.'),
    "a time without its zone": (
        {"type": "date"},
        "2026-01-31T12:00:00",
        '"2026-01-31T12:00:00" is not a date, such as 2026-01-31T12:00:00Z.',
    ),
    "the first day of a range": ({"type": "date", "range": ["2026-01-31", None]}, "2026-01-31T00:00:00Z", ""),
    "the day before a range": (
        {"type": "date", "range": ["2026-01-31", None]},
        "2026-01-30",
        '"2026-01-30" is earlier than 2026-01-31.',
    ),
    "a day among the choices": ({"type": "date", "one_of": ["2026-01-31"]}, "2026-01-31T01:00:00+01:00", ""),
    "a number for a date": ({"type": "date"}, 12, "12 is a number, not a date."),
    "the least": ({"type": "number", "range": [0, 10]}, 0, ""),
    "the most": ({"type": "number", "range": [0, 10]}, 10.0, ""),
    "too little": ({"type": "number", "range": [0, 10]}, -0.5, "-0.5 is less than 0."),
    "too much": ({"type": "number", "range": [0, 10]}, 11, "11 is more than 10."),
    "no most": ({"type": "number", "range": [0, None]}, 1e300, ""),
    "no least": ({"type": "number", "range": [None, 0]}, -1e300, ""),
    "too short": ({"type": "text", "range": [2, 3]}, "a", '"a" has a length of 1, less than 2.'),
    "too long": ({"type": "text", "range": [2, 3]}, "abcd", '"abcd" has a length of 4, more than 3.'),
    "a character beyond the first plane": ({"type": "text", "range": [1, 1]}, "\N{OPEN BOOK}", ""),
    "too few": ({"type": "array", "range": [1, 2]}, [], "[] has a length of 0, less than 1."),
    "too many": ({"type": "array", "range": [1, 2]}, [1, 2, 3], "[1, 2, 3] has a length of 3, more than 2."),
    "too early": (
        {"type": "date", "range": ["2026-01-01T00:00:00Z", None]},
        "2026-01-01T00:30:00+01:00",
        '"2026-01-01T00:30:00+01:00" is earlier than 2026-01-01T00:00:00Z.',
    ),
    "too late": (
        {"type": "date", "range": [None, "2026-01-01T00:00:00Z"]},
        "2026-01-01T00:00:00.001Z",
        '"2026-01-01T00:00:00.001Z" is later than 2026-01-01T00:00:00Z.',
    ),
    "the same instant elsewhere": (
        {"type": "date", "range": ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"]},
        "2026-01-01T01:00:00+01:00",
        "",
    ),
    "a match inside": ({"pattern": "b"}, "abc", ""),
    "no match": ({"pattern": "^b"}, "abc", '"abc" does not match /^b/.'),
    "a pattern makes it a text": ({"pattern": "1"}, 1, "1 is a number, not a text."),
    "a choice": ({"one_of": ["a", 1]}, 1.0, ""),
    "no choice": ({"one_of": ["a", 1]}, True, 'true is not one of "a", 1.'),
    "no choice of many": (
        {"one_of": list(range(12))},
        "a",
        '"a" is not one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more.',
    ),
    "a choice that is an object": ({"one_of": [{"a": 1, "b": 2}]}, {"b": 2, "a": 1}, ""),
    "everything at once": (
        {"type": "text", "range": [3, 9], "pattern": "^b", "one_of": ["bcd"]},
        "a",
        '"a" is not one of "bcd". "a" has a length of 1, less than 3. "a" does not match /^b/.',
    ),
    "a long value": (
        {"type": "number"},
        "a" * 100,
        f'"{"a" * 76}... is a text, not a number.',
    ),
}


@pytest.mark.parametrize(("rule", "value", "expected"), OBJECTIONS.values(), ids=OBJECTIONS.keys())
def test_objections(rule: dict[str, Any], value: Any, expected: str) -> None:
    objections = ValueRules.model_validate(rule).objections(value)
    assert " ".join(f"{objection}." for objection in objections) == expected
