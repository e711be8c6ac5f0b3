"""Files of earlier versions, and records and documents in one file."""

import contextlib
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.store.documents import Collection
from runtime.store.port import Record
from runtime.store.sqlite.database import SqliteDatabase
from runtime.store.sqlite.documents import SqliteDocuments
from runtime.store.sqlite.records import SqliteStore
from runtime.store.sqlite.schema import SCHEMA_VERSION
from tests.store.asking import ids, values
from tests.store.sqlite.consistency import require_consistent

BOOKS = Collection("shop", "Book", unique=("ISBN",), indexed=("Title",))

VERSION_1 = """
PRAGMA journal_mode = WAL;
CREATE TABLE records (
  partition TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, version INTEGER NOT NULL, expires_at REAL,
  PRIMARY KEY (partition, key)
);
CREATE INDEX records_by_expiry ON records (expires_at) WHERE expires_at IS NOT NULL;
INSERT INTO records VALUES ('secrets/shop', 'KEY', '{"value":"s3cret"}', 4711, NULL);
INSERT INTO records VALUES ('logs/shop', '1', '{"n":1}', 4712, 33000000000.0);
PRAGMA application_id = 0x52454C56;
PRAGMA user_version = 1;
"""

# As version 2 wrote it, with one item.
VERSION_2 = (
    VERSION_1
    + """
CREATE TABLE collections (
  number INTEGER PRIMARY KEY, app TEXT NOT NULL, type TEXT NOT NULL, indexes TEXT NOT NULL,
  size INTEGER NOT NULL DEFAULT 0, UNIQUE (app, type)
);
CREATE TABLE documents (
  number INTEGER PRIMARY KEY, collection INTEGER NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
  body TEXT NOT NULL, UNIQUE (collection, id)
);
CREATE INDEX documents_by_collection ON documents (collection);
CREATE TABLE entries (
  collection INTEGER NOT NULL, field INTEGER NOT NULL, key BLOB NOT NULL, document INTEGER NOT NULL,
  PRIMARY KEY (collection, field, key, document)
) WITHOUT ROWID;
CREATE TABLE unique_values (
  collection INTEGER NOT NULL, field INTEGER NOT NULL, key BLOB NOT NULL, document INTEGER NOT NULL,
  PRIMARY KEY (collection, field, key)
) WITHOUT ROWID;
INSERT INTO collections VALUES (1, 'shop', 'Book', '[
  {"field":"Title","number":1,"unique":false,"arrays":false,"cut":false,"many":false,"reached":null},
  {"field":"ISBN","number":2,"unique":true,"arrays":false,"cut":false,"many":false,"reached":null}
]', 1);
INSERT INTO entries VALUES (1, 1, X'04456D6D6100', 1);
INSERT INTO entries VALUES (1, 2, X'03BFF0000000000000', 1);
INSERT INTO unique_values VALUES (1, 2, X'03BFF0000000000000', 1);
INSERT INTO documents VALUES (1, 1, 'a', 4713, '{"Id":"a","ISBN":1,"Title":"Emma"}');
PRAGMA user_version = 2;
"""
)


@pytest.fixture
def version_1(tmp_path: Path) -> Path:
    path = tmp_path / "relive.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(VERSION_1)
    return path


def test_a_file_of_version_1_keeps_its_records_and_takes_documents(version_1: Path) -> None:
    for _ in range(2):
        database = SqliteDatabase(version_1)
        store, documents = SqliteStore(database), SqliteDocuments(database)
        assert store.get("secrets/shop", "KEY") == Record("secrets/shop", "KEY", {"value": "s3cret"}, 4711)
        assert store.get("logs/shop", "1") == Record("logs/shop", "1", {"n": 1}, 4712, 33000000000.0)
        if documents.get(BOOKS, "a") is None:
            documents.insert(BOOKS, [{"Id": "a", "Title": "Emma"}])
        assert ids(documents, BOOKS, {"Title": "Emma"}) == "a"
        database.close()
    with contextlib.closing(sqlite3.connect(version_1)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)


def test_a_file_of_version_2_keeps_its_items_and_learns_of_shards(tmp_path: Path) -> None:
    path = tmp_path / "relive.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(VERSION_2)
    spread = replace(BOOKS, shards=8)
    for shards in (1, 8):  # what the app says is noted when it is applied the next time
        database = SqliteDatabase(path)
        documents = SqliteDocuments(database)
        assert list(documents.collections()) == [replace(BOOKS, shards=shards)]
        assert ids(documents, spread, {"Title": "Emma"}) == "a"
        assert list(documents.collections()) == [replace(BOOKS, shards=shards)]
        documents.prepare(spread)
        database.close()
    assert require_consistent(path) == {"a": {"Id": "a", "ISBN": 1, "Title": "Emma"}}


def test_the_definition_that_was_prepared_last_tells_the_number_of_shards(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "relive.db")
    documents = SqliteDocuments(database)
    documents.insert(replace(BOOKS, shards=8), [{"Id": "a"}])
    assert list(documents.collections()) == [replace(BOOKS, shards=8)]
    for shards in (3, 1):
        documents.prepare(replace(BOOKS, shards=shards))
        assert list(documents.collections()) == [replace(BOOKS, shards=shards)]
    database.close()


def test_a_step_that_fails_leaves_the_file_as_it_was(version_1: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.closing(sqlite3.connect(version_1)) as connection:
        connection.execute("CREATE TABLE unique_values (something)")
    with pytest.raises(Exception, match="unique_values"):
        SqliteDatabase(version_1)
    with contextlib.closing(sqlite3.connect(version_1)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        assert tables == {"records", "unique_values"}
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)


def test_several_may_open_an_old_file_together(version_1: Path) -> None:
    first = SqliteDatabase(version_1)
    second = SqliteDatabase(version_1)
    SqliteDocuments(first).insert(BOOKS, [{"Id": "a", "ISBN": 1}])
    assert values(SqliteDocuments(second), BOOKS) == [{"Id": "a", "ISBN": 1}]
    first.close()
    second.close()


def test_records_and_documents_share_a_file(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "relive.db")
    documents = SqliteDocuments(store.database)
    store.put("p", "k", {"n": 1})
    documents.insert(BOOKS, [{"Id": "a", "ISBN": 1}])
    shared = SqliteStore(store.database)
    shared.close()
    assert store.get("p", "k") == shared.get("p", "k")
    store.close()
    assert require_consistent(tmp_path / "relive.db") == {"a": {"Id": "a", "ISBN": 1}}
