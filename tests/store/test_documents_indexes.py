"""What every engine of documents promises of fields that are indexed later."""

from dataclasses import replace

import pytest

from runtime.store.documents import Collection, Documents, DuplicatesExistError, DuplicateValueError
from tests.store.asking import counted, found, ids
from tests.store.books import BOOKS, INDEXED, PLAIN, get


def test_indexes_are_made_from_what_is_there(documents: Documents) -> None:
    documents.insert(PLAIN, BOOKS)
    documents.prepare(INDEXED)
    assert ids(documents, INDEXED, {"Title": "Emma"}) == "ac"
    assert ids(documents, INDEXED, {"Tags": "love"}, {"Year": -1}) == "ca"
    assert ids(documents, INDEXED, {}, {"Tags": 1}) == "bdfgace"
    with pytest.raises(DuplicateValueError):
        documents.insert(INDEXED, [{"Id": "z", "ISBN": "1"}])


def test_every_operation_prepares(documents: Documents) -> None:
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


def test_what_is_unique_is_so_at_once(documents: Documents) -> None:
    documents.insert(PLAIN, [{"Id": "a", "ISBN": 1}])
    documents.insert(PLAIN, [{"Id": "b", "ISBN": 2}])
    with pytest.raises(DuplicateValueError) as error:
        documents.insert(INDEXED, [{"Id": "c", "ISBN": 1}])
    assert not isinstance(error.value, DuplicatesExistError)
    documents.insert(INDEXED, [{"Id": "c", "ISBN": 3}])


def test_a_field_that_becomes_unique_holds_no_duplicates(documents: Documents) -> None:
    documents.insert(INDEXED, BOOKS)
    by_title = Collection("shop", "Book", unique=("ISBN", "Title"))
    for operation in (
        lambda: documents.prepare(by_title),
        lambda: found(documents, by_title),
        lambda: documents.insert(by_title, [{"Id": "z"}]),
    ):
        with pytest.raises(DuplicatesExistError) as error:
            operation()
        assert (error.value.field, error.value.value) == ("Title", "Emma")
    assert ids(documents, INDEXED, {"Title": "Emma"}) == "ac"
    documents.delete(INDEXED, [get(documents, INDEXED, "a")])
    documents.prepare(by_title)
    with pytest.raises(DuplicateValueError):
        documents.insert(by_title, [{"Id": "z", "Title": "Emma"}])


def test_a_field_that_is_not_unique_any_more(documents: Documents) -> None:
    documents.insert(INDEXED, BOOKS)
    indexed = Collection("shop", "Book", indexed=("ISBN",))
    documents.prepare(indexed)
    documents.insert(indexed, [{"Id": "h", "ISBN": "1"}])
    assert ids(documents, indexed, {"ISBN": "1"}) == "ah"
    with pytest.raises(DuplicateValueError):
        documents.prepare(INDEXED)


def test_a_field_that_is_indexed_again(documents: Documents) -> None:
    documents.insert(INDEXED, BOOKS)
    documents.prepare(PLAIN)
    documents.delete(PLAIN, [get(documents, PLAIN, "a")])
    documents.insert(PLAIN, [{"Id": "h", "ISBN": "1", "Title": "Emma"}])
    assert ids(documents, INDEXED, {"Title": "Emma"}) == "ch"
    assert ids(documents, INDEXED, {"ISBN": "1"}) == "h"


def test_writes_of_one_keep_the_indexes_of_others(documents: Documents) -> None:
    definitions = [Collection("shop", "Book", indexed=(field,)) for field in ("Title", "Year", "Tags")]
    documents.insert(definitions[0], BOOKS)
    for definition in definitions:
        documents.prepare(definition)
        assert ids(documents, INDEXED, {"Title": "Emma", "Year": {"$gt": 2000}}) == "c"
    documents.delete(PLAIN, [get(documents, PLAIN, "c")])
    documents.insert(definitions[1], [{"Id": "h", "Title": "Emma", "Year": 2001, "Tags": ["love"]}])
    for definition in definitions:
        assert ids(documents, definition, {"Title": "Emma", "Year": {"$gt": 2000}}) == "h"
        assert ids(documents, definition, {"Tags": "love"}, {"Year": 1}) == "ah"
