"""Books to be found, in a collection with indexes and in one without."""

from typing import Any

import pytest

from runtime.store.documents import Collection, Document, Documents

PLAIN = Collection("shop", "Book")
INDEXED = Collection("shop", "Book", unique=("ISBN",), indexed=("Title", "Year", "Tags"))
BOTH = pytest.mark.parametrize("collection", [PLAIN, INDEXED], ids=["plain", "indexed"])

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


def get(documents: Documents, collection: Collection, id: str) -> Document:
    document = documents.get(collection, id)
    assert document is not None
    return document
