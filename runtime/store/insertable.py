"""Documents put together so that each insert is one transaction, of which nothing is left if it does not end."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from runtime.store.documents import INSERT_LIMIT, Collection
from runtime.store.dynamodb.changes import MOST_ELEMENTS
from runtime.store.entries import Entries
from runtime.store.indexes import Index, wanted

ITEMS_AT_ONCE = 99
BYTES_AT_ONCE = 1024 * 1024
"""A transaction of DynamoDB has 100 items, one of them with the number of documents, and 4 MB with all of its keys."""


def insertable(values: Iterable[dict[str, Any]], collection: Collection) -> Iterator[list[dict[str, Any]]]:
    """The documents in their order, in lists for one insert each.

    Only a document that alone is more than a transaction holds, because of large arrays in several indexed fields, is
    a list that needs several.
    """
    indexes = [Index(name, number, name in collection.unique) for number, name in enumerate(wanted(collection))]
    batch: list[dict[str, Any]] = []
    items = size = 0
    for value in values:
        entries = Entries.of(value, indexes, MOST_ELEMENTS)
        more = 2 + len(entries.keys) + len(entries.unique)  # itself and its place in the order of insertion
        larger = len(json.dumps(value))
        full = len(batch) == INSERT_LIMIT or items + more > ITEMS_AT_ONCE or size + larger > BYTES_AT_ONCE
        if batch and full:
            yield batch
            batch, items, size = [], 0, 0
        batch.append(value)
        items, size = items + more, size + larger
    if batch:
        yield batch
