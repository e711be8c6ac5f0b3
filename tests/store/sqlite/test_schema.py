"""Files of earlier versions, and records and documents in one file."""

import contextlib
import sqlite3
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
