"""SQLite passes by no document that matches."""

import math
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.query.filter import Filter
from runtime.store.sqlite.prefilter import prefilter
from runtime.store.sqlite.text import to_json
from tests.store.generated import FILTERS, NAMES, NUMBERS, VALUES


@pytest.fixture(scope="module")
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    yield connection
    connection.close()


def passes(connection: sqlite3.Connection, filter: Any, document: Any) -> bool | None:
    condition = prefilter(Filter.parse(filter).expression)
    if condition is None:
        return None
    (passed,) = connection.execute(
        f"SELECT {condition.text} FROM (SELECT ? AS body) AS d", (*condition.parameters, to_json(document))
    ).fetchone()
    return bool(passed)


QUICK = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
AT_LENGTH = settings(QUICK, max_examples=5000)
ANY_FILTER = given(document=st.dictionaries(NAMES, VALUES, max_size=3), filter=FILTERS)
ANY_NUMBERS = given(operator=st.sampled_from(["$eq", "$gte", "$lte", "$gt", "$lt"]), operand=NUMBERS, value=NUMBERS)


@QUICK
@ANY_FILTER
def test_what_matches_passes(connection: sqlite3.Connection, document: Any, filter: Any) -> None:
    require_that_it_passes(connection, document, filter)


@pytest.mark.slow
@AT_LENGTH
@ANY_FILTER
def test_what_matches_passes_at_length(connection: sqlite3.Connection, document: Any, filter: Any) -> None:
    require_that_it_passes(connection, document, filter)


@QUICK
@ANY_NUMBERS
def test_numbers_that_match_pass(connection: sqlite3.Connection, operator: str, operand: Any, value: Any) -> None:
    require_that_numbers_pass(connection, operator, operand, value)


@pytest.mark.slow
@AT_LENGTH
@ANY_NUMBERS
def test_numbers_that_match_pass_at_length(
    connection: sqlite3.Connection, operator: str, operand: Any, value: Any
) -> None:
    require_that_numbers_pass(connection, operator, operand, value)


def require_that_it_passes(connection: sqlite3.Connection, document: Any, filter: Any) -> None:
    if Filter.parse(filter).matches(document):
        assert passes(connection, filter, document) in (True, None)


def require_that_numbers_pass(connection: sqlite3.Connection, operator: str, operand: Any, value: Any) -> None:
    document = {"a": value}
    if Filter.parse({"a": {operator: operand}}).matches(document):
        assert passes(connection, {"a": {operator: operand}}, document)
    if math.isfinite(value):
        assert passes(connection, {"a": value}, document)


HELPS = [
    ("another text", {"a": "x"}, {"a": "y"}),
    ("another number", {"a": 1}, {"a": 1.5}),
    ("another fraction", {"a": 0.1}, {"a": 0.2}),
    ("nothing there", {"a.b": 1}, {"a": {"c": 1}}),
    ("too small", {"a": {"$gt": 5}}, {"a": 4}),
    ("too large", {"a": {"$lt": "b"}}, {"a": "c"}),
    ("a number among texts", {"a": {"$lt": "b"}}, {"a": 1}),
    ("not null", {"a": None}, {"a": 0}),
    ("another boolean", {"a": True}, {"a": False}),
    ("none of them", {"a": {"$in": [1, "x"]}}, {"a": 2}),
    ("no text", {"a": {"$regex": "x"}}, {"a": 2}),
    ("no array", {"a": {"$size": 1}}, {"a": "x"}),
    ("no array of all of them", {"a": {"$all": [1, 2]}}, {"a": 1}),
    ("no array of objects", {"a": {"$elemMatch": {"b": 1}}}, {"a": {"b": 1}}),
    ("missing", {"a": {"$exists": True}}, {"b": 1}),
    ("one part is not there", {"a": 1, "b": {"$ne": 1}}, {"a": 2}),
    ("neither", {"$or": [{"a": 1}, {"b": 1}]}, {"a": 2}),
    ("with an odd name", {"é 'x' [0]": 1}, {"é 'x' [0]": 2}),
]


@pytest.mark.parametrize(("filter", "document"), [case[1:] for case in HELPS], ids=[case[0] for case in HELPS])
def test_much_of_what_does_not_match_is_passed_by(connection: sqlite3.Connection, filter: Any, document: Any) -> None:
    assert not Filter.parse(filter).matches(document)
    assert passes(connection, filter, document) is False


@pytest.mark.parametrize(
    "filter",
    [
        {"a": {"$ne": 1}},
        {"$nor": [{"a": 1}]},
        {'"': 1},
        {"\\": 1},
        {"a": "x\0"},
        {"$or": [{"a": 1}, {"b": {"$ne": 1}}]},
    ],
    ids=str,
)
def test_some_filters_are_for_python_alone(filter: Any) -> None:
    assert prefilter(Filter.parse(filter).expression) is None
