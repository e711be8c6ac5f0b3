"""The order of documents, by MongoDB's rules."""

import heapq
from typing import Any

import pytest

from runtime.errors import ReliveError
from runtime.query.sort import Sort

DATE = "2016-02-03T04:05:06.789Z"

# name, sort, documents in the order that it gives; they are handed in backwards
CASES: list[tuple[str, Any, list[Any]]] = [
    ("by number", {"a": 1}, [{"a": -1}, {"a": 0.5}, {"a": 2}]),
    ("backwards", {"a": -1}, [{"a": 2}, {"a": 0.5}, {"a": -1}]),
    ("types", {"a": 1}, [{"a": []}, {"a": None}, {"a": 5}, {"a": "x"}, {"a": {"b": 1}}, {"a": [[1]]}, {"a": False}, {"a": True}, {"a": DATE}]),
    ("types backwards", {"a": -1}, [{"a": DATE}, {"a": True}, {"a": [[1]]}, {"a": {}}, {"a": ""}, {"a": 0}, {"a": None}, {"a": []}]),
    ("texts by code point", {"a": 1}, [{"a": ""}, {"a": "B"}, {"a": "a"}, {"a": "\uffff"}, {"a": "\U0001f642"}]),
    ("dates by instant", {"a": 1}, [{"a": "2016-02-03T06:00:00+03:00"}, {"a": "2016-02-03T04:00:00Z"}]),
    ("two fields", {"a": 1, "b": -1}, [{"a": 1, "b": 2}, {"a": 1, "b": 1}, {"a": 2, "b": 9}]),
    ("order of the fields", {"b": -1, "a": 1}, [{"a": 2, "b": 9}, {"a": 1, "b": 2}, {"a": 1, "b": 1}]),
    ("an array by its least", {"a": 1}, [{"a": [9, 1]}, {"a": 2}, {"a": [3, 8]}]),
    ("an array by its greatest, backwards", {"a": -1}, [{"a": [9, 1]}, {"a": [3, 8]}, {"a": 2}]),
    ("inside objects", {"a.b": 1}, [{"a": 5}, {"a": {"b": 1}}, {"a": {"b": 2}}]),
    ("inside objects of arrays", {"a.b": 1}, [{"a": [{"b": 5}, {"b": 1}]}, {"a": {"b": 2}}, {"a": [{"b": 3}]}]),
    ("an array with no object in it is null", {"a.b": 1}, [{"a": []}, {"a": [7]}, {"a": [{"b": 0}]}]),
    ("a place in an array", {"a.1": 1}, [{"a": [5, 1]}, {"a": [1, 5]}]),
    ("_id is Id", {"_id": 1}, [{"Id": "a"}, {"Id": "b"}]),
    ("objects", {"a": 1}, [{"a": {}}, {"a": {"b": 1}}, {"a": {"b": 1, "c": 0}}, {"a": {"b": 2}}, {"a": {"b": "x"}}]),
]  # fmt: skip


@pytest.mark.parametrize(("sort", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_sort(sort: Any, expected: list[Any]) -> None:
    parsed = Sort.parse(sort)
    assert parsed.sorted(reversed(expected)) == expected
    assert heapq.nsmallest(2, reversed(expected), key=parsed.key) == expected[:2]


@pytest.mark.parametrize("sort", [{"a": 1}, {"a": -1}, {}, None], ids=str)
def test_equals_keep_their_order(sort: Any) -> None:
    documents: list[dict[str, Any]] = [{"n": 3}, {"n": 1, "a": None}, {"n": 2}]
    assert Sort.parse(sort).sorted(documents) == documents


ERRORS: list[tuple[Any, str]] = [
    ([], 'sort: must be an object such as {"Title": 1}, not an array.'),
    ({"a": 0}, "sort.a: must be 1 or -1."),
    ({"a": True}, "sort.a: must be 1 or -1."),
    ({"a": "asc"}, "sort.a: must be 1 or -1."),
    ({"a..b": 1}, "sort.a..b: the path has an empty name."),
    ({f"a{n}": 1 for n in range(33)}, "sort: has 33 fields, and may have 32."),
    ({"$natural": 1}, "sort.$natural: no field has the name $natural, and positional operators are not supported."),
]  # fmt: skip


@pytest.mark.parametrize(("sort", "problem"), ERRORS, ids=[case[1][:40] for case in ERRORS])
def test_sort_errors(sort: Any, problem: str) -> None:
    with pytest.raises(ReliveError) as caught:
        Sort.parse(sort)
    assert (caught.value.code, caught.value.message) == (601, f"Invalid request. {problem}")
