"""Makes the indexes that a collection asks for, from the documents that are there."""

import json
import sqlite3
from typing import Any

from runtime.store.documents import Collection, DuplicatesExistError
from runtime.store.sqlite.entries import Entries
from runtime.store.sqlite.indexes import Index, Indexes, wanted


def prepared(connection: sqlite3.Connection, collection: Collection) -> Indexes:
    """The indexes, once what is missing is made and what nobody asks for is dropped; in a transaction that writes.

    Raises DuplicatesExistError; everything must be taken back then.
    """
    row = connection.execute(
        "SELECT number, indexes FROM collections WHERE app = ? AND type = ?", (collection.app, collection.type)
    ).fetchone()
    before = Indexes.read(*row) if row else _new(connection, collection)
    after = Indexes.of(before.collection, _numbered(before, collection))
    for index in before:
        if index.field not in after.by_field:
            _drop(connection, "entries", before, index)
        if index.unique and not wanted(collection).get(index.field):
            _drop(connection, "unique_values", before, index)
    after = _filled(connection, before, after)
    connection.execute("UPDATE collections SET indexes = ? WHERE number = ?", (after.as_text(), after.collection))
    return after


def _new(connection: sqlite3.Connection, collection: Collection) -> Indexes:
    number = connection.execute(
        "INSERT INTO collections (app, type, indexes) VALUES (?, ?, '[]')", (collection.app, collection.type)
    ).lastrowid
    assert number is not None, "a row was inserted"
    return Indexes(number, {})


def _numbered(before: Indexes, collection: Collection) -> list[Index]:
    """The indexes that are wanted: as they were, or with a number that no other had or has."""
    taken = max((index.number for index in before), default=0)
    indexes = []
    for field, unique in wanted(collection).items():
        old = before.by_field.get(field)
        if old is None:
            taken += 1
            indexes.append(Index(field, taken, unique))
        else:
            indexes.append(Index(field, old.number, unique, old.arrays, old.cut))
    return indexes


def _drop(connection: sqlite3.Connection, table: str, indexes: Indexes, index: Index) -> None:
    connection.execute(f"DELETE FROM {table} WHERE collection = ? AND field = ?", (indexes.collection, index.number))


def _filled(connection: sqlite3.Connection, before: Indexes, after: Indexes) -> Indexes:
    """The indexes, once the entries of those that were not there before are made for each document."""
    new = [index for index in after if index.field not in before.by_field]
    unique_before = {index.field for index in before if index.unique}
    unique = [index for index in after if index.unique and index.field not in unique_before]
    if not new and not unique:
        return after
    documents = connection.execute("SELECT number, body FROM documents WHERE collection = ?", (after.collection,))
    for number, body in documents:
        document = json.loads(body)
        entries = Entries.of(document, new)
        connection.executemany(
            "INSERT INTO entries (collection, field, key, document) VALUES (?, ?, ?, ?)",
            [(after.collection, field, key, number) for field, key in entries.keys],
        )
        after = after.marked(entries.arrays, entries.cut)
        for index in unique:
            _claim(connection, after, index, number, document)
    return after


def _claim(
    connection: sqlite3.Connection, indexes: Indexes, index: Index, number: int, document: dict[str, Any]
) -> None:
    for _, key in Entries.of(document, (index,)).unique:
        try:
            connection.execute(
                "INSERT INTO unique_values (collection, field, key, document) VALUES (?, ?, ?, ?)",
                (indexes.collection, index.number, key, number),
            )
        except sqlite3.IntegrityError:
            raise DuplicatesExistError(index.field, document[index.field]) from None
