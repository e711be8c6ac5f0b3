"""Makes indexes from the documents that are there, and drops them.

Nobody has to wait long for it. Whatever may take its time goes in slices: each is a transaction of its own, and between
two of them others write. An index belongs to every write from its first slice on, and is read after its last; whoever
needs it meanwhile goes on with it. So nothing is lost if that ends early.
"""

import json
import time
from contextlib import closing
from dataclasses import replace

from runtime.deadline import Deadline
from runtime.errors import ReliveError
from runtime.store.documents import NEVER, Collection, DuplicatesExistError
from runtime.store.indexes import Marks, wanted
from runtime.store.sqlite.database import Connection, SqliteDatabase
from runtime.store.sqlite.duplicates import claim, first_duplicate
from runtime.store.sqlite.indexes import SqliteIndexes, row_of
from runtime.store.sqlite.writer import entries_of

SLICE_SECONDS = 0.1
PAUSE_SECONDS = 0.05
"""Another process looks for the lock every 0.1 seconds at the least, for five seconds; it must find it free."""


def complete(database: SqliteDatabase, collection: Collection, deadline: Deadline) -> None:
    """Make the indexes that the collection asks for and that are missing, unique or not.

    Raises ReliveError 650; what is made by then is kept.
    """
    with database.reading(deadline) as connection:
        indexes = _existing(connection, collection)
        if indexes and indexes.serve(collection):
            return
    while True:
        if deadline.expired:
            raise ReliveError(650)
        with database.writing(deadline) as connection:
            indexes = _existing(connection, collection) or _new(connection, collection)
            indexes = _advanced(connection, indexes.begun(collection), collection, deadline.at_most(SLICE_SECONDS))
            _write(connection, indexes)
        if indexes.serve(collection):
            return
        time.sleep(PAUSE_SECONDS)


def make_unique(database: SqliteDatabase, collection: Collection, deadline: Deadline) -> None:
    """Make all indexes that are missing, and those unique that are to be: all of them, or none.

    Raises DuplicatesExistError and ReliveError 650.
    """
    while True:
        complete(database, collection, deadline)
        with database.reading(deadline) as connection:  # what fails again and again shall not keep others from writing
            _require_no_duplicates(connection, _existing(connection, collection), collection, deadline)
        with database.writing(deadline) as connection:
            indexes = _existing(connection, collection)
            if indexes and indexes.serve(collection):  # unless another definition was prepared meanwhile
                _require_no_duplicates(connection, indexes, collection, deadline)
                _write(connection, _unique(connection, indexes, collection, deadline))
                return


def drop(database: SqliteDatabase, collection: Collection) -> None:
    """Drop the indexes that the collection does not ask for; no field stays unique that it does not want so."""
    with database.reading() as connection:
        indexes = _existing(connection, collection)
        if indexes is None or not indexes.exceed(collection):
            return
    while True:
        with database.writing() as connection:
            indexes = _existing(connection, collection)
            assert indexes is not None, "the row of a collection is never deleted"
            indexes = _reduced(connection, indexes, collection, NEVER.at_most(SLICE_SECONDS))
            _write(connection, indexes)
        if not indexes.exceed(collection):
            return
        time.sleep(PAUSE_SECONDS)


def note_shards(database: SqliteDatabase, collection: Collection) -> None:
    """Keep how many shards the collection is to have, for a copy into an engine that has any."""
    where = "app = ? AND type = ? AND shards <> ?"
    noted = (collection.app, collection.type, collection.shards)
    with database.reading() as connection:
        if not connection.execute(f"SELECT 1 FROM collections WHERE {where}", noted).fetchone():
            return
    with database.writing() as connection:
        connection.execute(f"UPDATE collections SET shards = ? WHERE {where}", (collection.shards, *noted))


def _existing(connection: Connection, collection: Collection) -> SqliteIndexes | None:
    row = row_of(connection, collection)
    return SqliteIndexes.read(*row) if row else None


def _new(connection: Connection, collection: Collection) -> SqliteIndexes:
    number = connection.execute(
        "INSERT INTO collections (app, type, shards, indexes) VALUES (?, ?, ?, '[]')",
        (collection.app, collection.type, collection.shards),
    ).lastrowid
    assert number is not None, "a row was inserted"
    return SqliteIndexes({}, number)


def _write(connection: Connection, indexes: SqliteIndexes) -> None:
    connection.execute("UPDATE collections SET indexes = ? WHERE number = ?", (indexes.as_text(), indexes.collection))


def _advanced(
    connection: Connection, indexes: SqliteIndexes, collection: Collection, slice_end: Deadline
) -> SqliteIndexes:
    """The indexes, once those that the collection needs and that are furthest behind have more of their entries."""
    incomplete = [index for field in wanted(collection) if not (index := indexes.by_field[field]).is_complete]
    behind = min((index.reached or 0 for index in incomplete), default=0)
    advancing = [index for index in incomplete if index.reached == behind]
    reached = None
    marks = Marks()
    rows = connection.execute(
        "SELECT number, body FROM documents WHERE collection = ? AND number > ? ORDER BY number",
        (indexes.collection, behind),
    )
    with closing(rows):
        for number, body in rows:
            entries = entries_of(json.loads(body), advancing)
            # Those are there already that a write has made since the index was begun.
            connection.executemany(
                "INSERT OR IGNORE INTO entries (collection, field, key, document) VALUES (?, ?, ?, ?)",
                [(indexes.collection, field, key, number) for field, key in entries.keys],
            )
            marks.add(entries.marks)
            if slice_end.expired:
                reached = number
                break
    return indexes.having(*(replace(index, reached=reached) for index in advancing)).marked(marks)


def _require_no_duplicates(
    connection: Connection, indexes: SqliteIndexes | None, collection: Collection, deadline: Deadline
) -> None:
    if indexes and (duplicate := first_duplicate(connection, indexes, collection, deadline)):
        raise DuplicatesExistError(*duplicate)


def _unique(
    connection: Connection, indexes: SqliteIndexes, collection: Collection, deadline: Deadline
) -> SqliteIndexes:
    for field in collection.unique:
        index = indexes.by_field[field]
        if not index.unique:
            claim(connection, indexes.collection, index, deadline)
            indexes = indexes.having(replace(index, unique=True))
    return indexes


def _reduced(
    connection: Connection, indexes: SqliteIndexes, collection: Collection, slice_end: Deadline
) -> SqliteIndexes:
    """The indexes, once nothing is unique any more that is not to be, and some that nobody asks for are dropped."""
    for index in indexes.no_longer_unique(collection):
        _delete(connection, "unique_values", indexes, index.number)
        indexes = indexes.having(replace(index, unique=False))
    for index in list(indexes):
        if index.field not in wanted(collection):
            _delete(connection, "entries", indexes, index.number)
            indexes = indexes.without(index.field)
            if slice_end.expired:
                break
    return indexes


def _delete(connection: Connection, table: str, indexes: SqliteIndexes, number: int) -> None:
    connection.execute(f"DELETE FROM {table} WHERE collection = ? AND field = ?", (indexes.collection, number))
