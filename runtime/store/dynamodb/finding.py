"""Finds and counts documents: where to begin, and what is left to be checked then.

What is found first is always checked by the filter itself. Entries of an index may be a moment older than documents.
"""

import itertools
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from runtime.deadline import Deadline
from runtime.query.expression import Expression, Field, HasAll
from runtime.query.filter import Filter
from runtime.query.ordered_key import encoded_sort_key
from runtime.query.sort import Sort
from runtime.store.documents import Collection, Query
from runtime.store.dynamodb.actions import Key
from runtime.store.dynamodb.batch_marks import BatchMarks
from runtime.store.dynamodb.counters import counted
from runtime.store.dynamodb.entry_streams import Entry, EntryStreams
from runtime.store.dynamodb.items import Stored
from runtime.store.dynamodb.keys import Keys, sort_key_of
from runtime.store.dynamodb.pushdown import pushed_down
from runtime.store.dynamodb.sorted_documents import SortedDocuments
from runtime.store.dynamodb.state import State
from runtime.store.dynamodb.states import States
from runtime.store.dynamodb.stored_documents import StoredDocuments
from runtime.store.dynamodb.table import Table
from runtime.store.indexes import Index
from runtime.store.lookup import AnyKey, Either, Everything, Ids, KeyRange, Lookup
from runtime.store.lookups import Found, conjuncts, index_for, is_one_key, lookups

logger = logging.getLogger(__name__)

FEW = 500
"""So many documents are quickly sorted; more are better taken in the order of an index, from its beginning."""

PROBED = 100
"""Entries that are read of each of several lookups, to see which of them finds few."""

MAX_QUERIES = 20
"""Keys that are looked up one by one; of more, all entries between the least and the greatest are looked at."""

FIRST_LOOK = 200
"""Documents that are looked at in the order of insertion before all of them are, when only a few are needed."""

UNKNOWN_SHARE = 25
"""How many documents are asked for first when it is not known how many of them match."""

MANY_LOOKED_AT = 1000
"""Documents that a filter without index looks at before the log says so."""


@dataclass(frozen=True)
class Begin:
    """Where to begin. `entries` are those of the lookup, in order of insertion, if they are known already."""

    found: Found
    entries: list[Entry] | None = None

    @property
    def lookup(self) -> Lookup:
        return self.found.lookup


