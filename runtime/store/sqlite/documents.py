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
    Collection,
    Document,
    DocumentChangedError,
    DuplicateValueError,
    Query,
)
from runtime.store.sqlite.database import Connection, SqliteDatabase
from runtime.store.sqlite.indexes import Indexes
from runtime.store.sqlite.plan import planned
from runtime.store.sqlite.preparation import prepared
from runtime.store.sqlite.statement import counting, finding
from runtime.store.sqlite.text import column
from runtime.store.sqlite.writer import Writer


class SqliteDocuments:
    """Documents in a database file, which whoever opened it closes."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        # By app and type: a definition, the row that says which indexes there are, and these if they serve it.
        self._known: dict[tuple[str, str], tuple[Collection, str, Indexes]] = {}

    def prepare(self, collection: Collection) -> None:
        with self._database.reading() as connection:
            if self._serving(connection, collection):
                return
        with self._database.writing() as connection:
            prepared(connection, collection)

    def get(self, collection: Collection, id: str) -> Document | None:
        with self._database.connection() as connection:
            row = connection.execute(
                "SELECT documents.version, body FROM collections JOIN documents ON collection = collections.number"
                " WHERE app = ? AND type = ? AND id = ?",
                (collection.app, collection.type, column(id)),
            ).fetchone()
        return _document(row) if row else None

    def find(self, collection: Collection, query: Query, deadline: Deadline) -> Generator[Document, None, None]:
        with (
            self._reading(collection) as (connection, indexes),
            connection.callbacks.during(connection, query.filter, query.sort, deadline),
        ):
            plan = planned(connection, indexes, query.filter, query.sort)
            statement = finding(plan, query.skip, query.take)
            with closing(connection.execute(statement.text, statement.parameters)) as rows:
                for row in rows:
                    if deadline.expired:
                        raise ReliveError(650)
                    yield _document(row)

    def count(self, collection: Collection, filter: Filter, deadline: Deadline) -> int:
        with (
            self._reading(collection) as (connection, indexes),
            connection.callbacks.during(connection, filter, Sort(()), deadline),
        ):
            statement = counting(planned(connection, indexes, filter, Sort(())))
            (count,) = connection.execute(statement.text, statement.parameters).fetchone()
        return int(count)

    def insert(self, collection: Collection, values: Sequence[dict[str, Any]]) -> None:
        if len(values) > INSERT_LIMIT:
            raise ValueError(f"An insert takes at most {INSERT_LIMIT} documents, not {len(values)}.")
        with self._writing(collection) as writer:
            for position, value in enumerate(values):
                writer.insert(value, position)

    def replace(self, collection: Collection, documents: Sequence[Document]) -> None:
        failure: DuplicateValueError | DocumentChangedError | None = None
        with self._writing(collection) as writer:
            for position, document in enumerate(documents):
                try:
                    writer.replace(document, position)
                except (DuplicateValueError, DocumentChangedError) as error:
                    failure = error
                    break
        if failure:
            raise failure

    def delete(self, collection: Collection, documents: Sequence[Document]) -> None:
        failure: DocumentChangedError | None = None
        with self._writing(collection) as writer:
            for position, document in enumerate(documents):
                try:
                    writer.delete(document, position)
                except DocumentChangedError as error:
                    failure = error
                    break
        if failure:
            raise failure

    @contextmanager
    def _reading(self, collection: Collection) -> Iterator[tuple[Connection, Indexes]]:
        """One view of the file, in which the indexes serve the collection."""
        while True:
            with self._database.reading() as connection:
                if indexes := self._serving(connection, collection):
                    yield connection, indexes
                    return
            self.prepare(collection)

    @contextmanager
    def _writing(self, collection: Collection) -> Iterator[Writer]:
        with self._database.writing() as connection:
            indexes = self._serving(connection, collection) or prepared(connection, collection)
            writer = Writer(connection, indexes)
            yield writer
            writer.finish()

    def _serving(self, connection: sqlite3.Connection, collection: Collection) -> Indexes | None:
        """The indexes if they are those that the collection asks for."""
        row = connection.execute(
            "SELECT number, indexes FROM collections WHERE app = ? AND type = ?", (collection.app, collection.type)
        ).fetchone()
        if row is None:
            return None
        number, text = row
        known = self._known.get((collection.app, collection.type))
        if known and known[0] == collection and known[1] == text:
            return known[2]
        indexes = Indexes.read(number, text)
        if not indexes.serve(collection):
            return None
        self._known[collection.app, collection.type] = (collection, text, indexes)
        return indexes


def _document(row: tuple[int, str]) -> Document:
    version, body = row
    return Document(json.loads(body), version)
