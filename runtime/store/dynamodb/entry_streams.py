"""Entries that lead to documents, page by page and over all shards: of an index, or of the order of insertion."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from runtime.deadline import Deadline
from runtime.store.dynamodb.actions import SORT, Condition, Item, Key, successor
from runtime.store.dynamodb.batch_marks import BatchMarks
from runtime.store.dynamodb.insertion_order import ORDER_BYTES
from runtime.store.dynamodb.items import BATCH, ENDS, ID
from runtime.store.dynamodb.keys import Keys
from runtime.store.dynamodb.table import Table
from runtime.store.lookup import KeyRange

LARGE_PAGE = 5000
"""Entries of a request that is not for a few; about what fits into the 1 MB that it may look at."""

_INVERTED = bytes(255 - byte for byte in range(256))
_UNMARKED = Condition("attribute_not_exists(#batch) AND attribute_not_exists(#ends)", {"#batch": BATCH, "#ends": ENDS})


class Entry(NamedTuple):
    """`key` is that of the value in its index, `order` the place of the document in the order of insertion."""

    key: bytes
    order: bytes
    document: Key


class EntryStreams:
    """Entries of one collection, for one read.

    A `hint` is how many entries are likely to be needed; None: all of them. Raises what Table does, ReliveError 650.
    """

    def __init__(self, table: Table, keys: Keys, marks: BatchMarks, deadline: Deadline) -> None:
        self._table = table
        self._keys = keys
        self._marks = marks
        self._deadline = deadline

    def in_order_of_insertion(self, hint: int | None) -> Iterator[Entry]:
        """All documents."""
        partitions = [self._keys.order(shard) for shard in range(self._keys.shards)]
        return _merged([self._entries(partition, None, None, hint) for partition in partitions], _by_order)

    def ascending(self, along: KeyRange, hint: int | None) -> Iterator[Entry]:
        """In the order of their keys; with the same key, in the order of insertion."""
        streams = [self._entries(partition, along.low, along.high, hint) for partition in self._partitions(along)]
        return _merged(streams, _by_key)

    def descending(self, along: KeyRange, hint: int | None) -> Iterator[Entry]:
        """The other way round, but still in the order of insertion where keys are the same."""
        return _merged([self._downwards(partition, along, hint) for partition in self._partitions(along)], _by_key_down)

    def count(self, along: KeyRange) -> int:
        """How many there are."""
        total = 0
        for partition in self._partitions(along):
            unmarked, looked_at = self._table.count(
                partition, self._deadline, low=along.low, high=along.high, filter=_UNMARKED
            )
            if looked_at > unmarked:  # some came in batches, which may not be done
                unmarked = sum(1 for _ in self._entries(partition, along.low, along.high, None))
            total += unmarked
        return total

    def _partitions(self, along: KeyRange) -> list[str]:
        return [self._keys.entries(shard, along.index.number) for shard in range(self._keys.shards)]

    def _downwards(self, partition: str, along: KeyRange, hint: int | None) -> Iterator[Entry]:
        # Backwards, documents with the same key come in the wrong order. So those of one key are held until there is
        # another one; if there are many of them, they are read once more from their beginning.
        group: list[Entry] = []
        longest = hint or LARGE_PAGE
        high: bytes | None = along.high
        while high is not None:
            below, high = high, None
            # One more than is needed shows that the last group is whole.
            needed = None if hint is None else hint + 1
            for entry in self._entries(partition, along.low, below, needed, descending=True):
                if group and entry.key != group[-1].key:
                    yield from reversed(group)
                    group = []
                group.append(entry)
                if len(group) > longest:
                    of_key = KeyRange(along.index, entry.key, entry.key + b"\xff")
                    group, high = [], entry.key
                    yield from self._entries(partition, of_key.low, of_key.high, hint)
                    break
        yield from reversed(group)

    def _entries(
        self, partition: str, low: bytes | None, high: bytes | None, hint: int | None, *, descending: bool = False
    ) -> Iterator[Entry]:
        limit = None if hint is None else max(1, hint)
        while True:
            pages = self._table.query(
                partition, self._deadline, low=low or None, high=high, descending=descending, limit=limit
            )
            for page in pages:
                yield from self._counting(page.items)
                if page.last is None:
                    return
                if limit is not None:
                    if descending:
                        high = page.last.sort
                    else:
                        low = successor(page.last.sort)
                    limit = limit * 4 if limit * 4 < LARGE_PAGE else None
                    break
            else:
                return

    def _counting(self, items: Sequence[Item]) -> Iterator[Entry]:
        """The entries that count, whatever batches they are of."""
        self._marks.look_up(items)
        for item in items:
            if self._marks.counts(item):
                sort = bytes(item[SORT]["B"])
                document = self._keys.document(bytes(item[ID]["B"]))
                yield Entry(sort[:-ORDER_BYTES], sort[-ORDER_BYTES:], document)


def _merged(streams: list[Iterator[Entry]], key: Callable[[Entry], bytes]) -> Iterator[Entry]:
    return streams[0] if len(streams) == 1 else heapq.merge(*streams, key=key)


def _by_order(entry: Entry) -> bytes:
    return entry.order


def _by_key(entry: Entry) -> bytes:
    return entry.key + entry.order


def _by_key_down(entry: Entry) -> bytes:
    # No key is the beginning of another one, so that they stay in order when each bit is turned round.
    return entry.key.translate(_INVERTED) + entry.order
