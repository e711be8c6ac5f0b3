"""The SQL of a lookup; `collection` is the collection's number in the tables."""

from runtime.store.lookup import AnyKey, Either, Everything, Ids, KeyRange, Lookup
from runtime.store.sqlite.sql import Sql, joined, listed
from runtime.store.sqlite.text import column


def numbers(collection: int, lookup: Lookup) -> Sql:
    """The numbers of the documents, each once, as the column `document`."""
    match lookup:
        case Ids(ids):
            of_ids = Sql("SELECT number AS document FROM documents WHERE collection = ? AND id IN ", (collection,))
            return of_ids + listed(tuple(map(column, ids)))
        case AnyKey(keys=keys):
            # With one key there is one entry for a document at most, and they are in order.
            distinct = "" if len(keys) == 1 else "DISTINCT "
            return Sql(f"SELECT {distinct}document FROM entries WHERE ") + _with_key(collection, lookup)
        case KeyRange(index):
            distinct = "DISTINCT " if index.arrays else ""
            return Sql(f"SELECT {distinct}document FROM entries WHERE ") + _in_range(collection, lookup)
        case Either(()):
            return Sql("SELECT number AS document FROM documents WHERE FALSE")
        case Either(parts):
            return joined(" UNION ", (numbers(collection, part) for part in parts))
        case Everything():
            return Sql("SELECT number AS document FROM documents WHERE collection = ?", (collection,))


def probe(collection: int, lookup: AnyKey, document: str) -> Sql:
    """Whether a document is one of them; `document` is the SQL for its number."""
    with_key = _with_key(collection, lookup)
    return with_key.within("EXISTS (SELECT 1 FROM entries WHERE ", f" AND document = {document})")


def ascending(collection: int, along: KeyRange) -> Sql:
    """The numbers in the order of their keys; with the same key, in order of insertion."""
    return Sql("SELECT document FROM entries WHERE ") + _in_range(collection, along) + " ORDER BY key, document"


def descending(collection: int, along: KeyRange) -> Sql:
    """The other way round, but still in order of insertion where keys are the same."""
    in_range = _in_range(collection, along)
    if along.index.unique:
        return Sql("SELECT document FROM entries WHERE ") + in_range + " ORDER BY key DESC, document"
    # Among documents of one key SQLite would sort, all of them, even for the first few. So go from key to key.
    field = (collection, along.index.number)
    return (
        Sql("WITH RECURSIVE keys(key) AS (SELECT max(key) FROM entries WHERE ")
        + in_range
        + Sql(" UNION ALL SELECT (SELECT max(e.key) FROM entries AS e WHERE e.collection = ? AND e.field = ?", field)
        + Sql(" AND e.key >= ? AND e.key < keys.key) FROM keys WHERE keys.key IS NOT NULL)", (along.low,))
        + Sql(" SELECT e.document FROM keys CROSS JOIN entries AS e ON e.collection = ? AND e.field = ?", field)
        + " AND e.key = keys.key"
    )


def _with_key(collection: int, lookup: AnyKey) -> Sql:
    which = Sql("collection = ? AND field = ? AND key ", (collection, lookup.index.number))
    return which + (Sql("= ?", lookup.keys) if len(lookup.keys) == 1 else Sql("IN ") + listed(lookup.keys))


def _in_range(collection: int, along: KeyRange) -> Sql:
    return Sql(
        "collection = ? AND field = ? AND key >= ? AND key < ?",
        (collection, along.index.number, along.low, along.high),
    )
