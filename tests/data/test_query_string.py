"""Rules for query strings: what is filled in, and what is said about the rest."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.apps.validation import FunctionValidation
from runtime.data.query_string import read_as, written_as_text
from runtime.data.validator import completed_query
from tests.data.problems import problem_of


def parameters(**query: Any) -> FunctionValidation:
    return FunctionValidation.model_validate({"query": query})


QUERIES: dict[str, tuple[dict[str, Any], str | None, dict[str, str] | str]] = {
    "any text": ({}, "a", {"p": "a"}),
    "missing": ({}, None, {}),
    "missing with a default": ({"type": "number", "default": 1}, None, {"p": "1"}),
    "empty with a default": ({"type": "number", "default": 1.5}, "", {"p": "1.5"}),
    "given with a default": ({"type": "number", "default": 1}, "7", {"p": "7"}),
    "a default that is a text": ({"default": "new"}, None, {"p": "new"}),
    "a default that is a boolean": ({"type": "boolean", "default": False}, None, {"p": "false"}),
    "missing but required": ({"required": True}, None, "p: is required."),
    "empty but required": ({"required": True}, "", "p: is required."),
    "empty": ({}, "", {"p": ""}),
    "empty for a number": ({"type": "number"}, "", 'p: "" is not a number.'),
    "a number": ({"type": "number", "range": [0, 100]}, "-0.0e1", {"p": "-0.0e1"}),
    "a number with zeros in front": ({"type": "number", "range": [0, 10]}, "007", {"p": "007"}),
    "a number out of range": ({"type": "number", "range": [1, 10]}, "11", "p: 11 is more than 10."),
    "a number in words": ({"type": "number"}, "ten", 'p: "ten" is not a number.'),
    "a number with space": ({"type": "number"}, " 1", 'p: " 1" is not a number.'),
    "a number with separators": ({"type": "number"}, "1_000", 'p: "1_000" is not a number.'),
    "a number in other digits": ({"type": "number"}, "\u0661", 'p: "\u0661" is not a number.'),
    "no number": ({"type": "number"}, "NaN", 'p: "NaN" is not a number.'),
    "a number beyond a double": ({"type": "number"}, "1e999", 'p: "1e999" is not a number.'),
    "a whole number beyond a double": (
        {"type": "number"},
        "9" * 400,
        f'p: "{"9" * 76}... is not a number.',
    ),
    "more digits than are read": ({"type": "number"}, "1" * 5000, f'p: "{"1" * 76}... is not a number.'),
    "a boolean": ({"type": "boolean"}, "true", {"p": "true"}),
    "a boolean in other case": ({"type": "boolean"}, "True", 'p: "True" is neither true nor false.'),
    "a date": ({"type": "date"}, "2026-01-31T12:00:00Z", {"p": "2026-01-31T12:00:00Z"}),
    "a day": ({"type": "date"}, "2026-01-31", {"p": "2026-01-31"}),
    "no date": ({"type": "date"}, "today", 'p: "today" is not a date, such as 2026-01-31T12:00:00Z.'),
    "a choice": ({"type": "number", "one_of": [1, 2]}, "2.0", {"p": "2.0"}),
    "no choice": ({"one_of": ["title", "price"]}, "size", 'p: "size" is not one of "title", "price".'),
    "too long": ({"range": [0, 3]}, "abcd", 'p: "abcd" has a length of 4, more than 3.'),
    "no match": ({"pattern": "^[a-z]+$"}, "A1", 'p: "A1" does not match /^[a-z]+$/.'),
}


@pytest.mark.parametrize(("rule", "text", "expected"), QUERIES.values(), ids=QUERIES.keys())
def test_query_strings(rule: dict[str, Any], text: str | None, expected: dict[str, str] | str) -> None:
    query = {"other": "1"} if text is None else {"other": "1", "p": text}
    given = dict(query)
    if isinstance(expected, str):
        assert problem_of(completed_query, query, parameters(p=rule)) == f"Query string: {expected}"
    else:
        assert completed_query(query, parameters(p=rule)) == {"other": "1", **expected}
    assert query == given


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_survives_a_query_string(number: float) -> None:
    assert read_as("number", written_as_text(number)) == number
