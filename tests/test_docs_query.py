"""Keeps docs/query-language.md true: every example on the page is run, and every operator has one."""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from runtime.data import aggregating
from runtime.errors import CATALOGUE, ReliveError
from runtime.query import aggregation, extent, invalid, location, pattern, sort
from runtime.query.accumulator import FUNCTIONS
from runtime.query.aggregation import Aggregation
from runtime.query.filter import Filter
from runtime.query.projection import Projection
from runtime.query.sort import Sort
from runtime.query.update import Update
from tests.conftest import ROOT
from tests.query_page import BOOKS, ITEM, PAGE, ROWS, Row, rows_with

PARSERS = {
    "Filter": Filter.parse,
    "Sort": Sort.parse,
    "Fields": Projection.parse,
    "Aggregation": Aggregation.parse,
    "Update": Update.parse,
}
CODES = {"Filter": 608, "Sort": 601, "Fields": 616, "Aggregation": 601, "Update": 601}


def table(*columns: str) -> pytest.MarkDecorator:
    """The rows of all tables that begin with these columns, as parameters of a test."""
    return pytest.mark.parametrize("row", rows_with(*columns), ids=lambda row: f"line {row.line}")


# What the page shows


@table("Filter", "Finds")
def test_filter(row: Row) -> None:
    found = Filter.parse(row.json("Filter"))
    assert [book["Id"] for book in BOOKS if found.matches(book)] == row.ids("Finds")


@table("Sort", "Order")
def test_sort(row: Row) -> None:
    assert [book["Id"] for book in Sort.parse(row.json("Sort")).sorted(BOOKS)] == row.ids("Order")


@table("Fields", "Gives")
def test_fields(row: Row) -> None:
    assert written(Projection.parse(row.json("Fields")).apply(ITEM)) == written(row.json("Gives"))


@table("Aggregation", "Result")
def test_aggregation(row: Row) -> None:
    assert written(Aggregation.parse(row.json("Aggregation")).run(BOOKS)) == written(row.json("Result"))


@table("Update", "Before", "After")
def test_update(row: Row) -> None:
    assert written(Update.parse(row.json("Update")).apply(row.json("Before"))) == written(row.json("After"))


def written(value: Any) -> str:
    """As JSON: there 15.0 is not 15, and the order of fields is to be seen."""
    return json.dumps(value)


# The errors that it quotes


@table("Filter", "Message")
def test_filter_error(row: Row) -> None:
    assert_error(row, "Filter")


@table("Sort", "Message")
def test_sort_error(row: Row) -> None:
    assert_error(row, "Sort")


@table("Fields", "Message")
def test_fields_error(row: Row) -> None:
    assert_error(row, "Fields")


@table("Aggregation", "Message")
def test_aggregation_error(row: Row) -> None:
    assert_error(row, "Aggregation")


@table("Update", "Message")
def test_update_error(row: Row) -> None:
    assert_error(row, "Update")


def assert_error(row: Row, column: str) -> None:
    with pytest.raises(ReliveError) as raised:
        PARSERS[column](row.json(column))
    assert (raised.value.code, raised.value.message) == (CODES[column], message(row, column))


@table("Update", "Before", "Message")
def test_update_that_does_not_fit(row: Row) -> None:
    with pytest.raises(ReliveError) as raised:
        Update.parse(row.json("Update")).apply(row.json("Before"))
    assert (raised.value.code, raised.value.message) == (601, message(row, "Update"))


def message(row: Row, column: str) -> str:
    return f"{CATALOGUE[CODES[column]].message} {row.code('Message')}"


@table("Operator", "Message")
def test_operator_that_is_not_supported(row: Row) -> None:
    for operator in row.refused:
        for place, given in ((operator, {operator: 1}), (f"Title.{operator}", {"Title": {operator: 1}})):
            with pytest.raises(ReliveError) as raised:
                Filter.parse(given)
            assert raised.value.message == f"{CATALOGUE[608].message} {place}: {row.code('Message')}."


# What it must not leave out


def test_every_operator_has_an_example() -> None:
    examples = [
        row.json(column) for row in ROWS if "Message" not in row.cells for column in PARSERS.keys() & row.cells.keys()
    ]
    shown = {operator for example in examples for operator in operators(example)}
    assert shown == known_operators() - {operator for row in ROWS for operator in row.refused}


def test_every_function_has_an_example() -> None:
    examples = [row.json("Aggregation") for row in rows_with("Aggregation", "Result")]
    assert {
        function for example in examples for made in example.get("Aggregate", {}).values() for function in made
    } == (FUNCTIONS.keys())


def operators(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (name for name in value if name.startswith("$"))
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from operators(inner)


def known_operators() -> set[str]:
    """Every text in the code of the query language that is the name of an operator."""
    files = (ROOT / "runtime" / "query").glob("*.py")
    nodes = (node for path in files for node in ast.walk(ast.parse(path.read_text())))
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if re.fullmatch(r"\$[A-Za-z]+", text)}


def test_the_limits_are_those_of_the_code() -> None:
    section = PAGE.text.split("\n## Limits\n")[1].split("\n## ")[0]
    listed = [int(number.replace(",", "")) for number in re.findall(r"\| ([\d,]+)(?: places| MB)? \|", section)]
    assert listed == [
        invalid.MAX_DEPTH,
        invalid.MAX_DEPTH,
        pattern.MAX_LENGTH,
        pattern.MAX_PATTERNS,
        extent.MAX_CONDITIONS,
        sort.MAX_FIELDS,
        location.MAX_GAP,
        aggregation.MAX_NAMES,
        aggregation.MAX_GROUPS,
        aggregation.MAX_HELD_BYTES // 2**20,
        aggregating.CONSIDERED,
    ]
