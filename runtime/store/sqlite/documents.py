"""Documents in SQLite."""

import json
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from runtime.deadline import Deadline
from runtime.errors import ReliveError
from runtime.query.filter import Filter
from runtime.query.sort import Sort
from runtime.store.documents import (
    INSERT_LIMIT,
    NEVER,
    Collection,
    Document,
    DocumentChangedError,
    DuplicateValueError,
    Query,
)
from runtime.store.sqlite.database import Connection, SqliteDatabase
from runtime.store.sqlite.duplicates import first_duplicate
from runtime.store.sqlite.indexes import SqliteIndexes, row_of
from runtime.store.sqlite.plan import planned
from runtime.store.sqlite.preparation import complete, drop, make_unique, note_shards
from runtime.store.sqlite.sql import Sql
from runtime.store.sqlite.statement import counting, finding, in_one_row
from runtime.store.sqlite.text import column
from runtime.store.sqlite.writer import Writer

PAGE = 50
PAGE_CHARACTERS = 20_000
"""A page of so many documents is fetched in one row, but for those that are larger: each of them is fetched by itself.

At each row Python's interpreter lock is given away and asked for again, and others keep it for a while: under load
that took twice the time of all the rest.
"""


class SqliteDocuments:
    """Documents in a database file, which whoever opened it closes."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        # By app and type: the row that says which indexes there are, and these.
        self._known: dict[tuple[str, str], tuple[str, SqliteIndexes]] = {}
        # Definitions whose unique fields were all unique once. What of them is not so any more was given up since.
        self._enforced: set[Collection] = set()

    def prepare(self, collection: Collection) -> None:
        self._enforced.discard(collection)
        self._make(collection, NEVER)
        drop(self._database, collection)
        note_shards(self._database, collection)

    def duplicates(self, collection: Collection) -> tuple[str, Any] | None:
        with self._database.reading() as connection:
            indexes = self._indexes(connection, collection)
            return first_duplicate(connection, indexes, collection, NEVER) if indexes else None

    def collections(self) -> Iterator[Collection]:
        with self._database.reading() as connection:
            rows = connection.execute("SELECT app, type, shards, number, indexes FROM collections").fetchall()
        for app, type, shards, number, text in rows:
            yield SqliteIndexes.read(number, text).complete().described(app, type, shards)

    def get(self, collection: Collection, id: str, deadline: Deadline = NEVER) -> Document | None:
        with self._database.connection(deadline) as connection:
            row = connection.execute(
                "SELECT documents.version, body FROM collections JOIN documents ON collection = collections.number"
                " WHERE app = ? AND type = ? AND id = ?",
                (collection.app, collection.type, column(id)),
            ).fetchone()
        return _document(row) if row else None

    def find(self, collection: Collection, query: Query, deadline: Deadline) -> Generator[Document, None, None]:
        with (
            self._reading(collection, deadline) as (connection, indexes),
            connection.callbacks.during(connection, query.filter, query.sort, deadline),
        ):
            plan = planned(connection, indexes, query.filter, query.sort)
            statement = finding(plan, query.skip, query.take)
            at_once = query.take is not None and query.take <= PAGE
            with closing((_page if at_once else _one_by_one)(connection, statement)) as documents:
                for document in documents:
                    if deadline.expired:
                        raise ReliveError(650)
                    yield document

    def count(self, collection: Collection, filter: Filter, deadline: Deadline) -> int:
        with (
            self._reading(collection, deadline) as (connection, indexes),
            connection.callbacks.during(connection, filter, Sort(()), deadline),
        ):
            statement = counting(planned(connection, indexes, filter, Sort(())))
            (count,) = connection.execute(statement.text, statement.parameters).fetchone()
        return int(count)

    def insert(self, collection: Collection, values: Sequence[dict[str, Any]], deadline: Deadline = NEVER) -> None:
        if len(values) > INSERT_LIMIT:
            raise ValueError(f"An insert takes at most {INSERT_LIMIT} documents, not {len(values)}.")
        with self._writing(collection, deadline) as writer:
            for position, value in enumerate(values):
                writer.insert(value, position)

    def replace(self, collection: Collection, documents: Sequence[Document], deadline: Deadline = NEVER) -> None:
        failure: DuplicateValueError | DocumentChangedError | None = None
        with self._writing(collection, deadline) as writer:
            for position, document in enumerate(documents):
                try:
                    writer.replace(document, position)
                except (DuplicateValueError, DocumentChangedError) as error:
                    failure = error
                    break
        if failure:
            raise failure

    def delete(self, collection: Collection, documents: Sequence[Document], deadline: Deadline = NEVER) -> None:
        failure: DocumentChangedError | None = None
        with self._writing(collection, deadline) as writer:
            for position, document in enumerate(documents):
                try:
                    writer.delete(document, position)
                except DocumentChangedError as error:
                    failure = error
                    break
        if failure:
            raise failure

    @contextmanager
    def _reading(self, collection: Collection, deadline: Deadline) -> Iterator[tuple[Connection, SqliteIndexes]]:
        """One view of the file, and the indexes that may be read there: those that the collection asks for, or more."""
        with self._database.reading(deadline) as connection:
            indexes = self._indexes(connection, collection)
            if indexes and self._enforces(indexes, collection) and indexes.serve(collection):
                yield connection, indexes.complete()
                return
        self._make(collection, deadline)
        with self._database.reading(deadline) as connection:
            yield connection, self._existing(connection, collection).complete()

    @contextmanager
    def _writing(self, collection: Collection, deadline: Deadline) -> Iterator[Writer]:
        """A transaction in which the fields are unique that the collection wants to be so; there may be more."""
        with self._database.writing(deadline) as connection:
            indexes = self._indexes(connection, collection)
            if indexes and self._enforces(indexes, collection):
                writer = Writer(connection, indexes)
                yield writer
                writer.finish()
                return
        self._make(collection, deadline)
        with self._database.writing(deadline) as connection:
            writer = Writer(connection, self._existing(connection, collection))
            yield writer
            writer.finish()

    def _make(self, collection: Collection, deadline: Deadline) -> None:
        if collection in self._enforced:
            complete(self._database, collection, deadline)
        else:
            make_unique(self._database, collection, deadline)
            self._enforced.add(collection)

    def _enforces(self, indexes: SqliteIndexes, collection: Collection) -> bool:
        if indexes.enforce(collection):
            self._enforced.add(collection)
            return True
        return collection in self._enforced

    def _existing(self, connection: sqlite3.Connection, collection: Collection) -> SqliteIndexes:
        indexes = self._indexes(connection, collection)
        assert indexes is not None, "the row of a collection is never deleted"
        return indexes

    def _indexes(self, connection: sqlite3.Connection, collection: Collection) -> SqliteIndexes | None:
        """The indexes that are there, complete or not; None for a collection that nobody has used."""
        row = row_of(connection, collection)
        if row is None:
            return None
        number, text = row
        known = self._known.get((collection.app, collection.type))
        if known and known[0] == text:
            return known[1]
        indexes = SqliteIndexes.read(number, text)
        self._known[collection.app, collection.type] = (text, indexes)
        return indexes


def _page(connection: Connection, statement: Sql) -> Generator[Document, None, None]:
    """What a statement finds that finds few."""
    at_once = in_one_row(statement, PAGE_CHARACTERS)
    (text,) = connection.execute(at_once.text, at_once.parameters).fetchone()
    for piece in json.loads(f"[{text or ''}]"):
        yield _numbered(connection, piece) if isinstance(piece, int) else Document(piece[1], piece[0])


def _numbered(connection: Connection, number: int) -> Document:
    return _document(connection.execute("SELECT version, body FROM documents WHERE number = ?", (number,)).fetchone())


def _one_by_one(connection: Connection, statement: Sql) -> Generator[Document, None, None]:
    with closing(connection.execute(statement.text, statement.parameters)) as rows:
        for _, version, body in rows:
            yield _document((version, body))


def _document(row: tuple[int, str]) -> Document:
    version, body = row
    return Document(json.loads(body), version)
