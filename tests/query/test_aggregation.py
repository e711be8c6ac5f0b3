"""Figures about documents in groups: tables of rules, and any documents against a naive reference."""

import itertools
import json
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import ReliveError
from runtime.query import aggregation
from runtime.query.aggregation import Aggregation
from runtime.query.ordering import order_key

DATE, SAME_DATE, LATER = "2016-02-03T04:05:06.789Z", "2016-02-03T06:05:06.789+02:00", "2016-02-03T05:05:06.789Z"
LARGE = 10**30


def aggregated(expression: Any, documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return Aggregation.parse(expression).run(iter(documents))


def of(values: list[Any]) -> list[dict[str, Any]]:
    """Documents with these values of `a`; one of `...` has none."""
    return [{} if value is ... else {"a": value} for value in values]


# name, GroupBy, documents, the groups in their order
GROUPS: list[tuple[str, Any, list[dict[str, Any]], list[dict[str, Any]]]] = [
    ("a field", "a", of(["x", "y", "x"]), [{"a": "x"}, {"a": "y"}]),
    ("a field in an array", ["a"], of(["x", "y", "x"]), [{"a": "x"}, {"a": "y"}]),
    ("the order of the first documents", "a", of([3, 1, 2, 1, 3]), [{"a": 3}, {"a": 1}, {"a": 2}]),
    ("two fields", ["a", "b"], [{"a": 1, "b": 1}, {"a": 1, "b": 2}, {"b": 1, "a": 1}], [{"a": 1, "b": 1}, {"a": 1, "b": 2}]),
    ("two fields that only look alike together", ["a", "b"], [{"a": "x", "b": "yz"}, {"a": "xy", "b": "z"}], [{"a": "x", "b": "yz"}, {"a": "xy", "b": "z"}]),
    ("the same field twice", ["a", "a"], of([1, 2]), [{"a": 1}, {"a": 2}]),
    ("no documents", "a", [], []),
    ("missing is null", "a", of([..., None, 1]), [{"a": None}, {"a": 1}]),
    ("null is nothing else", "a", of([None, 0, "", False, [], {}]), [{"a": None}, {"a": 0}, {"a": ""}, {"a": False}, {"a": []}, {"a": {}}]),
    ("1 equals 1.0, and neither true nor a text", "a", of([1, 1.0, True, "1"]), [{"a": 1}, {"a": True}, {"a": "1"}]),
    ("0 equals -0.0", "a", of([0, -0.0]), [{"a": 0}]),
    ("large whole numbers are exact", "a", of([LARGE, LARGE + 1]), [{"a": LARGE}, {"a": LARGE + 1}]),
    ("dates by their instant", "a", of([DATE, SAME_DATE, LATER]), [{"a": DATE}, {"a": LATER}]),
    ("a date alone is a text", "a", of(["2016-02-03", DATE]), [{"a": "2016-02-03"}, {"a": DATE}]),
    ("texts exactly", "a", of(["x", "X", "x "]), [{"a": "x"}, {"a": "X"}, {"a": "x "}]),
    ("objects in any order of their fields", "a", of([{"b": 1, "c": 2}, {"c": 2, "b": 1}]), [{"a": {"b": 1, "c": 2}}]),
    ("arrays as a whole", "a", of([[1, 2], [1, 2.0], [2, 1]]), [{"a": [1, 2]}, {"a": [2, 1]}]),
    ("a path", "a.b", of([{"b": 1}, {"b": 1, "c": 2}, {"c": 1}, 5]), [{"a.b": 1}, {"a.b": None}]),
    ("paths inside each other", ["a", "a.b"], of([{"b": 1}]), [{"a": {"b": 1}, "a.b": 1}]),
    ("a place in an array", "a.1", of([[1, 2], [2, 2], [1]]), [{"a.1": 2}, {"a.1": None}]),
    ("in an object at a place", "a.0.b", of([[{"b": 1}, {"b": 2}]]), [{"a.0.b": 1}]),
    ("the objects of an array", "a.b", of([[{"b": 1}, 5, {"c": 1}, {"b": [2]}], [{"b": 1}, {"b": [2]}], []]), [{"a.b": [1, [2]]}, {"a.b": []}]),
    ("a number that is a name", "a.1", of([{"1": 7}]), [{"a.1": 7}]),
    ("_id is Id, by the name that was given", "_id", [{"Id": "x"}], [{"_id": "x"}]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("group_by", "documents", "groups"), [row[1:] for row in GROUPS], ids=[row[0] for row in GROUPS]
)
def test_groups(group_by: Any, documents: list[dict[str, Any]], groups: list[dict[str, Any]]) -> None:
    assert exactly(aggregated({"GroupBy": group_by}, documents)) == exactly(groups)
    counted = aggregated({"GroupBy": group_by, "Aggregate": {"N": {"count": None}}}, documents)
    assert [{name: value for name, value in group.items() if name != "N"} for group in counted] == groups
    assert sum(group["N"] for group in counted) == len(documents)


def exactly(value: Any) -> str:
    """As JSON, where 1.0 is not 1 and fields have an order."""
    return json.dumps(value)


# name, function, values of the documents, the figure
FIGURES: list[tuple[str, str, list[Any], Any]] = [
    ("count of documents", "count", [1, None, ..., "x"], 4),
    ("count of none", "count", [], 0),
    ("sum", "sum", [1, 2, 3], 6),
    ("sum of fractions", "sum", [1, 0.5], 1.5),
    ("sum of whole fractions", "sum", [1.0, 2], 3.0),
    ("sum of none", "sum", [], 0),
    ("sum of what is no number", "sum", ["5", True, None, ..., [5], {"b": 5}, DATE], 0),
    ("sum of numbers among others", "sum", ["5", 2, None, 3, ...], 5),
    ("sum of large whole numbers", "sum", [LARGE, 1, LARGE], 2 * LARGE + 1),
    ("sum rounded once", "sum", [0.1] * 10, 1.0),
    ("sum that takes away", "sum", [1e100, 1, -1e100], 1.0),
    ("sum of both kinds, where both are large", "sum", [LARGE + 1, -1e30, 0.5], 1.5 - (int(1e30) - LARGE)),
    ("sum of negative numbers", "sum", [-1, -2.5], -3.5),
    ("avg", "avg", [1, 2], 1.5),
    ("avg that is whole", "avg", [1, 3], 2.0),
    ("avg of fractions", "avg", [0.1] * 10, 0.1),
    ("avg of none", "avg", [], None),
    ("avg of what is no number", "avg", ["5", True, None, ...], None),
    ("avg of numbers among others", "avg", [4, "x", None, 2, ...], 3.0),
    ("avg of large whole numbers", "avg", [LARGE, LARGE + 2], float(LARGE + 1)),
    ("min", "min", [3, 1.5, 2], 1.5),
    ("max", "max", [3, 1.5, 2], 3),
    ("min of null and missing", "min", [None, ...], None),
    ("max of none", "max", [], None),
    ("min beside null and missing", "min", [None, 5, ...], 5),
    ("max beside null and missing", "max", [None, -5, ...], -5),
    ("min of texts", "min", ["b", "a", "B"], "B"),
    ("max of dates", "max", [DATE, LATER, SAME_DATE], LATER),
    ("the first of equals, min", "min", [SAME_DATE, DATE], SAME_DATE),
    ("the first of equals, max", "max", [1.0, 1], 1.0),
    ("min across types", "min", [DATE, False, [], {}, "", 7], 7),
    ("max across types", "max", [7, "z", {"b": 1}, [1], True, DATE], DATE),
    ("max without dates", "max", [7, "z", {"b": 1}, [1], False], False),
    ("max of arrays as a whole", "max", [[1, 9], [2], [1]], [2]),
    ("max of large whole numbers", "max", [LARGE, LARGE + 1], LARGE + 1),
    ("min of false", "min", [True, False], False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "values", "figure"), [row[1:] for row in FIGURES], ids=[row[0] for row in FIGURES]
)
def test_figures(function: str, values: list[Any], figure: Any) -> None:
    assert exactly(aggregated({"Aggregate": {"F": {function: "a"}}}, of(values))) == exactly([{"F": figure}])


def test_figures_of_each_group() -> None:
    documents = [{"City": "Sofia", "Amount": 2}, {"City": "Lund", "Amount": 5}, {"City": "Sofia", "Amount": 3}]
    figures = {"Total": {"sum": "Amount"}, "N": {"count": None}, "Most": {"max": "Amount"}, "At": {"min": "a.b"}}
    assert exactly(aggregated({"GroupBy": "City", "Aggregate": figures}, documents)) == exactly(
        [
            {"City": "Sofia", "Total": 5, "N": 2, "Most": 3, "At": None},
            {"City": "Lund", "Total": 5, "N": 1, "Most": 5, "At": None},
        ]
    )


@pytest.mark.parametrize("group_by", [None, []])
def test_without_group_by_there_is_one_group_also_of_nothing(group_by: Any) -> None:
    expression = {"GroupBy": group_by, "Aggregate": {"N": {"count": None}, "S": {"sum": "a"}, "M": {"max": "a"}}}
    assert aggregated(expression, []) == [{"N": 0, "S": 0, "M": None}]
    assert aggregated(expression, of([2, 3])) == [{"N": 2, "S": 5, "M": 3}]


@pytest.mark.parametrize("argument", [None, "a", 1, {}, ["a"]], ids=str)
def test_the_argument_of_count_is_ignored(argument: Any) -> None:
    assert aggregated({"Aggregate": {"N": {"count": argument}}}, of([1, ...])) == [{"N": 2}]


def test_documents_are_looked_at_one_after_the_other() -> None:
    """And not kept: a hundred thousand of them are no list anywhere."""
    alive = 0

    class Watched(dict[str, Any]):
        def __init__(self, number: int) -> None:
            nonlocal alive
            alive += 1
            super().__init__(a=number % 3, b=number)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def documents() -> Iterator[dict[str, Any]]:
        for number in range(100):
            yield Watched(number)
            assert alive <= 3

    found = Aggregation.parse({"GroupBy": "a", "Aggregate": {"S": {"sum": "b"}}}).run(documents())
    assert [group["S"] for group in found] == [sum(range(start, 100, 3)) for start in range(3)]


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


# Any documents: grouped by looking for an equal group among those there are, and worked out from lists of values

NAMES = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(
    st.sampled_from(
        [None, True, False, 0, 1, 1.0, -2, 0.1, 0.5, 1e30, -1e30, LARGE, -LARGE, "", "a", "b", DATE, SAME_DATE, LATER]
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)
DOCUMENTS = st.lists(st.dictionaries(NAMES, VALUES, max_size=3), max_size=12)
PATHS = st.sampled_from(["a", "b", "c", "a.b", "a.0", "b.a"])
EXPRESSIONS = st.fixed_dictionaries(
    {"GroupBy": st.lists(PATHS, max_size=3, unique=True)},
    optional={
        "Aggregate": st.dictionaries(
            st.sampled_from(["X", "Y", "Z"]),
            st.builds(lambda name, path: {name: path}, st.sampled_from(["count", "sum", "avg", "min", "max"]), PATHS),
            max_size=3,
        )
    },
).filter(lambda expression: any(expression.values()))


def naive(expression: Any, documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = expression["GroupBy"]
    groups: list[tuple[list[Any], list[dict[str, Any]]]] = [] if names else [([], [])]
    for document in documents:
        values = [naive_value(document, name.split(".")) for name in names]
        for group, members in groups:
            if [order_key(value) for value in group] == [order_key(value) for value in values]:
                members.append(document)
                break
        else:
            groups.append((values, [document]))
    return [
        dict(zip(names, values, strict=True))
        | {
            output: naive_figure(function, [naive_value(member, path.split(".")) for member in members])
            for output, definition in expression.get("Aggregate", {}).items()
            for function, path in definition.items()
        }
        for values, members in groups
    ]


def naive_value(value: Any, names: list[str]) -> Any:
    """None where there is nothing: no figure tells the two apart."""
    if not names:
        return value
    first, rest = names[0], names[1:]
    if isinstance(value, dict):
        return naive_value(value[first], rest) if first in value else None
    if isinstance(value, list):
        if first.isdigit():
            return naive_value(value[int(first)], rest) if int(first) < len(value) else None
        return [
            naive_value(element[first], rest) for element in value if isinstance(element, dict) and first in element
        ]
    return None


def naive_figure(function: str, values: list[Any]) -> Any:
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    exact = sum(map(Fraction, numbers), Fraction(0))
    there = [value for value in values if value is not None]
    match function:
        case "count":
            return len(values)
        case "sum":
            return float(exact) if any(isinstance(number, float) for number in numbers) else int(exact)
        case "avg":
            return float(exact / len(numbers)) if numbers else None
        case "min":
            return min(there, key=order_key, default=None)
    return max(there, key=order_key, default=None)


@given(expression=EXPRESSIONS, documents=DOCUMENTS)
def test_like_the_naive_reference(expression: Any, documents: list[dict[str, Any]]) -> None:
    found, expected = aggregated(expression, documents), naive(expression, documents)
    assert [list(group) for group in found] == [list(group) for group in expected]
    for group, reference in zip(found, expected, strict=True):
        for name, value in group.items():
            assert type(value) is type(reference[name])
            if isinstance(value, float):  # an average rounds twice
                assert math.isclose(value, reference[name], rel_tol=1e-15, abs_tol=0)
            else:
                assert value == reference[name]


@given(numbers=st.lists(st.floats(-1e12, 1e12) | st.integers(-(2**40), 2**40)), more=st.randoms())
def test_a_sum_does_not_depend_on_the_order(numbers: list[int | float], more: Any) -> None:
    expression = {"Aggregate": {"S": {"sum": "a"}, "A": {"avg": "a"}}}
    shuffled = more.sample(numbers, len(numbers))
    assert exactly(aggregated(expression, of(shuffled))) == exactly(aggregated(expression, of(numbers)))
    assert aggregated(expression, of(numbers))[0]["S"] == math.fsum(numbers)
