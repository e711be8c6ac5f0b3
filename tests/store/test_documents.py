"""What every engine of documents promises of what is written."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from runtime.store.documents import (
    INSERT_LIMIT,
    Collection,
    DocumentChangedError,
    Documents,
)
from tests.store.asking import counted, found, ids, values
from tests.store.books import BOOKS, BOTH, INDEXED, PLAIN, get

VALUES = [
    pytest.param({}, id="nothing but its id"),
    pytest.param(
        {"Title": "Grüße, 世界 🙂", "Year": None, "Tags": [1, -2.5, {"deep": []}, True]}, id="every JSON type"
    ),
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


@pytest.mark.parametrize(
    "id", ["", "a", "A", "é", "世界", "a/b#c", "%_*", "' OR 1", "\0", "\ud83d", "2016-02-03T04:05:06Z"]
)
def test_any_text_is_an_id(documents: Documents, id: str) -> None:
    documents.insert(PLAIN, [{"Id": id}, {"Id": id + "x"}])
    assert get(documents, PLAIN, id).id == id
    assert values(documents, PLAIN, {"Id": id}) == [{"Id": id}]
    assert counted(documents, PLAIN, {"Id": {"$in": [id, id, "?", 1]}}) == 1


@pytest.mark.parametrize(
    "value", [{"n": float("nan")}, {"n": float("inf")}, {"n": {1}}, {"n": b"x"}, {"Id": 5}], ids=repr
)
def test_a_value_that_json_cannot_say_is_refused_and_nothing_is_written(
    documents: Documents, value: dict[str, Any]
) -> None:
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
                    documents.replace(
                        INDEXED, [replace(document, value={"Id": "1", "Year": document.value["Year"] + 1})]
                    )
                except DocumentChangedError:
                    continue
                return

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(add, range(100)))
        assert values(documents, INDEXED, {"Year": 100}) == [{"Id": "1", "Year": 100}]


def test_collections_are_listed_with_what_is_indexed_in_them(documents: Documents) -> None:
    assert list(documents.collections()) == []
    used = [INDEXED, Collection("shop", "Plain"), Collection("another/shop", "T\u00fcr %2F", ("a",), ("b",))]
    for collection in used:
        documents.insert(collection, [{"Id": "1"}])
        documents.prepare(collection)
    listed = {(one.app, one.type): (set(one.unique), set(one.indexed)) for one in documents.collections()}
    assert listed == {(one.app, one.type): (set(one.unique), set(one.indexed)) for one in used}
