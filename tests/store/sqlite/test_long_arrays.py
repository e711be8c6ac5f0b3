"""Arrays with more elements than there are entries for."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from runtime.deadline import Deadline
from runtime.query.filter import Filter
from runtime.store.documents import Collection, Document, Query
from runtime.store.sqlite.database import SqliteDatabase
from runtime.store.sqlite.documents import SqliteDocuments
from runtime.store.sqlite.writer import MOST_ELEMENTS
from tests.store.sqlite.consistency import require_consistent

BOOKS = Collection("app", "Book", (), ("Tags",))
LONG = list(range(MOST_ELEMENTS + 1))
DOCUMENTS: list[dict[str, Any]] = [
    {"Id": "long", "Tags": LONG},
    {"Id": "short", "Tags": [5, 6]},
    {"Id": "most", "Tags": LONG[:-1]},
    {"Id": "none"},
]

FINDS: list[tuple[str, Any, list[str]]] = [
    ("an element", {"Tags": 5}, ["long", "short", "most"]),
    ("an element of the long one", {"Tags": MOST_ELEMENTS}, ["long"]),
    ("no element", {"Tags": -1}, []),
    ("any of", {"Tags": {"$in": [6, MOST_ELEMENTS]}}, ["long", "short", "most"]),
    ("a range", {"Tags": {"$gte": MOST_ELEMENTS}}, ["long"]),
    ("another range", {"Tags": {"$lt": 0}}, []),
    ("all of", {"Tags": {"$all": [0, MOST_ELEMENTS]}}, ["long"]),
    ("the whole", {"Tags": LONG}, ["long"]),
    ("the whole short one", {"Tags": [5, 6]}, ["short"]),
    ("either", {"$or": [{"Tags": MOST_ELEMENTS}, {"Tags": 6}]}, ["long", "short", "most"]),
    ("null", {"Tags": None}, ["none"]),
]


@pytest.fixture
def documents(tmp_path: Path) -> Any:
    database = SqliteDatabase(tmp_path / "relive.sqlite")
    documents = SqliteDocuments(database)
    documents.prepare(BOOKS)
    documents.insert(BOOKS, DOCUMENTS)
    yield documents
    database.close()


def ids(documents: SqliteDocuments, filter: Any) -> list[str]:
    return [found.id for found in documents.find(BOOKS, Query(Filter.parse(filter)), Deadline.after(30))]


@pytest.mark.parametrize(("filter", "found"), [row[1:] for row in FINDS], ids=[row[0] for row in FINDS])
def test_what_is_found(documents: SqliteDocuments, filter: Any, found: list[str]) -> None:
    assert ids(documents, filter) == found
    assert documents.count(BOOKS, Filter.parse(filter), Deadline.after(30)) == len(found)


def test_entries_follow_the_length(documents: SqliteDocuments, tmp_path: Path) -> None:
    def replace(id: str, tags: list[int]) -> None:
        read = documents.get(BOOKS, id)
        assert read
        documents.replace(BOOKS, [Document({"Id": id, "Tags": tags}, read.version)])
        require_consistent(tmp_path / "relive.sqlite")

    replace("long", [1])
    assert ids(documents, {"Tags": MOST_ELEMENTS}) == []
    replace("short", LONG)
    assert ids(documents, {"Tags": MOST_ELEMENTS}) == ["short"]


def test_a_long_array_has_few_entries(documents: SqliteDocuments, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "relive.sqlite")) as connection:
        (entries,) = connection.execute(
            "SELECT count(*) FROM entries JOIN documents ON document = number WHERE id = 'long'"
        ).fetchone()
    assert entries < 10


def test_an_index_that_is_made_later(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "relive.sqlite")
    documents = SqliteDocuments(database)
    documents.insert(Collection("app", "Book"), DOCUMENTS)
    documents.prepare(BOOKS)
    assert ids(documents, {"Tags": MOST_ELEMENTS}) == ["long"]
    require_consistent(tmp_path / "relive.sqlite")
    database.close()
