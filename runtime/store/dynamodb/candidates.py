"""Documents that a lookup finds, as entries that lead to them or as their keys."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from runtime.query.expression import Expression
from runtime.store.dynamodb.actions import Key
from runtime.store.dynamodb.entry_streams import Entry, EntryStreams
from runtime.store.dynamodb.keys import Keys, sort_key_of
from runtime.store.indexes import Index
from runtime.store.lookup import AnyKey, Either, Everything, Ids, KeyRange, Lookup
from runtime.store.lookups import Found

FEW = 500
"""So many documents are quickly sorted; more are better taken in the order of an index, from its beginning."""

PROBED = 100
"""Entries that are read of each of several lookups, to see which of them finds few."""

MAX_QUERIES = 20
"""Keys that are looked up one by one; of more, all entries between the least and the greatest are looked at."""


@dataclass(frozen=True)
class Begin:
    """What documents are found by first. `entries` are those that lead to them, in the order of insertion, if known."""

    found: Found
    entries: list[Entry] | None = None

    @property
    def lookup(self) -> Lookup:
        return self.found.lookup

    def answers(self, parts: Iterable[Expression]) -> bool:
        """Whether all documents that it finds meet all parts of a filter."""
        return self.found.exact and all(any(part is other for other in self.found.conjuncts) for part in parts)


class Candidates:
    """A `hint` is how many are likely to be needed; None: all of them."""

    def __init__(self, keys: Keys, streams: EntryStreams) -> None:
        self._keys = keys
        self._streams = streams

    def most_selective(self, found: list[Found]) -> Begin:
        """The first that turns out to find few; else the one that is so by its kind."""
        if len(found) > 1 and not _finds_few(found[0].lookup):
            for each in found:
                if few := self.few(each, PROBED):
                    return few
        return Begin(found[0])

    def few(self, found: Found, limit: int) -> Begin | None:
        """With what it finds, if that is not more."""
        if _finds_few(found.lookup):
            return Begin(found)
        if _names_ids(found.lookup) or _names_many(found.lookup):
            return None
        entries = list(itertools.islice(self._entries(found.lookup, limit + 1), limit + 1))
        return Begin(found, _by_order(entries)) if len(entries) <= limit else None

    def entries(self, begin: Begin, hint: int | None) -> Iterator[Entry] | None:
        """In the order of insertion, each document once; None if it names ids, to which no entries lead."""
        if begin.entries is not None:
            return iter(begin.entries)
        if _names_ids(begin.lookup):
            return None
        if isinstance(begin.lookup, AnyKey) and len(begin.lookup.keys) == 1:
            return self._entries(begin.lookup, hint)
        return iter(_by_order(self._entries(begin.lookup, None)))

    def keys(self, begin: Begin) -> Iterator[Key]:
        """The keys of the documents, each once, in no order."""
        if begin.entries is not None:
            return (entry.document for entry in begin.entries)
        return iter(dict.fromkeys(self._all_keys(begin.lookup)))

    def count(self, begin: Begin) -> int | None:
        """How many documents there are; None if it names ids, of which nobody knows without looking."""
        match begin.lookup:
            case _ if begin.entries is not None:
                return len(begin.entries)
            case AnyKey(index, (key,)):
                return self._streams.count(_with_key(index, key))
            case KeyRange(index) as along if not index.arrays:
                return self._streams.count(along)
            case lookup if _names_ids(lookup):
                return None
            case lookup:
                return len({entry.document for entry in self._entries(lookup, None)})

    def _entries(self, lookup: Lookup, hint: int | None) -> Iterator[Entry]:
        """Those of one key are in the order of insertion. A document may have several."""
        match lookup:
            case AnyKey(index, keys) if not _names_many(lookup):
                for key in keys:
                    yield from self._streams.ascending(_with_key(index, key), hint)
            case AnyKey(index, keys):
                wanted = frozenset(keys)
                between = KeyRange(index, min(keys), max(keys) + b"\xff")
                yield from (entry for entry in self._streams.ascending(between, None) if entry.key in wanted)
            case KeyRange():
                yield from self._streams.ascending(lookup, hint)
            case Either(parts):
                for part in parts:
                    yield from self._entries(part, hint)
            case Ids() | Everything():
                raise AssertionError("no entries lead there")

    def _all_keys(self, lookup: Lookup) -> Iterator[Key]:
        match lookup:
            case Ids(ids):
                yield from (self._keys.document(sort_key_of(id)) for id in ids)
            case Either(parts):
                for part in parts:
                    yield from self._all_keys(part)
            case _:
                yield from (entry.document for entry in self._entries(lookup, None))


def _with_key(index: Index, key: bytes) -> KeyRange:
    return KeyRange(index, key, key + b"\xff")


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
