"""Values that several documents have in a field that is to be unique."""

import json
from typing import Any

from runtime.deadline import Deadline
from runtime.query.expression import And
from runtime.query.filter import Filter
from runtime.query.sort import Sort
from runtime.store.documents import Collection
from runtime.store.entries import entry_key
from runtime.store.indexes import Index
from runtime.store.sqlite.database import Connection
from runtime.store.sqlite.indexes import SqliteIndexes
from runtime.store.sqlite.sql import Sql

_NO_VALUE = entry_key(None)  # that of a missing one as well


def first_duplicate(
    connection: Connection, indexes: SqliteIndexes, collection: Collection, deadline: Deadline
) -> tuple[str, Any] | None:
    """A field that the collection wants to be unique, and a value that several documents have there.

    Raises ReliveError 650.
    """
    for field in collection.unique:
        index = indexes.by_field.get(field)
        if index and index.unique:
            continue
        keys = _keys(connection, indexes.collection, field, index)
        several = keys.within("SELECT max(document) FROM (", ") GROUP BY key HAVING count(*) > 1 LIMIT 1")
        with connection.callbacks.during(connection, Filter(And(())), Sort(()), deadline):
            row = connection.execute(several.text, several.parameters).fetchone()
        if row:
            (body,) = connection.execute("SELECT body FROM documents WHERE number = ?", row).fetchone()
            return field, json.loads(body)[field]
    return None


def claim(connection: Connection, collection: int, index: Index, deadline: Deadline) -> None:
    """Note for each value of a field which document has it; there must be no duplicates. Raises ReliveError 650."""
    keys = _keys(connection, collection, index.field, index)
    claims = Sql(
        "INSERT INTO unique_values (collection, field, key, document) SELECT ?, ?, key, document FROM (",
        (collection, index.number),
    )
    statement = claims + keys + ")"
    with connection.callbacks.during(connection, Filter(And(())), Sort(()), deadline):
        connection.execute(statement.text, statement.parameters)


def _keys(connection: Connection, collection: int, field: str, index: Index | None) -> Sql:
    """The key of each document's value as a whole, if it has one; from the index if this holds just these."""
    if index and index.is_complete and not index.arrays:
        return Sql(
            "SELECT key, document FROM entries WHERE collection = ? AND field = ? AND key <> ?",
            (collection, index.number, _NO_VALUE),
        )
    # SQLite compiles its statements anew after this, which does not matter for what is done so rarely.
    connection.create_function("whole_key", 2, _whole_key, deterministic=True)
    # Materialized, or else SQLite asks for each key several times.
    return Sql(
        "WITH whole AS MATERIALIZED"
        " (SELECT whole_key(body, ?) AS key, number AS document FROM documents WHERE collection = ?)"
        " SELECT key, document FROM whole WHERE key IS NOT NULL",
        (field, collection),
    )


def _whole_key(body: str, field: str) -> bytes | None:
    value = json.loads(body).get(field)
    return None if value is None else entry_key(value)
