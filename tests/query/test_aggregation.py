"""Figures about documents in groups: tables of rules."""

from collections.abc import Iterator
from typing import Any

import pytest

from runtime.query.aggregation import Aggregation
from tests.query.aggregating import DATE, LARGE, LATER, SAME_DATE, aggregated, exactly, of

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
