"""What is wrong with an aggregation, and what is too much for one."""

import itertools
from typing import Any

import pytest

from runtime.errors import ReliveError
from runtime.query import aggregation
from runtime.query.aggregation import Aggregation
from tests.query.aggregating import aggregated, of

# What is wrong: the expression, and the message behind "Invalid request."

FUNCTIONS = "there are count, min, max, avg and sum."
ERRORS: list[tuple[Any, str]] = [
    (None, "aggregate: says nothing to do; GroupBy, Aggregate or both are needed."),
    ({}, "aggregate: says nothing to do; GroupBy, Aggregate or both are needed."),
    ({"GroupBy": [], "Aggregate": {}}, "aggregate: says nothing to do; GroupBy, Aggregate or both are needed."),
    ([], "aggregate: must be an object with GroupBy, Aggregate or both, not an array."),
    ("City", "aggregate: must be an object with GroupBy, Aggregate or both, not a text."),
    (0, "aggregate: must be an object with GroupBy, Aggregate or both, not a number."),
    ({"groupBy": "a"}, "aggregate.groupBy: unknown; there are GroupBy and Aggregate."),
    ({"GroupBy": "a", "Filter": {}}, "aggregate.Filter: unknown; there are GroupBy and Aggregate."),
    ({"GroupBy": 5}, "aggregate.GroupBy: must be the name of a field or an array of names, not a number."),
    ({"GroupBy": {"a": 1}}, "aggregate.GroupBy: must be the name of a field or an array of names, not an object."),
    ({"GroupBy": ["a", None]}, "aggregate.GroupBy.1: must be the name of a field, not null."),
    ({"GroupBy": ""}, "aggregate.GroupBy: the path has an empty name."),
    ({"GroupBy": ["a", "b..c"]}, "aggregate.GroupBy.1: the path has an empty name."),
    ({"GroupBy": "$a"}, "aggregate.GroupBy: no field has the name $a, and positional operators are not supported."),
    ({"GroupBy": ".".join("a" * 41)}, "aggregate.GroupBy: the path has more than 40 names."),
    ({"GroupBy": ["a"] * 101}, "aggregate.GroupBy: has 101 names, and may have 100."),
    ({"Aggregate": []}, 'aggregate.Aggregate: must be an object such as {"Total": {"sum": "Amount"}}, not an array.'),
    ({"Aggregate": "N"}, 'aggregate.Aggregate: must be an object such as {"Total": {"sum": "Amount"}}, not a text.'),
    ({"Aggregate": {"N": "count"}}, 'aggregate.Aggregate.N: must be an object such as {"sum": "Amount"}, not a text.'),
    ({"Aggregate": {"sum": "a"}}, 'aggregate.Aggregate.sum: must be an object such as {"sum": "Amount"}, not a text.'),
    ({"Aggregate": {"N": {}}}, f"aggregate.Aggregate.N: must have one function; {FUNCTIONS}"),
    ({"Aggregate": {"N": {"min": "a", "max": "a"}}}, f"aggregate.Aggregate.N: must have one function; {FUNCTIONS}"),
    ({"Aggregate": {"N": {"median": "a"}}}, f"aggregate.Aggregate.N.median: unknown function; {FUNCTIONS}"),
    ({"Aggregate": {"N": {"Sum": "a"}}}, f"aggregate.Aggregate.N.Sum: unknown function; {FUNCTIONS}"),
    ({"Aggregate": {"N": {"sum": None}}}, "aggregate.Aggregate.N.sum: must be the name of a field, not null."),
    ({"Aggregate": {"N": {"max": ["a"]}}}, "aggregate.Aggregate.N.max: must be the name of a field, not an array."),
    ({"Aggregate": {"N": {"avg": "a."}}}, "aggregate.Aggregate.N.avg: the path has an empty name."),
    ({"Aggregate": {str(n): {"count": 1} for n in range(101)}}, "aggregate.Aggregate: has 101 names, and may have 100."),
    ({"GroupBy": ["a"], "Aggregate": {"a": {"max": "a"}}}, "aggregate.Aggregate.a: is a field of GroupBy as well; a result can have it only once."),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "problem"), ERRORS, ids=[row[1][:60] for row in ERRORS])
def test_errors(expression: Any, problem: str) -> None:
    with pytest.raises(ReliveError) as caught:
        Aggregation.parse(expression)
    assert (caught.value.code, caught.value.message) == (601, f"Invalid request. {problem}")


# What is found to be wrong only on the way: expression, documents, message
TOO_MUCH: list[tuple[str, Any, Any, str]] = [
    ("groups", {"GroupBy": "a"}, ({"a": number} for number in itertools.count()),
     "aggregate.GroupBy: makes more than 10,000 groups; filter for fewer items, or group by other fields."),
    ("values to group by", {"GroupBy": "a"}, ({"a": str(number) * 100_000} for number in itertools.count()),
     "aggregate: the values in the groups are larger than 32 MB together; filter for fewer items."),
    ("least values", {"GroupBy": "a", "Aggregate": {"M": {"min": "b"}}}, ({"a": number, "b": "x" * 400_000} for number in itertools.count()),
     "aggregate: the values in the groups are larger than 32 MB together; filter for fewer items."),
    ("figures", {"GroupBy": "a", "Aggregate": {str(n): {"count": None} for n in range(100)}}, ({"a": number} for number in itertools.count()),
     "aggregate: the values in the groups are larger than 32 MB together; filter for fewer items."),
    ("a sum of whole numbers", {"Aggregate": {"S": {"sum": "a"}}}, of([2**1023, 2**1023]),
     "aggregate.Aggregate.S: the result is too large for a number."),
    ("a sum of fractions", {"Aggregate": {"S": {"sum": "a"}}}, of([1e308, 1e308]),
     "aggregate.Aggregate.S: the result is too large for a number."),
    ("a sum of both", {"Aggregate": {"S": {"sum": "a"}}}, of([2**1024, 0.5]),
     "aggregate.Aggregate.S: the result is too large for a number."),
    ("a sum of opposites", {"Aggregate": {"S": {"sum": "a"}}}, of([1e308, 1e308, -1e308, -1e308, -1e308]),
     "aggregate.Aggregate.S: the result is too large for a number."),
    ("an average", {"Aggregate": {"S": {"avg": "a"}}}, of([1e308, 1e308]),
     "aggregate.Aggregate.S: the result is too large for a number."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "documents", "problem"), [row[1:] for row in TOO_MUCH], ids=[row[0] for row in TOO_MUCH]
)
def test_too_much(expression: Any, documents: Any, problem: str) -> None:
    with pytest.raises(ReliveError) as caught:
        Aggregation.parse(expression).run(documents)
    assert (caught.value.code, caught.value.message) == (601, f"Invalid request. {problem}")


def test_as_many_groups_as_allowed() -> None:
    documents = [{"a": number % aggregation.MAX_GROUPS} for number in range(aggregation.MAX_GROUPS + 5)]
    assert len(aggregated({"GroupBy": "a"}, documents)) == aggregation.MAX_GROUPS
    with pytest.raises(ReliveError):
        aggregated({"GroupBy": "a"}, [*documents, {"a": "another"}])


def test_a_value_that_another_one_replaces_is_no_longer_held() -> None:
    documents = ({"a": f"{number}{'x' * 400_000}"} for number in range(300, 100, -1))
    (found,) = Aggregation.parse({"Aggregate": {"M": {"min": "a"}}}).run(documents)
    assert found["M"].rstrip("x") == "101"
