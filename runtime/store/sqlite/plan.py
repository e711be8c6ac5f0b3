"""How to answer a query: where to begin, and what is left to be checked then."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from runtime.query.expression import Expression
from runtime.query.filter import Filter
from runtime.query.sort import Sort
from runtime.store.indexes import Index
from runtime.store.lookup import AnyKey, Either, Everything, KeyRange, Lookup
from runtime.store.lookups import Found, conjuncts, index_for, is_one_key, lookups
from runtime.store.sqlite.indexes import SqliteIndexes
from runtime.store.sqlite.lookup_sql import numbers

FEW = 1000
"""So many documents are quickly sorted; more are better taken in the order of an index, from its beginning."""

ESTIMATES = (FEW // 10, FEW, FEW * 10)
"""How much a lookup finds is not known, only counted up to one of these."""

MAX_PROBES = 5
MAX_PROBE_KEYS = 20


class Order(Enum):
    """In which order documents are looked at."""

    INSERTION = auto()
    ASCENDING = auto()  # by the keys of an index
    DESCENDING = auto()
    SORTED = auto()  # any; they have to be sorted


@dataclass(frozen=True)
class Plan:
    """`lookup` finds all documents of the collection with that number that may match. A `KeyRange` alone can be
    gone through in the order of its keys.

    `probes` and `rest` are what is to be checked of each: by means of an index, and by a look into the document.
    """

    collection: int
    lookup: Lookup
    order: Order
    probes: tuple[AnyKey, ...]
    rest: tuple[Expression, ...]


def planned(connection: sqlite3.Connection, indexes: SqliteIndexes, filter: Filter, sort: Sort) -> Plan:
    """The plan for a filter and a sort. It may count entries, but only so many that this takes no time."""
    parts = conjuncts(filter.expression)
    found = lookups(parts, indexes)
    if not sort.fields:
        begin, order = _most_selective(connection, found, indexes), Order.INSERTION
    elif not (index := index_for(sort, indexes)):
        begin, order = _most_selective(connection, found, indexes), Order.SORTED
    elif any(is_one_key(each.lookup, index) for each in found):  # all that match are equal to the sort
        begin, order = _most_selective(connection, found, indexes), Order.INSERTION
    else:
        begin, order = _in_order(connection, found, indexes, index, descending=sort.fields[0].descending)
    probed = [each for each in found if each is not begin and _is_probe(each.lookup)][:MAX_PROBES]
    answered = [part for each in (begin, *probed) if each.exact for part in each.conjuncts]
    return Plan(
        indexes.collection,
        begin.lookup,
        order,
        tuple(each.lookup for each in probed if isinstance(each.lookup, AnyKey)),
        tuple(part for part in parts if not any(part is other for other in answered)),
    )


def _most_selective(connection: sqlite3.Connection, found: Sequence[Found], indexes: SqliteIndexes) -> Found:
    if not found:
        return Found(Everything(), (), exact=True)
    if len(found) > 1:
        for limit in ESTIMATES:
            for each in found:
                if _finds_less(connection, indexes, each.lookup, limit):
                    return each
    return found[0]


def _in_order(
    connection: sqlite3.Connection, found: Sequence[Found], indexes: SqliteIndexes, index: Index, *, descending: bool
) -> tuple[Found, Order]:
    """Along the index of the sort, unless so little is found in another way that it is quickly sorted."""
    along = next(
        (each for each in found if isinstance(each.lookup, KeyRange) and each.lookup.index == index),
        Found(KeyRange(index), (), exact=True),
    )
    for each in found:
        if each is not along and _finds_less(connection, indexes, each.lookup, FEW):
            return each, Order.SORTED
    return along, Order.DESCENDING if descending else Order.ASCENDING


def _finds_less(connection: sqlite3.Connection, indexes: SqliteIndexes, lookup: Lookup, limit: int) -> bool:
    found = 0
    for part in lookup.parts if isinstance(lookup, Either) else (lookup,):
        counting = numbers(indexes.collection, part).within("SELECT count(*) FROM (", f" LIMIT {limit - found})")
        (count,) = connection.execute(counting.text, counting.parameters).fetchone()
        found += count
        if found >= limit:
            return False
    return True


def _is_probe(lookup: Lookup) -> bool:
    return isinstance(lookup, AnyKey) and len(lookup.keys) <= MAX_PROBE_KEYS
