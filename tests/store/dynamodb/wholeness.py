"""Whether documents in a table are whole: with all that leads to them, and nothing that leads nowhere."""

from collections.abc import Mapping
from typing import Any

from runtime.store.documents import Collection
from runtime.store.dynamodb.actions import Item, Key, Put
from runtime.store.dynamodb.batch_marks import is_done
from runtime.store.dynamodb.changes import Changes
from runtime.store.dynamodb.counters import COUNT
from runtime.store.dynamodb.items import BATCH, ENDS, ID, batch_of, stored
from runtime.store.dynamodb.keys import Keys, batch_key
from runtime.store.dynamodb.state import State

DOCUMENTS, COUNTERS = "d/", "c/"
LEADING = ("o/", "x/", "u/")


def whole_documents(items: Mapping[Key, Item], collection: Collection) -> tuple[dict[str, Any], ...]:
    """The documents of the only collection in a table, in the order in which they were inserted.

    `items` are all of the table. Those are left out that no read counts, as they are of a batch that was not done.
    """
    counting = {key: item for key, item in items.items() if _counts(item, items)}
    documents = [stored(item) for key, item in counting.items() if key.partition.startswith(DOCUMENTS)]
    documents.sort(key=lambda document: document.order)
    keys = Keys(collection.app, collection.type, collection.shards)
    changes = Changes(keys, State.read(items[keys.state]))
    written = [action for document in documents for action in changes.insert(document, 0).actions]
    expected = {put.key: put.item.get(ID) for put in written if isinstance(put, Put)}
    assert len(expected) == len(written), "two documents claim the same"
    there = {key: item.get(ID) for key, item in counting.items() if key.partition.startswith((DOCUMENTS, *LEADING))}
    assert there == expected
    counted = [int(item[COUNT]["N"]) for key, item in items.items() if key.partition.startswith(COUNTERS)]
    assert sum(counted) == len(documents)
    return tuple(document.value for document in documents)


def marked(items: Mapping[Key, Item]) -> list[Key]:
    """What is marked as coming or going with a batch."""
    return [key for key, item in items.items() if BATCH in item or ENDS in item]


def _counts(item: Item, items: Mapping[Key, Item]) -> bool:
    came, ends = batch_of(item), batch_of(item, ENDS)
    return (came is None or is_done(items.get(batch_key(came)))) and (
        ends is None or not is_done(items.get(batch_key(ends)))
    )
