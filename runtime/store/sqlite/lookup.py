"""Ways to find documents without looking at them: by their ids, and by the entries of an index."""

from dataclasses import dataclass

from runtime.store.sqlite.indexes import Index
from runtime.store.sqlite.sql import Sql, joined, listed


@dataclass(frozen=True)
class Ids:
    """The documents with one of these ids."""

    collection: int
    ids: tuple[str | bytes, ...]

    def numbers(self) -> Sql:
        return Sql(
            "SELECT number AS document FROM documents WHERE collection = ? AND id IN ", (self.collection,)
        ) + listed(self.ids)


@dataclass(frozen=True)
class AnyKey:
    """The documents that have an entry with one of these keys."""

    collection: int
    index: Index
    keys: tuple[bytes, ...]

    def numbers(self) -> Sql:
        # With one key there is one entry for a document at most, and they are in order.
        distinct = "" if len(self.keys) == 1 else "DISTINCT "
        return Sql(f"SELECT {distinct}document FROM entries WHERE ") + self._condition()

    def probe(self, document: str) -> Sql:
        """Whether a document is one of them; `document` is the SQL for its number."""
        return self._condition().within("EXISTS (SELECT 1 FROM entries WHERE ", f" AND document = {document})")

    def _condition(self) -> Sql:
        which = Sql("collection = ? AND field = ? AND key ", (self.collection, self.index.number))
        return which + (Sql("= ?", self.keys) if len(self.keys) == 1 else Sql("IN ") + listed(self.keys))


@dataclass(frozen=True)
class KeyRange:
    """The documents that have an entry whose key is at least `low` and less than `high`."""

    collection: int
    index: Index
    low: bytes = b""
    high: bytes = b"\xff"

    def numbers(self) -> Sql:
        distinct = "DISTINCT " if self.index.arrays else ""
        return Sql(f"SELECT {distinct}document FROM entries WHERE ") + self._condition()

    def ascending(self) -> Sql:
        """The numbers in the order of their keys; with the same key, in order of insertion."""
        return Sql("SELECT document FROM entries WHERE ") + self._condition() + " ORDER BY key, document"

    def descending(self) -> Sql:
        """The other way round, but still in order of insertion where keys are the same."""
        if self.index.unique:
            return Sql("SELECT document FROM entries WHERE ") + self._condition() + " ORDER BY key DESC, document"
        # Among documents of one key SQLite would sort, all of them, even for the first few. So go from key to key.
        field = (self.collection, self.index.number)
        return (
            Sql("WITH RECURSIVE keys(key) AS (SELECT max(key) FROM entries WHERE ")
            + self._condition()
            + Sql(
                " UNION ALL SELECT (SELECT max(e.key) FROM entries AS e WHERE e.collection = ? AND e.field = ?", field
            )
            + Sql(" AND e.key >= ? AND e.key < keys.key) FROM keys WHERE keys.key IS NOT NULL)", (self.low,))
            + Sql(" SELECT e.document FROM keys CROSS JOIN entries AS e ON e.collection = ? AND e.field = ?", field)
            + " AND e.key = keys.key"
        )

    def narrowed(self, other: "KeyRange") -> "KeyRange":
        """Where both hold: of the same entry, so of the same document only if it has no other."""
        return KeyRange(self.collection, self.index, max(self.low, other.low), min(self.high, other.high))

    def _condition(self) -> Sql:
        return Sql(
            "collection = ? AND field = ? AND key >= ? AND key < ?",
            (self.collection, self.index.number, self.low, self.high),
        )


@dataclass(frozen=True)
class Either:
    """The documents that are in any of the parts."""

    parts: "tuple[Lookup, ...]"

    def numbers(self) -> Sql:
        if not self.parts:
            return Sql("SELECT number AS document FROM documents WHERE FALSE")
        return joined(" UNION ", (part.numbers() for part in self.parts))


@dataclass(frozen=True)
class Everything:
    """All documents of the collection."""

    collection: int

    def numbers(self) -> Sql:
        return Sql("SELECT number AS document FROM documents WHERE collection = ?", (self.collection,))


Lookup = Ids | AnyKey | KeyRange | Either | Everything
