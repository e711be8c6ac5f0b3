"""What operations on items cost in DynamoDB: requests, units, and the price of a million of them.

Nothing here is about time. A stand-in does the operations; what they consume is worked out from the sizes of the items,
because stand-ins do not know.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from runtime.deadline import Deadline
from runtime.query.filter import Filter
from runtime.store.documents import NEVER, Collection, Document, Query
from runtime.store.dynamodb.actions import Item, Put
from runtime.store.dynamodb.changes import Changes
from runtime.store.dynamodb.documents import DynamoDocuments
from runtime.store.dynamodb.insertion_order import InsertionOrder
from runtime.store.dynamodb.items import Stored
from runtime.store.dynamodb.keys import Keys, sort_key_of
from runtime.store.dynamodb.states import States
from runtime.store.dynamodb.table import Table
from tests.store.stand_ins.metered import Meter, MeteredClient
from tests.store.stand_ins.stand_in import StandIn

ITEMS = 100_000
PAGE = 20
SHELVES = 10
"""A tenth of all items is on each shelf."""

READ_PRICE, WRITE_PRICE = 0.125, 0.625
"""Dollars for a million units on demand (us-east-1, since November 2024)."""

FILLED_AT_ONCE = 500

BOOKS = Collection("bench", "Book", unique=("ISBN", "Slug"), indexed=("Title", "Shelf", "CreatedAt", "ModifiedAt"))
"""As a type with four declared fields has it: two are unique, and what every item has is indexed, too."""

LARGE = Collection("bench", "Large", indexed=("Shelf",))

SHELF = Filter.parse({"Shelf": 3})


@dataclass(frozen=True)
class Cost:
    """Of one operation."""

    name: str
    requests: int
    read_units: int
    write_units: int

    @property
    def price(self) -> float:
        """Dollars for a million of them."""
        return self.read_units * READ_PRICE + self.write_units * WRITE_PRICE


def measure(items: int = ITEMS) -> Iterator[Cost]:
    with StandIn("ministack") as serving:
        name = serving.create_table()
        client = MeteredClient(serving.client())
        documents = DynamoDocuments(Table(lambda: client, name), lease=3600)
        _fill(Table(serving.client, name), items)
        documents.insert(BOOKS, [_book(n) for n in range(10)])
        _page(documents)  # from here on the indexes of the types are known, as they are to a process at work
        for what, act in _operations(documents, items):
            meter = client.start()
            act()
            yield _cost(what, meter)


def _operations(documents: DynamoDocuments, items: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    among = f"among {items:,}"
    yield "read by id", lambda: _read(documents, BOOKS, "book-5")
    yield f"page of {PAGE} by an indexed filter, {among}", lambda: _page(documents)
    yield (
        f"the same with its count, {items // SHELVES:,}",
        lambda: (_page(documents), _count(documents, SHELF, items // SHELVES)),
    )
    yield f"page of {PAGE} of all, with their count, {among}", lambda: _page_of_all(documents, items)
    yield "create with two unique fields", lambda: documents.insert(BOOKS, [_book(10)])
    yield "update", lambda: _update(documents)
    yield "delete", lambda: documents.delete(BOOKS, [_read(documents, BOOKS, "book-10")])


def _read(documents: DynamoDocuments, collection: Collection, id: str) -> Document:
    document = documents.get(collection, id)
    assert document is not None
    return document


def _page(documents: DynamoDocuments, filter: Filter = SHELF) -> None:
    assert len(list(documents.find(LARGE, Query(filter, take=PAGE), Deadline.after(60)))) == PAGE


def _count(documents: DynamoDocuments, filter: Filter, expected: int) -> None:
    assert documents.count(LARGE, filter, Deadline.after(60)) == expected


def _page_of_all(documents: DynamoDocuments, items: int) -> None:
    everything = Filter.parse({})
    _page(documents, everything)
    _count(documents, everything, items)


def _update(documents: DynamoDocuments) -> None:
    """Of one field without index; that it was changed is noted in one that has an index, as for every item."""
    read = _read(documents, BOOKS, "book-10")
    value = {**read.value, "Text": "Some years ago.", "ModifiedAt": "2026-05-02T08:30:00.000Z"}
    documents.replace(BOOKS, [replace(read, value=value)])


def _cost(name: str, meter: Meter) -> Cost:
    return Cost(name, len(meter.requests), meter.read_units, meter.write_units)


def _book(n: int) -> dict[str, Any]:
    return {
        "Id": f"book-{n}",
        "Title": f"Title {n}",
        "ISBN": f"978-{n:010}",
        "Slug": f"title-{n}",
        "Shelf": n % SHELVES,
        "Text": "Call me Ishmael. " * 10,
        "CreatedAt": "2026-05-01T08:30:00.000Z",
        "ModifiedAt": "2026-05-01T08:30:00.000Z",
        "Owner": "00000000-0000-0000-0000-000000000000",
    }


def _fill(table: Table, items: int) -> None:
    """Put the very items into the table that inserts would, without the conditions that take most of the time."""
    state = States(table).created(LARGE, NEVER)
    keys = Keys(LARGE.app, LARGE.type)
    changes, order = Changes(keys, state), InsertionOrder()
    for start in range(0, items, FILLED_AT_ONCE):
        numbers = range(start, min(start + FILLED_AT_ONCE, items))
        puts: list[Item] = []
        for n, place in zip(numbers, order.next(len(numbers)), strict=True):
            value = _book(n)
            change = changes.insert(Stored(value, n, keys.document(sort_key_of(value["Id"])), place), 0)
            puts += [action.item for action in change.actions if isinstance(action, Put)]
        table.write_many(NEVER, puts=puts)
    table.write_many(NEVER, puts=[{**keys.counter(0, 0).item, "k": {"N": str(items)}}])