class Finding:
    """One read of a collection, by a state of it. Raises ReliveError 650, StaleStateError before the first document."""

    def __init__(self, table: Table, collection: Collection, states: States, state: State, deadline: Deadline) -> None:
        self._table = table
        self._collection = collection
        self._deadline = deadline
        self._indexes = state.indexes.complete()
        self._keys = Keys(collection.app, collection.type, state.shards)
        marks = BatchMarks(table, deadline)
        self._documents = StoredDocuments(table, collection, states, state, marks, deadline)
        self._streams = EntryStreams(table, self._keys, marks, deadline)

    def find(self, query: Query) -> Iterator[Stored]:
        """The documents of a page, in order."""
        self._documents.require_time()
        needed = None if query.take is None else query.skip + query.take
        if needed is None or query.take:
            seen: set[Key] = set()
            found = (document for document in self._in_order(query, needed) if not _seen(document.key, seen))
            for document in itertools.islice(found, query.skip, needed):
                self._documents.require_time()
                yield document

    def count(self, filter: Filter) -> int:
        self._documents.require_time()
        parts = conjuncts(filter.expression)
        if not parts:
            return counted(self._table, self._keys, self._deadline)
        found = lookups(parts, self._indexes)
        if not found:
            return sum(1 for _ in self._scanned(filter, parts))
        begin = self._most_selective(found)
        if _answers(begin.found, parts) and not _names_ids(begin.lookup):
            count = self._count_entries(begin)
            self._documents.verify()
            return count
        count = sum(1 for _ in self._matching(self._documents.of(self._keys_of(begin), None), filter))
        self._documents.verify()
        return count

    def _in_order(self, query: Query, needed: int | None) -> Iterator[Stored]:
        """All documents that match, in order; if only so many are needed, there may be no more."""
        filter, sort = query.filter, query.sort
        parts = conjuncts(filter.expression)
        found = lookups(parts, self._indexes)
        if not sort.fields:
            if found:
                return self._by_insertion(self._most_selective(found), query, parts, needed)
            return self._in_order_of_insertion(filter, parts, needed)
        index = index_for(sort, self._indexes)
        if index and any(is_one_key(each.lookup, index) for each in found):  # all that match are equal to the sort
            return self._by_insertion(self._most_selective(found), query, parts, needed)
        if not index:
            begin = self._most_selective(found) if found else None
            return self._sorted(begin, query, parts, needed)
        return self._along(index, found, query, parts, needed)

    def _by_insertion(
        self, begin: Begin, query: Query, parts: list[Expression], needed: int | None
    ) -> Iterator[Stored]:
        hint = needed if _answers(begin.found, parts) else None if needed is None else needed + UNKNOWN_SHARE
        entries = iter(begin.entries) if begin.entries is not None else self._entries(begin.lookup, hint)
        if entries is None:
            return self._sorted(begin, query, parts, needed, sort=Sort(()))
        return self._led_to(entries, query.filter, hint)

    def _along(
        self, index: Index, found: list[Found], query: Query, parts: list[Expression], needed: int | None
    ) -> Iterator[Stored]:
        """Along the index of the sort, unless so little is found in another way that it is quickly sorted."""
        along = next(
            (each for each in found if isinstance(each.lookup, KeyRange) and each.lookup.index == index),
            Found(KeyRange(index), (), exact=True),
        )
        for each in found:
            if each is not along and (few := self._few(each, FEW)):
                return self._sorted(few, query, parts, needed)
        assert isinstance(along.lookup, KeyRange)
        hint = needed if _answers(along, parts) else None if needed is None else needed + UNKNOWN_SHARE
        walk = self._streams.descending if query.sort.fields[0].descending else self._streams.ascending
        return self._led_to(walk(along.lookup, hint), query.filter, hint)

    def _led_to(self, entries: Iterable[Entry], filter: Filter, hint: int | None) -> Iterator[Stored]:
        yield from self._matching(self._documents.of((entry.document for entry in entries), hint), filter)
        self._documents.verify()

    def _sorted(
        self,
        begin: Begin | None,
        query: Query,
        parts: list[Expression],
        needed: int | None,
        sort: Sort | None = None,
    ) -> Iterator[Stored]:
        order = query.sort if sort is None else sort
        shelf = SortedDocuments(
            lambda document: encoded_sort_key(order, document.value),
            needed,
            lambda keys: self._matching(self._documents.of(keys, None), query.filter),
        )
        if begin is None:
            yield from shelf.of(self._scanned(query.filter, parts))
            return
        yield from shelf.of(self._matching(self._documents.of(self._keys_of(begin), None), query.filter))
        self._documents.verify()

    def _in_order_of_insertion(self, filter: Filter, parts: list[Expression], needed: int | None) -> Iterator[Stored]:
        """From all documents: one after the other, or all at once if most of them will not match."""
        if not parts:
            entries = self._streams.in_order_of_insertion(needed)
            yield from self._documents.of((entry.document for entry in entries), needed)
            return
        last = b""
        if needed is not None and needed <= FIRST_LOOK:
            first = list(itertools.islice(self._streams.in_order_of_insertion(FIRST_LOOK), FIRST_LOOK))
            yield from self._matching(self._documents.of((entry.document for entry in first), None), filter)
            if len(first) < FIRST_LOOK:
                return
            last = first[-1].order
        shelf = SortedDocuments(
            lambda _: b"", needed, lambda keys: self._matching(self._documents.of(keys, None), filter)
        )
        yield from shelf.of(document for document in self._scanned(filter, parts) if document.order > last)

    def _scanned(self, filter: Filter, parts: list[Expression]) -> Iterator[Stored]:
        """From all documents, in no order."""
        yield from self._matching(self._documents.all(pushed_down(filter.expression)), filter)
        if self._documents.looked_at > MANY_LOOKED_AT:
            self._advise(parts)

    def _advise(self, parts: list[Expression]) -> None:
        fields = dict.fromkeys(
            part.path.names[0]
            for part in parts
            if isinstance(part, Field | HasAll) and part.path.names[0] not in self._indexes.by_field
        )
        advice = f"Declare {' or '.join(fields)} in relive.yaml to have an index." if fields else ""
        logger.warning(
            "A filter on the type %s of the app %s looked at all %d items. %s",
            self._collection.type,
            self._collection.app,
            self._documents.looked_at,
            advice,
        )

    def _matching(self, documents: Iterable[Stored], filter: Filter) -> Iterator[Stored]:
        for document in documents:
            self._documents.require_time()
            if filter.matches(document.value):
                yield document

    def _most_selective(self, found: list[Found]) -> Begin:
        if len(found) > 1 and not _finds_few(found[0].lookup):
            for each in found:
                if few := self._few(each, PROBED):
                    return few
        return Begin(found[0])

    def _few(self, found: Found, limit: int) -> Begin | None:
        """What a lookup finds, if it is not more."""
        if _finds_few(found.lookup):
            return Begin(found)
        if _names_ids(found.lookup) or _names_many(found.lookup):
            return None
        few = list(itertools.islice(self._unordered(found.lookup, limit + 1), limit + 1))
        return Begin(found, _by_order(few)) if len(few) <= limit else None

    def _entries(self, lookup: Lookup, hint: int | None) -> Iterator[Entry] | None:
        """The entries of a lookup in the order of insertion, each document once; None if it names ids."""
        if _names_ids(lookup):
            return None
        if isinstance(lookup, AnyKey) and len(lookup.keys) == 1:
            return self._unordered(lookup, hint)
        return self._gathered(lookup)

    def _gathered(self, lookup: Lookup) -> Iterator[Entry]:
        yield from _by_order(self._unordered(lookup, None))

    def _unordered(self, lookup: Lookup, hint: int | None) -> Iterator[Entry]:
        """The entries of a lookup; those of one key in the order of insertion. A document may have several."""
        match lookup:
            case AnyKey(index, keys) if len(keys) <= MAX_QUERIES:
                for key in keys:
                    yield from self._streams.ascending(KeyRange(index, key, key + b"\xff"), hint)
            case AnyKey(index, keys):
                wanted = frozenset(keys)
                between = KeyRange(index, min(keys), max(keys) + b"\xff")
                yield from (entry for entry in self._streams.ascending(between, None) if entry.key in wanted)
            case KeyRange():
                yield from self._streams.ascending(lookup, hint)
            case Either(parts):
                for part in parts:
                    yield from self._unordered(part, hint)
            case Ids() | Everything():
                raise AssertionError("entries do not lead there")

    def _keys_of(self, begin: Begin) -> Iterator[Key]:
        """The keys of the documents that a lookup finds, each once, in no order."""
        if begin.entries is not None:
            return (entry.document for entry in begin.entries)
        return iter(dict.fromkeys(self._all_keys(begin.lookup)))

    def _all_keys(self, lookup: Lookup) -> Iterator[Key]:
        match lookup:
            case Ids(ids):
                yield from (self._keys.document(sort_key_of(id)) for id in ids)
            case Either(parts):
                for part in parts:
                    yield from self._all_keys(part)
            case _:
                yield from (entry.document for entry in self._unordered(lookup, None))

    def _count_entries(self, begin: Begin) -> int:
        match begin.lookup:
            case _ if begin.entries is not None:
                return len({entry.document for entry in begin.entries})
            case AnyKey(index, (key,)):
                return self._streams.count(KeyRange(index, key, key + b"\xff"))
            case KeyRange(index) as along if not index.arrays:
                return self._streams.count(along)
            case lookup:
                return len({entry.document for entry in self._unordered(lookup, None)})


def _answers(found: Found, parts: list[Expression]) -> bool:
    """Whether all that a lookup finds meets all parts of the filter."""
    return found.exact and all(any(part is other for other in found.conjuncts) for part in parts)


def _finds_few(lookup: Lookup) -> bool:
    return isinstance(lookup, Ids) or (isinstance(lookup, AnyKey) and lookup.index.unique and len(lookup.keys) == 1)


def _names_ids(lookup: Lookup) -> bool:
    return isinstance(lookup, Ids) or (isinstance(lookup, Either) and any(map(_names_ids, lookup.parts)))


def _names_many(lookup: Lookup) -> bool:
    return isinstance(lookup, AnyKey) and len(lookup.keys) > MAX_QUERIES


def _by_order(entries: Iterable[Entry]) -> list[Entry]:
    """In the order of insertion, each document once."""
    documents = {entry.document: entry for entry in entries}
    return sorted(documents.values(), key=lambda entry: entry.order)


def _seen(key: Key, seen: set[Key]) -> bool:
    if key in seen:
        return True
    seen.add(key)
    return False
