"""What every engine of documents promises."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from runtime.deadline import Deadline
from runtime.errors import ReliveError
from runtime.query.filter import Filter
from runtime.store.documents import (
    INSERT_LIMIT,
    Collection,
    Document,
    DocumentChangedError,
    Documents,
    DuplicateValueError,
)
from tests.store.asking import counted, found, ids, in_time, query, values

PLAIN = Collection("shop", "Book")
INDEXED = Collection("shop", "Book", unique=("ISBN",), indexed=("Title", "Year", "Tags"))
BOTH = pytest.mark.parametrize("collection", [PLAIN, INDEXED], ids=["plain", "indexed"])


def get(documents: Documents, collection: Collection, id: str) -> Document:
    document = documents.get(collection, id)
    assert document is not None
    return document


VALUES = [
    pytest.param({}, id="nothing but its id"),
    pytest.param({"Title": "Grüße, 世界 🙂", "Year": None, "Tags": [1, -2.5, {"deep": []}, True]}, id="every JSON type"),
    pytest.param({"Year": 2**53, "n": -(2**70), "f": 5e-324, "g": 1.7976931348623157e308}, id="extreme numbers"),
    pytest.param({"Year": 1.0, "n": 1, "b": True}, id="1.0, 1 and true"),
    pytest.param({"Title": 'a\0b\x1f\r\n\u2028\\"'}, id="control characters"),
    pytest.param({"Title": "half \ud83d", "half \udc00": ["\ud83d"]}, id="half of a surrogate pair"),
    pytest.param({"Title": "x" * 300_000, "Tags": ["y" * 1000, "y" * 1001]}, id="300 KB"),
    pytest.param({"Year": "2016-02-03T05:05:06+01:00"}, id="a date as it was written"),
    pytest.param({'"': 1, "\\": 2, "a.b": 3, "$x": 4, "": 5, "'; DROP TABLE documents; --": 6}, id="odd names"),
    pytest.param({"Title": ["\0"] * 3, "ISBN": [1, 1]}, id="the same value several times"),
]


@BOTH
@pytest.mark.parametrize("value", VALUES)
def test_a_value_comes_back_as_it_was(documents: Documents, collection: Collection, value: dict[str, Any]) -> None:
    value = {"Id": "1", **value}
    documents.insert(collection, [value])
    document = get(documents, collection, "1")
    assert repr(document.value) == repr(value)
    assert found(documents, collection) == [document]
    documents.replace(collection, [document])
    documents.delete(collection, found(documents, collection))
    assert documents.get(collection, "1") is None


@pytest.mark.parametrize("id", ["", "a", "A", "é", "世界", "a/b#c", "%_*", "' OR 1", "\0", "\ud83d", "2016-02-03T04:05:06Z"])
def test_any_text_is_an_id(documents: Documents, id: str) -> None:
    documents.insert(PLAIN, [{"Id": id}, {"Id": id + "x"}])
    assert get(documents, PLAIN, id).id == id
    assert values(documents, PLAIN, {"Id": id}) == [{"Id": id}]
    assert counted(documents, PLAIN, {"Id": {"$in": [id, id, "?", 1]}}) == 1


@pytest.mark.parametrize("value", [{"n": float("nan")}, {"n": float("inf")}, {"n": {1}}, {"n": b"x"}, {"Id": 5}], ids=repr)
def test_a_value_that_json_cannot_say_is_refused_and_nothing_is_written(documents: Documents, value: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        documents.insert(PLAIN, [{"Id": "1"}, {"Id": "2", **value}])
    assert found(documents, PLAIN) == []


def test_a_document_needs_an_id(documents: Documents) -> None:
    with pytest.raises(TypeError, match="Id"):
        documents.insert(PLAIN, [{"Title": "x"}])


def test_an_insert_has_a_limit(documents: Documents) -> None:
    many = [{"Id": str(n)} for n in range(INSERT_LIMIT + 1)]
    with pytest.raises(ValueError, match="100"):
        documents.insert(PLAIN, many)
    documents.insert(PLAIN, many[:INSERT_LIMIT])
    assert counted(documents, PLAIN) == INSERT_LIMIT


def test_apps_and_types_are_apart(documents: Documents) -> None:
    collections = [Collection(app, type, unique=("a",)) for app in ("x", "y") for type in ("A", "B")]
    for n, collection in enumerate(collections):
        documents.insert(collection, [{"Id": "1", "a": 1, "n": n}])
    for n, collection in enumerate(collections):
        assert values(documents, collection, {"a": 1}) == [{"Id": "1", "a": 1, "n": n}]
    documents.delete(collections[0], found(documents, collections[0]))
    assert [counted(documents, collection) for collection in collections] == [0, 1, 1, 1]


@BOTH
def test_an_unused_collection_is_empty(documents: Documents, collection: Collection) -> None:
    assert documents.get(collection, "1") is None
    assert found(documents, collection, {"Title": "x"}, sort={"Year": 1}) == []
    assert counted(documents, collection) == 0


# Inserted in this order. Each of the letters is an id.
BOOKS: list[dict[str, Any]] = [
    {"Id": "a", "Title": "Emma", "Year": 1815, "Tags": ["love", "class"], "ISBN": "1", "o": {"n": 1}},
    {"Id": "b", "Title": "Dune", "Year": 1965, "Tags": [], "ISBN": "2", "o": {"n": 2}},
    {"Id": "c", "Title": "Emma", "Year": 2020.0, "Tags": "love", "o": [{"n": 1}, {"n": 3}]},
    {"Id": "d", "Title": None, "Year": "1965", "ISBN": None, "o": 5},
    {"Id": "e", "Year": 1965.0, "Tags": ["war", ["love"]], "ISBN": "3"},
    {"Id": "f", "Title": "emma", "Year": True, "Tags": None, "ISBN": 4},
    {"Id": "g", "Title": "2016-02-03T05:05:06+01:00", "Year": "2016-02-03T04:05:06.000Z", "ISBN": "x" * 2000},
]

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


def test_a_replaced_document_keeps_its_place(documents: Documents) -> None:
    documents.insert(INDEXED, BOOKS)
    before = get(documents, INDEXED, "b")
    documents.replace(INDEXED, [replace(before, value={"Id": "b", "Title": "Emma", "ISBN": "9"})])
    after = get(documents, INDEXED, "b")
    assert after.version != before.version
    assert ids(documents, INDEXED, {"Title": "Emma"}) == "abc"
    assert ids(documents, INDEXED, {"Title": "Dune"}) == ""
    assert ids(documents, INDEXED, {"Year": None}) == "b"
    assert ids(documents, INDEXED, {"ISBN": "9"}) == "b"
    documents.insert(INDEXED, [{"Id": "h", "ISBN": "2"}])


def test_a_deleted_document_is_nowhere(documents: Documents) -> None:
    documents.insert(INDEXED, BOOKS)
    documents.delete(INDEXED, [get(documents, INDEXED, "a"), get(documents, INDEXED, "e")])
    assert ids(documents, INDEXED) == "bcdfg"
    assert ids(documents, INDEXED, {"Title": "Emma"}) == "c"
    assert ids(documents, INDEXED, {"Tags": "love"}) == "c"
    assert counted(documents, INDEXED, {"Year": 1965}) == 1
    documents.insert(INDEXED, [BOOKS[0]])
    assert ids(documents, INDEXED, {"Title": "Emma"}) == "ca"


class TestUniqueFields:
    SAME = [
        ("text", "1", "1", True),
        ("case", "a", "A", False),
        ("1 and 1.0", 1, 1.0, True),
        ("1 and true", 1, True, False),
        ("1 and its text", 1, "1", False),
        ("an instant, written in two ways", "2016-02-03T04:05:06Z", "2016-02-03T05:05:06.000+01:00", True),
        ("null", None, None, False),
        ("large numbers next to each other", 2**60, 2**60 + 1, False),
        ("a large number twice", 2**60, float(2**60), True),
        ("long texts", "x" * 5000, "x" * 5000, True),
        ("long texts with another end", "x" * 5000 + "a", "x" * 5000 + "b", False),
        ("arrays", [1, 2], [1.0, 2], True),
        ("arrays with a common element", [1, 2], [2, 3], False),
        ("an array and its element", [1], 1, False),
        ("an array and an array in an array", [1], [[1]], False),
        ("objects", {"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
    ]

    @pytest.mark.parametrize(("first", "second", "same"), [case[1:] for case in SAME], ids=[case[0] for case in SAME])
    def test_what_is_the_same_value(self, documents: Documents, first: Any, second: Any, same: bool) -> None:
        documents.insert(INDEXED, [{"Id": "1", "ISBN": first}])
        if same:
            with pytest.raises(DuplicateValueError) as error:
                documents.insert(INDEXED, [{"Id": "2", "ISBN": second}])
            assert (error.value.field, error.value.value, error.value.position) == ("ISBN", second, 0)
        else:
            documents.insert(INDEXED, [{"Id": "2", "ISBN": second}])
        assert counted(documents, INDEXED) == (1 if same else 2)

    def test_missing_is_no_value(self, documents: Documents) -> None:
        documents.insert(INDEXED, [{"Id": "1"}, {"Id": "2"}, {"Id": "3", "ISBN": None}])
        assert counted(documents, INDEXED) == 3

    INSERTS = [
        ("id that is there", [{"Id": "2"}, {"Id": "1"}], "Id", 1),
        ("id twice", [{"Id": "2"}, {"Id": "3"}, {"Id": "2"}], "Id", 2),
        ("value that is there", [{"Id": "2"}, {"Id": "3", "ISBN": "1"}], "ISBN", 1),
        ("value twice", [{"Id": "2", "ISBN": "2"}, {"Id": "3", "ISBN": "2"}], "ISBN", 1),
    ]

    @pytest.mark.parametrize(("inserted", "field", "position"), [case[1:] for case in INSERTS], ids=[case[0] for case in INSERTS])
    def test_an_insert_is_all_or_nothing(
        self, documents: Documents, inserted: list[dict[str, Any]], field: str, position: int
    ) -> None:
        documents.insert(INDEXED, [{"Id": "1", "ISBN": "1", "Title": "x"}])
        before = found(documents, INDEXED)
        with pytest.raises(DuplicateValueError) as error:
            documents.insert(INDEXED, inserted)
        assert (error.value.field, error.value.position) == (field, position)
        assert error.value.value == inserted[position][field]
        assert found(documents, INDEXED) == before
        assert counted(documents, INDEXED, {"Title": None}) == 0
        documents.insert(INDEXED, [{"Id": "2", "ISBN": "2"}, {"Id": "3", "ISBN": "3"}])

    def test_replaces_stop_at_a_duplicate(self, documents: Documents) -> None:
        documents.insert(INDEXED, [{"Id": id, "ISBN": id} for id in "abcd"])
        changed = [replace(document, value={**document.value, "n": 1}) for document in found(documents, INDEXED)]
        changed[2].value["ISBN"] = "d"
        changed[2].value["Title"] = "x"
        with pytest.raises(DuplicateValueError) as error:
            documents.replace(INDEXED, changed)
        assert (error.value.field, error.value.value, error.value.position) == ("ISBN", "d", 2)
        assert ids(documents, INDEXED, {"n": 1}) == "ab"
        assert ids(documents, INDEXED, {"Title": "x"}) == ""
        assert ids(documents, INDEXED, {"ISBN": "c"}) == "c"

    def test_a_value_that_was_given_up_is_free(self, documents: Documents) -> None:
        documents.insert(INDEXED, [{"Id": "a", "ISBN": 1}, {"Id": "b", "ISBN": 2}])
        a, b = found(documents, INDEXED)
        documents.replace(INDEXED, [replace(a, value={"Id": "a", "ISBN": 3}), replace(b, value={"Id": "b", "ISBN": 1})])
        documents.delete(INDEXED, [get(documents, INDEXED, "a")])
        documents.insert(INDEXED, [{"Id": "c", "ISBN": 3}, {"Id": "d", "ISBN": 2}])
        assert values(documents, INDEXED, {"ISBN": {"$gt": 0}}, {"ISBN": 1}) == [
            {"Id": "b", "ISBN": 1},
            {"Id": "d", "ISBN": 2},
            {"Id": "c", "ISBN": 3},
        ]

    def test_a_document_does_not_collide_with_itself(self, documents: Documents) -> None:
        documents.insert(INDEXED, [{"Id": "a", "ISBN": 1}])
        documents.replace(INDEXED, [replace(get(documents, INDEXED, "a"), value={"Id": "a", "ISBN": 1.0, "n": 2})])
        assert values(documents, INDEXED, {"ISBN": 1}) == [{"Id": "a", "ISBN": 1.0, "n": 2}]

    def test_only_one_of_many_threads_has_a_value(self, documents: Documents) -> None:
        def insert(n: int) -> bool:
            try:
                documents.insert(INDEXED, [{"Id": str(n), "ISBN": "same"}])
            except DuplicateValueError:
                return False
            return True

        with ThreadPoolExecutor(8) as threads:
            assert sum(threads.map(insert, range(40))) == 1
        assert counted(documents, INDEXED) == 1


class TestVersions:
    @pytest.mark.parametrize("operation", ["replace", "delete"])
    @pytest.mark.parametrize("what", ["changed", "deleted", "deleted and made again"])
    def test_only_what_was_read_is_written_over(self, documents: Documents, operation: str, what: str) -> None:
        documents.insert(INDEXED, [{"Id": id} for id in "abc"])
        a, b, c = found(documents, INDEXED)
        if what == "changed":
            documents.replace(INDEXED, [b])
        else:
            documents.delete(INDEXED, [b])
            if what == "deleted and made again":
                documents.insert(INDEXED, [b.value])
        before = documents.get(INDEXED, "b")
        with pytest.raises(DocumentChangedError) as error:
            getattr(documents, operation)(INDEXED, [a, b, c])
        assert error.value.position == 1
        assert documents.get(INDEXED, "b") == before
        assert documents.get(INDEXED, "c") == c
        assert documents.get(INDEXED, "a") != a

    def test_threads_that_replace_lose_no_update(self, documents: Documents) -> None:
        documents.insert(INDEXED, [{"Id": "1", "Year": 0}])

        def add(_: int) -> None:
            while True:
                document = get(documents, INDEXED, "1")
                try:
                    documents.replace(INDEXED, [replace(document, value={"Id": "1", "Year": document.value["Year"] + 1})])
                except DocumentChangedError:
                    continue
                return

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(add, range(100)))
        assert values(documents, INDEXED, {"Year": 100}) == [{"Id": "1", "Year": 100}]


class TestOtherFields:
    def test_indexes_are_made_from_what_is_there(self, documents: Documents) -> None:
        documents.insert(PLAIN, BOOKS)
        documents.prepare(INDEXED)
        assert ids(documents, INDEXED, {"Title": "Emma"}) == "ac"
        assert ids(documents, INDEXED, {"Tags": "love"}, {"Year": -1}) == "ca"
        assert ids(documents, INDEXED, {}, {"Tags": 1}) == "bdfgace"
        with pytest.raises(DuplicateValueError):
            documents.insert(INDEXED, [{"Id": "z", "ISBN": "1"}])

    def test_every_operation_prepares(self, documents: Documents) -> None:
        documents.insert(PLAIN, BOOKS)
        title, year = (Collection("shop", "Book", indexed=(field,)) for field in ("Title", "Year"))
        for _ in range(2):
            assert ids(documents, title, {"Title": "Emma"}) == "ac"
            assert counted(documents, year, {"Year": 1965}) == 2
        documents.insert(title, [{"Id": "h", "Title": "Emma", "Year": 1965}])
        documents.replace(year, [replace(get(documents, year, "a"), value={"Id": "a", "Title": "Dune", "Year": 1965})])
        documents.delete(title, [get(documents, title, "b")])
        assert ids(documents, title, {"Title": "Emma"}) == "ch"
        assert ids(documents, year, {"Year": 1965}) == "aeh"

    def test_a_field_that_becomes_unique_holds_no_duplicates(self, documents: Documents) -> None:
        documents.insert(INDEXED, BOOKS)
        by_title = Collection("shop", "Book", unique=("ISBN", "Title"))
        for operation in (
            lambda: documents.prepare(by_title),
            lambda: found(documents, by_title),
            lambda: documents.insert(by_title, [{"Id": "z"}]),
        ):
            with pytest.raises(DuplicateValueError) as error:
                operation()
            assert (error.value.field, error.value.value) == ("Title", "Emma")
        assert ids(documents, INDEXED, {"Title": "Emma"}) == "ac"
        documents.delete(INDEXED, [get(documents, INDEXED, "a")])
        documents.prepare(by_title)
        with pytest.raises(DuplicateValueError):
            documents.insert(by_title, [{"Id": "z", "Title": "Emma"}])

    def test_a_field_that_is_not_unique_any_more(self, documents: Documents) -> None:
        documents.insert(INDEXED, BOOKS)
        indexed = Collection("shop", "Book", indexed=("ISBN",))
        documents.insert(indexed, [{"Id": "h", "ISBN": "1"}])
        assert ids(documents, indexed, {"ISBN": "1"}) == "ah"
        with pytest.raises(DuplicateValueError):
            documents.prepare(INDEXED)

    def test_a_field_that_is_indexed_again(self, documents: Documents) -> None:
        documents.insert(INDEXED, BOOKS)
        documents.prepare(PLAIN)
        documents.delete(PLAIN, [get(documents, PLAIN, "a")])
        documents.insert(PLAIN, [{"Id": "h", "ISBN": "1", "Title": "Emma"}])
        assert ids(documents, INDEXED, {"Title": "Emma"}) == "ch"
        assert ids(documents, INDEXED, {"ISBN": "1"}) == "h"


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
