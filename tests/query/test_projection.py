"""What a projection leaves of a document."""

from typing import Any

import pytest

from runtime.errors import ReliveError
from runtime.query.projection import Projection

BOOK = {
    "Id": "x",
    "Title": "T",
    "Author": {"Name": "N", "Born": 1900},
    "Tags": [1, 2, 3],
    "Notes": [{"a": 1, "b": 2}, 5],
}


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in BOOK.items() if name not in names}


# name, projection, what is left of the book
CASES: list[tuple[str, Any, Any]] = [
    ("nothing asked", {}, BOOK),
    ("null", None, BOOK),
    ("include", {"Title": 1}, {"Id": "x", "Title": "T"}),
    ("include as true", {"Title": True, "Tags": 1.0}, {"Id": "x", "Title": "T", "Tags": [1, 2, 3]}),
    ("include without Id", {"Title": 1, "Id": 0}, {"Title": "T"}),
    ("include without _id", {"_id": 0, "Title": 1}, {"Title": "T"}),
    ("include with Id", {"Title": 1, "Id": 1}, {"Id": "x", "Title": "T"}),
    ("include Id", {"Id": 1}, {"Id": "x"}),
    ("include what is not there", {"None": 1}, {"Id": "x"}),
    ("exclude", {"Title": 0, "Tags": False}, without("Title", "Tags")),
    ("exclude Id", {"Id": 0}, without("Id")),
    ("exclude Id and another", {"Id": 0, "Title": 0}, without("Id", "Title")),
    ("include inside", {"Author.Name": 1}, {"Id": "x", "Author": {"Name": "N"}}),
    ("include two inside", {"Author.Name": 1, "Author.Born": 1}, {"Id": "x", "Author": BOOK["Author"]}),
    ("include nothing inside", {"Author.None": 1}, {"Id": "x", "Author": {}}),
    ("include inside what has no inside", {"Title.None": 1}, {"Id": "x"}),
    ("exclude inside", {"Author.Name": 0}, BOOK | {"Author": {"Born": 1900}}),
    ("exclude inside what has no inside", {"Title.None": 0}, BOOK),
    ("include inside an array", {"Notes.a": 1}, {"Id": "x", "Notes": [{"a": 1}]}),
    ("exclude inside an array", {"Notes.a": 0}, BOOK | {"Notes": [{"b": 2}, 5]}),
    ("$slice keeps the others", {"Tags": {"$slice": 2}}, BOOK | {"Tags": [1, 2]}),
    ("$slice from the end", {"Tags": {"$slice": -2}}, BOOK | {"Tags": [2, 3]}),
    ("$slice far from the end", {"Tags": {"$slice": -9}}, BOOK),
    ("$slice 0", {"Tags": {"$slice": 0}}, BOOK | {"Tags": []}),
    ("$slice with skip", {"Tags": {"$slice": [1, 1]}}, BOOK | {"Tags": [2]}),
    ("$slice with skip from the end", {"Tags": {"$slice": [-2, 1]}}, BOOK | {"Tags": [2]}),
    ("$slice with skip far from the end", {"Tags": {"$slice": [-9, 2]}}, BOOK | {"Tags": [1, 2]}),
    ("$slice with skip behind the end", {"Tags": {"$slice": [9, 2]}}, BOOK | {"Tags": []}),
    ("$slice of no array", {"Title": {"$slice": 1}}, BOOK),
    ("$slice beside an include", {"Title": 1, "Tags": {"$slice": 1}}, {"Id": "x", "Title": "T", "Tags": [1]}),
    ("$slice beside an exclude", {"Title": 0, "Tags": {"$slice": 1}}, without("Title") | {"Tags": [1]}),
    ("$slice beside Id", {"Id": 1, "Tags": {"$slice": 1}}, {"Id": "x", "Tags": [1]}),
    ("$slice without Id", {"Id": 0, "Tags": {"$slice": 1}}, without("Id") | {"Tags": [1]}),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_projection(fields: Any, expected: Any) -> None:
    projected = Projection.parse(fields).apply(BOOK)
    assert projected == expected
    assert list(projected) == [name for name in BOOK if name in expected]


ERRORS: list[tuple[Any, str]] = [
    ([], 'Must be an object such as {"Title": 1}, not an array.'),
    ({"a": 1, "b": 0}, "b: cannot be excluded while a is included; only Id can."),
    ({"a": 0, "b": 1}, "a: cannot be excluded while b is included; only Id can."),
    ({"Id": 1, "a": 0}, "a: cannot be excluded while Id is included."),
    ({"a": "b"}, 'a: must be 1, 0 or {"$slice": ...}.'),
    ({"a": None}, 'a: must be 1, 0 or {"$slice": ...}.'),
    ({"a": {}}, 'a: must be 1, 0 or {"$slice": ...}.'),
    ({"a": {"$elemMatch": {"b": 1}}}, "a.$elemMatch: unknown; there is only $slice here."),
    ({"a": {"$slice": "1"}}, "a.$slice: must be a whole number, or [skip, take] with take more than 0."),
    ({"a": {"$slice": [1, 0]}}, "a.$slice: must be a whole number, or [skip, take] with take more than 0."),
    ({"a": {"$slice": [1]}}, "a.$slice: must be a whole number, or [skip, take] with take more than 0."),
    ({"a": 1, "a.b": 1}, "a.b: is inside another field that is named here."),
    ({"a.b": 1, "a": 1}, "a: has another field inside it that is named here, or is named twice."),
    ({"Id": 1, "_id": 1}, "_id: has another field inside it that is named here, or is named twice."),
    ({"a.$": 1}, "a.$: no field has the name $, and positional operators are not supported."),
    ({"a.": 1}, "a.: the path has an empty name."),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "problem"), ERRORS, ids=[f"{case[0]}" for case in ERRORS])
def test_projection_errors(fields: Any, problem: str) -> None:
    with pytest.raises(ReliveError) as caught:
        Projection.parse(fields)
    assert (caught.value.code, caught.value.message) == (616, f"Invalid fields expression. {problem}")
