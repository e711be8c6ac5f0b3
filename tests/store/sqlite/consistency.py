"""Whether what a SQLite file says about its documents in several places is the same everywhere."""

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

from runtime.store.sqlite.indexes import SqliteIndexes
from runtime.store.sqlite.writer import entries_of


def require_consistent(path: Path) -> dict[str, Any]:
    """All documents by their id, once each has its entries and there are no others.

    What an index that is still being made has not reached may lack entries.
    """
    found: dict[str, Any] = {}
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        expected: dict[str, set[Any]] = {"entries": set(), "unique_values": set()}
        optional: set[Any] = set()
        sizes = {}
        collections = connection.execute("SELECT number, indexes, size FROM collections").fetchall()
        for collection, indexes, size in collections:
            read = SqliteIndexes.read(collection, indexes)
            documents = connection.execute(
                "SELECT number, id, body FROM documents WHERE collection = ?", (collection,)
            ).fetchall()
            sizes[collection] = (size, len(documents))
            for number, id, body in documents:
                value = json.loads(body)
                assert value["Id"] == id
                found[id] = value
                entries = entries_of(value, read)
                complete = entries_of(value, read.complete())
                assert complete.marks.arrays <= {index.field for index in read if index.arrays}
                assert complete.marks.cut <= {index.field for index in read if index.cut}
                assert complete.marks.many <= {index.field for index in read if index.many}
                expected["entries"] |= {(collection, field, key, number) for field, key in entries.keys}
                beyond = [index for index in read if index.reached is not None and number > index.reached]
                optional |= {(collection, field, key, number) for field, key in entries_of(value, beyond).keys}
                expected["unique_values"] |= {(collection, field, key, number) for field, key in entries.unique}
        for table, rows in expected.items():
            there = set(connection.execute(f"SELECT collection, field, key, document FROM {table}"))
            assert rows - optional <= there <= rows, table
        assert all(size == count for size, count in sizes.values()), sizes
        (documents,) = connection.execute("SELECT count(*) FROM documents").fetchone()
        assert documents == sum(count for _, count in sizes.values())
    return found
