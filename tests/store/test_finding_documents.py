"""What every engine of documents finds, and in which order."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from runtime.deadline import Deadline
from runtime.errors import ReliveError
from runtime.query.filter import Filter
from runtime.store.documents import (
    Collection,
    Documents,
)
from tests.store.asking import counted, ids, in_time, query
from tests.store.books import BOOKS, BOTH, INDEXED


def nested(operators: Sequence[str], innermost: dict[str, Any]) -> dict[str, Any]:
    """One inside the other, with the innermost beside it each time."""
    filter = innermost
    for operator in operators:
        filter = {operator: [filter, innermost]}
    return filter


FINDS = [
    ("all", {}, "abcdefg"),
    ("by id", {"Id": "c"}, "c"),
    ("by id that is not there", {"Id": "z"}, ""),
    ("by ids", {"Id": {"$in": ["f", "b", "z", None, 3, "b"]}}, "bf"),
    ("by id and more", {"Id": "c", "Title": "Dune"}, ""),
    ("by id as Mongo names it", {"_id": "c"}, "c"),
    ("by id that begins", {"Id": {"$regex": "^c"}}, "c"),
    ("by ids above", {"Id": {"$gt": "e"}}, "fg"),
    ("equal text", {"Title": "Emma"}, "ac"),
    ("case counts", {"Title": "emma"}, "f"),
    ("equal number", {"Year": 1965}, "be"),
    ("equal to null or missing", {"Title": None}, "de"),
    ("unique is null", {"ISBN": None}, "cd"),
    ("unique", {"ISBN": "2"}, "b"),
    ("unique and long", {"ISBN": "x" * 2000}, "g"),
    ("unique and long, but other", {"ISBN": "x" * 2001}, ""),
    ("at least a long text", {"ISBN": {"$gte": "x" * 1999}}, "g"),
    ("less than a long text", {"ISBN": {"$lt": "x" * 2001}}, "abeg"),
    ("less than itself", {"ISBN": {"$lt": "x" * 2000}}, "abe"),
    ("true is not 1", {"Year": 1}, ""),
    ("equal boolean", {"Year": True}, "f"),
    ("an element", {"Tags": "love"}, "ac"),
    ("the whole array", {"Tags": ["love", "class"]}, "a"),
    ("an array that is an element", {"Tags": ["love"]}, "e"),
    ("an empty array", {"Tags": []}, "b"),
    ("any of", {"Tags": {"$in": ["war", "class", "love"]}}, "ace"),
    ("any of, with null", {"Title": {"$in": ["Dune", None]}}, "bde"),
    ("none", {"Title": {"$in": []}}, ""),
    ("all of", {"Tags": {"$all": ["love", "class"]}}, "a"),
    ("all of, and the whole array", {"Tags": {"$all": ["love", ["love", "class"]]}}, "a"),
    ("all of, without index", {"o.n": {"$all": [1, 2]}}, ""),
    ("all of many, of which one is not there", {"Tags": {"$all": ["love", *map(str, range(40_000))]}}, ""),
    ("all of, among others", {"$or": [{"Tags": {"$all": ["love", "class"]}}, {"Title": "Dune"}]}, "ab"),
    ("more than", {"Year": {"$gt": 1815}}, "bce"),
    ("between", {"Year": {"$gte": 1815, "$lt": 1965.5}}, "abe"),
    ("nothing between", {"Year": {"$gt": 1965, "$lt": 1965}}, ""),
    ("elements above and others below", {"Tags": {"$gt": "m", "$lt": "d"}}, ""),
    ("one element above, another below", {"Tags": {"$gt": "k", "$lt": "d"}}, "a"),
    ("texts only", {"Year": {"$gte": ""}}, "d"),
    ("a date, however written", {"Title": "2016-02-03T04:05:06Z"}, "g"),
    ("dates only", {"Year": {"$lt": "2020-01-01T00:00:00Z"}}, "g"),
    ("at least null", {"Title": {"$gte": None}}, "de"),
    ("prefix", {"Title": {"$regex": "^Em"}}, "ac"),
    ("prefix with a tail", {"Title": {"$regex": "^Emx*"}}, "ac"),
    ("prefix of a date", {"Title": {"$regex": "^2016"}}, "g"),
    ("prefix without case", {"Title": {"$regex": "^em", "$options": "i"}}, "acf"),
    ("prefix of an element", {"Tags": {"$regex": "^lo"}}, "ac"),
    ("alternatives", {"Title": {"$regex": "^Emma|Dune"}}, "abc"),
    ("not equal", {"Title": {"$ne": "Emma"}}, "bdefg"),
    ("not in", {"Year": {"$nin": [1965, True]}}, "acdg"),
    ("exists", {"Title": {"$exists": True}}, "abcdfg"),
    ("does not exist", {"ISBN": {"$exists": False}}, "c"),
    ("both", {"Title": "Emma", "Year": 2020}, "c"),
    ("both indexed in other order", {"Year": {"$gt": 1900}, "Tags": "love"}, "c"),
    ("several elements in a range", {"Tags": {"$gte": "a"}}, "ace"),
    ("between, and more", {"Title": {"$gte": "A"}, "Id": {"$ne": "x"}}, "abcf"),
    ("either", {"$or": [{"Title": "Dune"}, {"Year": 1815}, {"Tags": "love"}]}, "abc"),
    ("either, one of them without index", {"$or": [{"Title": "Dune"}, {"o": 5}]}, "bd"),
    ("either and another", {"$or": [{"Title": "Dune"}, {"Title": "Emma"}], "Year": {"$lt": 1970}}, "ab"),
    ("neither", {"$nor": [{"Title": "Emma"}, {"Year": 1965}]}, "dfg"),
    ("and in or", {"$or": [{"Title": "Emma", "Year": 1815}, {"Year": 1965, "Title": "Dune"}]}, "ab"),
    ("inside", {"o.n": 1}, "ac"),
    ("inside, at a place", {"o.0.n": 1}, "c"),
    ("inside, nothing", {"o.n": None}, "defg"),
    ("an object", {"o": {"n": 2}}, "b"),
    ("size", {"Tags": {"$size": 2}}, "ae"),
    ("element that matches", {"o": {"$elemMatch": {"n": {"$gt": 1}}}}, "c"),
    ("type", {"Year": {"$type": "string"}}, "d"),
    ("remainder", {"Year": {"$mod": [5, 0]}}, "abce"),
    ("an or in an or", {"$or": [{"Title": "Dune"}, {"$or": [{"Year": 1815}, {"$or": [{"Year": True}]}]}]}, "abf"),
    ("very many ids", {"Id": {"$in": [*"ca", *map(str, range(40_000))]}}, "ac"),
    ("very many values", {"Title": {"$in": ["Dune", *map(str, range(40_000))]}}, "b"),
    ("very many alternatives", {"$or": [{"Title": str(n)} for n in range(400)] + [{"Title": "Dune"}]}, "b"),
    (
        "very many values in alternatives",
        {"$or": [{"Title": {"$in": ["Dune", *map(str, range(n, n + 900))]}} for n in range(80)]},
        "b",
    ),
    (
        "very many parts",
        {"$and": [{"o.n": {"$ne": str(n)}} for n in range(200)] + [{"o.n": 2}] * 150 + [{"Title": "Dune"}] * 150},
        "b",
    ),
    ("very deep", nested(["$and", "$or"] * 9, {"o.n": 2}), "b"),
    ("very deep and indexed", nested(["$and", "$or"] * 9, {"Title": "Dune"}), "b"),
    ("very deep or", nested(["$or"] * 18, {"Title": "Dune"}), "b"),
]


@BOTH
@pytest.mark.parametrize(("filter", "expected"), [case[1:] for case in FINDS], ids=[case[0] for case in FINDS])
def test_what_is_found_comes_in_the_order_of_insertion(
    documents: Documents, collection: Collection, filter: Any, expected: str
) -> None:
    documents.insert(collection, BOOKS)
    assert ids(documents, collection, filter) == expected
    assert counted(documents, collection, filter) == len(expected)
    assert ids(documents, collection, filter, skip=1, take=2) == expected[1:3]
    assert ids(documents, collection, filter, take=0) == ""


SORTS = [
    ("ascending", {}, {"Year": 1}, "abecdfg"),
    ("descending", {}, {"Year": -1}, "gfdcbea"),
    ("ties stay in order of insertion", {}, {"Title": 1}, "debacfg"),
    ("ties stay in order of insertion when descending", {}, {"Title": -1}, "gfacbde"),
    ("arrays by their least element", {}, {"Tags": 1}, "bdfgace"),
    ("arrays by their greatest element", {}, {"Tags": -1}, "eacdfgb"),
    ("two fields", {}, {"Title": 1, "Year": -1}, "debcafg"),
    ("a unique field", {}, {"ISBN": 1}, "cdfabeg"),
    ("a unique field, descending", {}, {"ISBN": -1}, "gebafcd"),
    ("by id", {}, {"Id": -1}, "gfedcba"),
    ("inside", {"o.n": {"$gt": 0}}, {"o.n": -1}, "cba"),
    ("what is equal", {"Title": "Emma"}, {"Year": -1}, "ca"),
    ("what is between", {"Year": {"$gt": 1900}}, {"Year": -1}, "cbe"),
    ("what is between, by another field", {"Year": {"$gt": 1900}}, {"Title": 1}, "ebc"),
    ("what is equal to the sort", {"Title": {"$gte": "A"}}, {"z": 1}, "abcf"),
    ("what has no index", {"o": {"$exists": True}}, {"Year": 1}, "abcd"),
]


@BOTH
@pytest.mark.parametrize(("filter", "sort", "expected"), [case[1:] for case in SORTS], ids=[case[0] for case in SORTS])
def test_what_is_found_comes_in_the_order_of_the_sort(
    documents: Documents, collection: Collection, filter: Any, sort: Any, expected: str
) -> None:
    documents.insert(collection, BOOKS)
    assert ids(documents, collection, filter, sort) == expected
    assert ids(documents, collection, filter, sort, skip=1) == expected[1:]
    assert ids(documents, collection, filter, sort, skip=1, take=1) == expected[1:2]
    assert ids(documents, collection, filter, sort, take=2) == expected[:2]


class TestDeadlines:
    @pytest.mark.parametrize("sort", [None, {"Year": 1}, {"o": 1}])
    @pytest.mark.parametrize("filter", [None, {"Title": "Emma"}, {"o": 5}])
    def test_nothing_is_found_after_it(self, documents: Documents, filter: Any, sort: Any) -> None:
        documents.insert(INDEXED, BOOKS)
        for operation in (
            lambda: list(documents.find(INDEXED, query(filter, sort), Deadline.after(0))),
            lambda: documents.count(INDEXED, Filter.parse(filter), Deadline.after(0)),
        ):
            with pytest.raises(ReliveError) as error:
                operation()
            assert error.value.code == 650

    def test_it_may_pass_while_documents_are_taken(self, documents: Documents) -> None:
        documents.insert(INDEXED, BOOKS)
        deadline = in_time().scope()
        rows = documents.find(INDEXED, query(), deadline)
        assert next(rows).id == "a"
        deadline.end()
        with pytest.raises(ReliveError):
            next(rows)
        assert ids(documents, INDEXED) == "abcdefg"


class TestIterators:
    def test_writing_while_reading(self, documents: Documents) -> None:
        documents.insert(INDEXED, BOOKS)
        for document in documents.find(INDEXED, query(sort={"Year": 1}), in_time()):
            documents.replace(INDEXED, [replace(document, value={**document.value, "Year": 0})])
        assert counted(documents, INDEXED, {"Year": 0}) == len(BOOKS)

    def test_closing_early(self, documents: Documents) -> None:
        documents.insert(INDEXED, BOOKS)
        for _ in range(100):
            rows = documents.find(INDEXED, query({"Year": {"$gt": 0}}), in_time())
            next(rows)
            rows.close()
        assert ids(documents, INDEXED) == "abcdefg"

    def test_several_at_once(self, documents: Documents) -> None:
        documents.insert(INDEXED, BOOKS)
        iterators = [documents.find(INDEXED, query({"Year": year}), in_time()) for year in (1965, 1815)]
        assert [next(rows).id for rows in iterators] == ["b", "a"]
        assert [document.id for rows in iterators for document in rows] == ["e"]
