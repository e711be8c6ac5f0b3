"""How many requests operations on documents take, and what they cost."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from runtime.store.documents import Collection, DocumentChangedError
from runtime.store.dynamodb.documents import DynamoDocuments
from runtime.store.dynamodb.table import Table
from tests.store.asking import counted, found, values
from tests.store.books import get
from tests.store.stand_ins.metered import MeteredClient
from tests.store.stand_ins.stand_in import stand_in

pytestmark = pytest.mark.slow

BOOKS = Collection("app", "Book", unique=("ISBN", "Slug"), indexed=("Shelf", "Title", "Rank"))
NUMBER = 300


@dataclass(frozen=True)
class Place:
    client: MeteredClient
    documents: DynamoDocuments


def book(n: int) -> dict[str, Any]:
    return {
        "Id": f"b{n}",
        "ISBN": n,
        "Slug": f"s{n}",
        "Shelf": n % 5,
        "Title": f"Title {n % 2}",
        "Rank": n * 7 % NUMBER,
        "o": n % 3,
    }


@pytest.fixture(scope="module")
def place() -> Place:
    serving = stand_in("ministack")
    client = MeteredClient(serving.client())
    documents = DynamoDocuments(Table(lambda: client, serving.create_table()), lease=600, settle=0)
    for start in range(0, NUMBER, 50):
        documents.insert(BOOKS, [book(n) for n in range(start, start + 50)])
    return Place(client, documents)


def page(filter: Any = None, sort: Any = None, skip: int = 0) -> Callable[[DynamoDocuments], Any]:
    return lambda documents: len(values(documents, BOOKS, filter, sort, skip, 20))


OPERATIONS: list[tuple[str, Callable[[DynamoDocuments], Any], Any, list[str]]] = [
    ("read by id", lambda documents: get(documents, BOOKS, "b5").id, "b5", ["get_item"]),
    ("read what is not there", lambda documents: documents.get(BOOKS, "x"), None, ["get_item"]),
    ("find by id", page({"Id": "b5"}), 1, ["batch_get_item"]),
    ("page of an indexed filter", page({"Shelf": 3}), 20, ["query", "batch_get_item"]),
    ("third page of an indexed filter", page({"Shelf": 3}, skip=40), 20, ["query", "batch_get_item"]),
    ("page of a unique value", page({"ISBN": 7}), 1, ["query", "batch_get_item"]),
    ("page of an indexed filter that finds nothing", page({"Shelf": 9}), 0, ["query", "batch_get_item"]),
    ("first page of all", page(), 20, ["query", "batch_get_item"]),
    ("page in the order of an index", page(None, {"Rank": 1}), 20, ["query", "batch_get_item"]),
    ("page in its order, downwards", page(None, {"Rank": -1}), 20, ["query", "batch_get_item"]),
    ("page in an order with many equals", page(None, {"Title": -1}), 20, ["query", "query", "batch_get_item"]),
    ("page of a range in its order", page({"Rank": {"$gt": 5}}, {"Rank": 1}), 20, ["query", "batch_get_item"]),
    (
        "page of a filter in another order",
        page({"Shelf": 3}, {"Rank": 1}),
        20,
        ["query", "batch_get_item"],
    ),
    ("page of two filters", page({"Title": "Title 1", "Shelf": 3}), 20, ["query", "query", "batch_get_item"]),
    ("count of all", lambda documents: counted(documents, BOOKS), NUMBER, ["query"]),
    (
        "count of an indexed filter",
        lambda documents: counted(documents, BOOKS, {"Shelf": 3}),
        60,
        ["query", "batch_get_item"],
    ),
    ("count of a filter without index", lambda documents: counted(documents, BOOKS, {"o": 1}), 100, ["query"]),
]


@pytest.mark.parametrize(
    ("act", "expected", "requests"), [case[1:] for case in OPERATIONS], ids=[case[0] for case in OPERATIONS]
)
def test_reads(place: Place, act: Callable[[DynamoDocuments], Any], expected: Any, requests: list[str]) -> None:
    meter = place.client.start()
    assert act(place.documents) == expected
    assert meter.requests == requests
    assert meter.write_units == 0


def test_writes(place: Place) -> None:
    def requests(act: Callable[[], Any]) -> tuple[list[str], int]:
        meter = place.client.start()
        act()
        return meter.requests, meter.write_units

    documents = place.documents
    # The document, its place, 5 entries, 2 claims and the counter, each twice.
    assert requests(lambda: documents.insert(BOOKS, [book(1000)])) == (["transact_write_items"], 20)
    read = get(documents, BOOKS, "b1000")
    alike = type(read)({**read.value, "note": "x"}, read.version)
    assert requests(lambda: documents.replace(BOOKS, [alike])) == (["batch_get_item", "put_item"], 1)
    read = get(documents, BOOKS, "b1000")
    other = type(read)({**read.value, "Rank": -1}, read.version)
    assert requests(lambda: documents.replace(BOOKS, [other])) == (["batch_get_item", "transact_write_items"], 6)
    read = get(documents, BOOKS, "b1000")
    assert requests(lambda: documents.delete(BOOKS, [type(read)(read.value, read.version)])) == (
        ["batch_get_item", "transact_write_items"],
        20,
    )


def test_what_was_read_is_written_over_without_another_read(place: Place) -> None:
    documents = place.documents
    documents.insert(BOOKS, [book(2000)])
    read = get(documents, BOOKS, "b2000")
    meter = place.client.start()
    documents.replace(BOOKS, [replace(read, value={**read.value, "Rank": -1})])
    assert meter.requests == ["transact_write_items"]
    with pytest.raises(DocumentChangedError):
        documents.delete(BOOKS, [read])
    (again,) = found(documents, BOOKS, {"Id": "b2000"})
    meter = place.client.start()
    documents.delete(BOOKS, [again])
    assert meter.requests == ["transact_write_items"]
    assert found(documents, BOOKS, {"Rank": -1}) == []


def test_a_process_that_has_just_started_reads_by_id_with_one_request(place: Place) -> None:
    fresh = DynamoDocuments(place.documents._table)
    meter = place.client.start()
    assert get(fresh, BOOKS, "b5").id == "b5"
    assert meter.requests == ["batch_get_item"]
    assert len(found(fresh, BOOKS, {"Shelf": 3})) == 60
