"""Programs that share a file of books, whose indexes are to become others."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runtime.store.documents import Collection
from runtime.store.sqlite.database import SqliteDatabase
from runtime.store.sqlite.documents import SqliteDocuments

OLD = Collection("shop", "Book", indexed=("Title",))
NEW = Collection("shop", "Book", indexed=("Title", "Year", "Tags", "Rank"))
UNIQUE = Collection("shop", "Book", unique=("Rank",), indexed=("Title",))


def book(n: int) -> dict[str, Any]:
    return {"Id": f"{n:04}", "Title": f"Title {n % 7}", "Year": 1900 + n % 100, "Tags": ["a", n % 3], "Rank": n}


def fill(documents: SqliteDocuments, many: int, definition: Collection = OLD) -> None:
    for start in range(0, many, 100):
        documents.insert(definition, [book(n) for n in range(start, min(start + 100, many))])


@contextlib.contextmanager
def program(path: Path) -> Iterator[SqliteDocuments]:
    database = SqliteDatabase(path, durable=False)
    try:
        yield SqliteDocuments(database)
    finally:
        database.close()
