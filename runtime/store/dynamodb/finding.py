"""Finds and counts documents: where to begin, and what is left to be checked then.

Whatever is found first is checked by the filter itself: entries of an index may be a moment older than documents.
"""

import itertools
import logging
from collections.abc import Iterable, Iterator

from runtime.deadline import Deadline
from runtime.query.expression import Expression
from runtime.query.filter import Filter
from runtime.query.ordered_key import encoded_sort_key
from runtime.query.sort import Sort
from runtime.store.advice import advice
from runtime.store.documents import Collection, Query
from runtime.store.dynamodb import candidates
from runtime.store.dynamodb.actions import Key
from runtime.store.dynamodb.batch_marks import BatchMarks
from runtime.store.dynamodb.candidates import Begin, Candidates
from runtime.store.dynamodb.counters import counted
from runtime.store.dynamodb.entry_streams import Entry, EntryStreams
from runtime.store.dynamodb.items import Stored
from runtime.store.dynamodb.keys import Keys
from runtime.store.dynamodb.pushdown import pushed_down
from runtime.store.dynamodb.sorted_documents import SortedDocuments
from runtime.store.dynamodb.state import State
from runtime.store.dynamodb.states import States
from runtime.store.dynamodb.stored_documents import StoredDocuments
from runtime.store.dynamodb.table import Table
from runtime.store.indexes import Index
from runtime.store.lookup import KeyRange
from runtime.store.lookups import Found, conjuncts, index_for, is_one_key, lookups

logger = logging.getLogger(__name__)

FIRST_LOOK = 200
"""Documents that are looked at in the order of insertion before all of them are, when only a few are needed."""

UNKNOWN_SHARE = 25
"""How many more documents are asked for first than are needed, when it is not known how many of them match."""

MANY_LOOKED_AT = 1000
"""Documents that a filter without index looks at before the log says so."""


