"""Writes documents together with their entries, within one transaction."""

import json
import secrets
import sqlite3
from collections.abc import Iterable, Set
from typing import Any, Literal

from runtime.store.documents import Document, DocumentChangedError, DuplicateValueError
from runtime.store.entries import Entries
from runtime.store.indexes import Index
from runtime.store.sqlite.indexes import SqliteIndexes
from runtime.store.sqlite.text import column, to_json

MOST_ELEMENTS = 1000
"""Elements of an array that have an entry each. To write more would hold up all other writers."""

Table = Literal["entries", "unique_values"]
Key = tuple[int, bytes]


class Writer:
    """For the documents of one collection. `position` is that of the document in the call, for the errors.

    What raises has not written anything of its document. The last call is `finish`.
    """

    def __init__(self, connection: sqlite3.Connection, indexes: SqliteIndexes) -> None:
        self._connection = connection
        self._indexes = self._marked = indexes
        self._added = 0

    def insert(self, value: dict[str, Any], position: int) -> None:
        """Raises DuplicateValueError, and TypeError for a document without a text as its `Id`."""
        if not isinstance(value.get("Id"), str):
            raise TypeError(f"The Id of a document must be a text, not {value.get('Id')!r}.")
        entries = entries_of(value, self._indexes)
        self._require_unique(entries.unique, value, position)
        try:
            number = self._connection.execute(
                "INSERT INTO documents (collection, id, version, body) VALUES (?, ?, ?, ?)",
                (self._indexes.collection, column(value["Id"]), _new_version(), to_json(value)),
            ).lastrowid
        except sqlite3.IntegrityError:
            raise DuplicateValueError("Id", value["Id"], position) from None
        assert number is not None, "a row was inserted"
        self._add("entries", number, entries.keys)
        self._add("unique_values", number, entries.unique)
        self._added += 1
        self._marked = self._marked.marked(entries.marks)

    def replace(self, document: Document, position: int) -> None:
        """Raises DuplicateValueError, DocumentChangedError."""
        number, old = self._read(document, position)
        new = entries_of(document.value, self._indexes)
        self._require_unique(new.unique - old.unique, document.value, position)
        self._connection.execute(
            "UPDATE documents SET version = ?, body = ? WHERE number = ?",
            (_new_version(), to_json(document.value), number),
        )
        self._remove("entries", number, old.keys - new.keys)
        self._remove("unique_values", number, old.unique - new.unique)
        self._add("entries", number, new.keys - old.keys)
        self._add("unique_values", number, new.unique - old.unique)
        self._marked = self._marked.marked(new.marks)

    def delete(self, document: Document, position: int) -> None:
        """Raises DocumentChangedError."""
        number, entries = self._read(document, position)
        self._connection.execute("DELETE FROM documents WHERE number = ?", (number,))
        self._remove("entries", number, entries.keys)
        self._remove("unique_values", number, entries.unique)
        self._added -= 1

    def finish(self) -> None:
        """Write down what is known of the collection as a whole."""
        collection = self._indexes.collection
        if self._added:
            self._connection.execute(
                "UPDATE collections SET size = size + ? WHERE number = ?", (self._added, collection)
            )
        if self._marked is not self._indexes:
            self._connection.execute(
                "UPDATE collections SET indexes = ? WHERE number = ?", (self._marked.as_text(), collection)
            )

    def _read(self, document: Document, position: int) -> tuple[int, Entries]:
        row = self._connection.execute(
            "SELECT number, body FROM documents WHERE collection = ? AND id = ? AND version = ?",
            (self._indexes.collection, column(document.id), document.version),
        ).fetchone()
        if row is None:
            raise DocumentChangedError(position)
        return row[0], entries_of(json.loads(row[1]), self._indexes)

    def _require_unique(self, keys: Set[Key], value: dict[str, Any], position: int) -> None:
        for field, key in keys:
            if self._connection.execute(
                "SELECT 1 FROM unique_values WHERE collection = ? AND field = ? AND key = ?",
                (self._indexes.collection, field, key),
            ).fetchone():
                name = self._indexes.numbered(field).field
                raise DuplicateValueError(name, value[name], position)

    def _add(self, table: Table, number: int, keys: Set[Key]) -> None:
        collection = self._indexes.collection
        self._connection.executemany(
            f"INSERT INTO {table} (collection, field, key, document) VALUES (?, ?, ?, ?)",
            [(collection, field, key, number) for field, key in keys],
        )

    def _remove(self, table: Table, number: int, keys: Set[Key]) -> None:
        collection = self._indexes.collection
        self._connection.executemany(
            f"DELETE FROM {table} WHERE collection = ? AND field = ? AND key = ? AND document = ?",
            [(collection, field, key, number) for field, key in keys],
        )


def _new_version() -> int:
    # Random, so that a document deleted and made again never shows a version that somebody still holds.
    return secrets.randbits(53)


def entries_of(document: dict[str, Any], indexes: Iterable[Index]) -> Entries:
    return Entries.of(document, indexes, MOST_ELEMENTS)