class Finding:
    """One read of a collection, by a state of it.

    Raises ReliveError 650, and StaleStateError before the first document.
    """

    def __init__(self, table: Table, collection: Collection, states: States, state: State, deadline: Deadline) -> None:
        self._table = table
        self._collection = collection
        self._deadline = deadline
        self._indexes = state.indexes.complete()
        self._keys = Keys(collection.app, collection.type, state.shards)
        marks = BatchMarks(table, deadline)
        self._documents = StoredDocuments(table, collection, states, state, marks, deadline)
        self._streams = EntryStreams(table, self._keys, marks, deadline)
        self._candidates = Candidates(self._keys, self._streams)

    def find(self, query: Query) -> Iterator[Stored]:
        """The documents of a page, in order."""
        self._documents.require_time()
        if query.take == 0:
            return
        seen: set[Key] = set()
        for document in self._from_skip_on(query):
            self._documents.require_time()
            if document.key in seen:  # it came again because somebody has changed it
                continue
            seen.add(document.key)
            yield document
            if len(seen) == query.take:
                return

    def count(self, filter: Filter) -> int:
        self._documents.require_time()
        parts = conjuncts(filter.expression)
        if not parts:
            return counted(self._table, self._keys, self._deadline)
        found = lookups(parts, self._indexes)
        if not found:
            return sum(1 for _ in self._scanned(Query(filter), parts))
        begin = self._candidates.most_selective(found)
        count = self._candidates.count(begin) if begin.answers(parts) else None
        if count is None:
            count = sum(1 for _ in self._found(begin, filter))
        self._documents.verify()
        return count

    def _from_skip_on(self, query: Query) -> Iterator[Stored]:
        """Documents that match, in order, but for those that are skipped: all of them, or as many as are needed."""
        parts = conjuncts(query.filter.expression)
        found = lookups(parts, self._indexes)
        index = index_for(query.sort, self._indexes)
        if index and not any(is_one_key(each.lookup, index) for each in found):
            return self._along(index, found, query, parts)
        if index:  # all that match are equal to the sort
            query = Query(query.filter, Sort(()), query.skip, query.take)
        if found:
            return self._from(self._candidates.most_selective(found), query, parts)
        if query.sort.fields:
            return self._sorted(self._scanned(query, parts), query)
        return self._in_order_of_insertion(query, parts)

    def _from(self, begin: Begin, query: Query, parts: list[Expression]) -> Iterator[Stored]:
        if not query.sort.fields:
            exact = begin.answers(parts)
            if entries := self._candidates.entries(begin, _hint(query, exact)):
                return self._led_to(entries, query, exact)
        return self._sorted(self._found(begin, query.filter), query)

    def _along(self, index: Index, found: list[Found], query: Query, parts: list[Expression]) -> Iterator[Stored]:
        """Along the index of the sort, unless so little is found in another way that it is quickly sorted."""
        along = next(
            (each for each in found if isinstance(each.lookup, KeyRange) and each.lookup.index == index),
            Found(KeyRange(index), (), exact=True),
        )
        for each in found:
            if each is not along and (few := self._candidates.few(each, candidates.FEW)):
                return self._from(few, query, parts)
        assert isinstance(along.lookup, KeyRange)
        exact = Begin(along).answers(parts)
        walk = self._streams.descending if query.sort.fields[0].descending else self._streams.ascending
        return self._led_to(walk(along.lookup, _hint(query, exact)), query, exact)

    def _in_order_of_insertion(self, query: Query, parts: list[Expression]) -> Iterator[Stored]:
        """From all documents: one after the other, or all at once if most of them will not match."""
        if not parts:
            yield from self._led_to(self._streams.in_order_of_insertion(_hint(query, True)), query, exact=True)
            return
        first: list[Entry] = []
        needed = _needed(query)
        if needed is not None and needed <= FIRST_LOOK:
            first = list(itertools.islice(self._streams.in_order_of_insertion(FIRST_LOOK), FIRST_LOOK))
        documents = self._documents.of((entry.document for entry in first), None)
        found = self._matching(documents, query.filter)
        if not first or len(first) == FIRST_LOOK:
            found = itertools.chain(found, self._later(first[-1].order if first else b"", query, parts))
        yield from itertools.islice(found, query.skip, None)

    def _later(self, last: bytes, query: Query, parts: list[Expression]) -> Iterator[Stored]:
        """Those that were inserted after the one at that place."""
        later = (document for document in self._scanned(query, parts) if document.order > last)
        return self._sorted(later, Query(query.filter, query.sort, 0, _needed(query)))

    def _led_to(self, entries: Iterable[Entry], query: Query, exact: bool) -> Iterator[Stored]:
        """What entries lead to; if they lead to nothing else, those that are skipped are not looked at."""
        if exact:
            entries = itertools.islice(entries, query.skip, None)
        hint = query.take if exact else _hint(query, exact)
        documents = self._documents.of((entry.document for entry in entries), hint)
        matching = self._matching(documents, query.filter)
        yield from matching if exact else itertools.islice(matching, query.skip, None)
        self._documents.verify()

    def _found(self, begin: Begin, filter: Filter) -> Iterator[Stored]:
        """In no order."""
        yield from self._matching(self._documents.of(self._candidates.keys(begin), None), filter)
        self._documents.verify()

    def _scanned(self, query: Query, parts: list[Expression]) -> Iterator[Stored]:
        """From all documents, in no order."""
        try:
            yield from self._matching(self._documents.all(pushed_down(query.filter.expression)), query.filter)
        finally:  # whoever had no time for all of them needs the advice most
            if self._documents.looked_at > MANY_LOOKED_AT:
                self._advise(query, parts)

    def _sorted(self, documents: Iterable[Stored], query: Query) -> Iterator[Stored]:
        shelf = SortedDocuments(
            lambda document: encoded_sort_key(query.sort, document.value),
            _needed(query),
            lambda keys: self._matching(self._documents.of(keys, None), query.filter),
        )
        return itertools.islice(shelf.of(documents), query.skip, None)

    def _matching(self, documents: Iterable[Stored], filter: Filter) -> Iterator[Stored]:
        for document in documents:
            self._documents.require_time()
            if filter.matches(document.value):
                yield document

    def _advise(self, query: Query, parts: list[Expression]) -> None:
        logger.warning(
            "A query on the type %s of the app %s looked at %d items one by one. %s",
            self._collection.type,
            self._collection.app,
            self._documents.looked_at,
            advice(parts, query.sort, self._indexes),
        )


def _needed(query: Query) -> int | None:
    return None if query.take is None else query.skip + query.take


def _hint(query: Query, exact: bool) -> int | None:
    """How many entries are likely to be needed."""
    needed = _needed(query)
    return needed if exact or needed is None else needed + UNKNOWN_SHARE
