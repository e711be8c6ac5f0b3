"""What is special to documents in a file."""

import contextlib
import itertools
import sqlite3
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from runtime.errors import ReliveError
from runtime.query.expression import And
from runtime.query.filter import Filter
from runtime.query.sort import Sort
from runtime.store.documents import Collection, DocumentChangedError, Query
from runtime.store.port import StoreUnavailableError
from runtime.store.sqlite.database import SqliteDatabase
from runtime.store.sqlite.documents import SqliteDocuments
from tests.store.asking import counted, found, ids, in_time, query, values
from tests.store.sqlite.consistency import require_consistent
from tests.store.sqlite.slices import Looks
from tests.store.sqlite.test_database import not_writable

BOOKS = Collection("shop", "Book", unique=("ISBN",), indexed=("Title", "Tags"))


@dataclass(frozen=True)
class Counting:
    """A filter that nothing matches and that counts what it was asked about."""

    asked: list[Any]

    def matches(self, document: Any) -> bool:
        self.asked.append(document)
        return False


class TestDeadlines:
    MANY = 3000

    @pytest.fixture
    def documents(self, tmp_path: Path) -> Any:
        database = SqliteDatabase(tmp_path / "relive.db", durable=False)
        documents = SqliteDocuments(database)
        for start in range(0, self.MANY, 100):
            documents.insert(BOOKS, [{"Id": str(n), "n": n, "Title": n % 2} for n in range(start, start + 100)])
        yield documents
        database.close()

    @pytest.mark.parametrize(
        ("filter", "sort"),
        [({"n": -1}, None), ({"$or": [{"Title": 5}, {"n": {"$gt": 1e9}}]}, None), ({"n": -1}, {"Title": 1})],
        ids=["in SQLite alone", "alternatives in SQLite alone", "along an index"],
    )
    def test_a_search_ends_when_it_passes(self, documents: SqliteDocuments, filter: Any, sort: Any) -> None:
        deadline = Looks.of(10)
        with pytest.raises(ReliveError) as error:
            list(documents.find(BOOKS, query(filter, sort), deadline))
        assert error.value.code == 650
        with pytest.raises(ReliveError):
            documents.count(BOOKS, Filter.parse(filter), Looks.of(10))
        assert documents.count(BOOKS, Filter.parse(filter), in_time()) == 0

    @pytest.mark.parametrize("sort", [{}, {"n": 1}], ids=["in order", "to be sorted"])
    def test_a_search_in_python_ends_when_it_passes(self, documents: SqliteDocuments, sort: Any) -> None:
        asked: list[Any] = []
        wanted = Query(Filter(Counting(asked)), Sort.parse(sort))  # type: ignore[arg-type]
        with pytest.raises(ReliveError):
            list(documents.find(BOOKS, wanted, Looks.of(50)))
        assert 0 < len(asked) < 60
        assert counted(documents, BOOKS) == self.MANY

    def test_sorting_ends_when_it_passes(self, documents: SqliteDocuments) -> None:
        with pytest.raises(ReliveError):
            list(documents.find(BOOKS, query(sort={"n": 1}), Looks.of(50)))
        assert ids(documents, BOOKS, sort={"n": 1}, take=3) == "012"

    def test_what_fails_in_a_filter_is_told(self, documents: SqliteDocuments) -> None:
        class Fails:
            def matches(self, document: Any) -> bool:
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            documents.count(BOOKS, Filter(Fails()), in_time())  # type: ignore[arg-type]


def test_a_find_keeps_to_what_was_there_when_it_began(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "relive.db", durable=False)
    documents = SqliteDocuments(database)
    documents.insert(BOOKS, [{"Id": id, "Title": "x"} for id in "abc"])
    rows = documents.find(BOOKS, query({"Title": "x"}), in_time())
    first = next(rows)
    documents.delete(BOOKS, found(documents, BOOKS))
    documents.insert(BOOKS, [{"Id": "d", "Title": "x"}])
    documents.prepare(Collection("shop", "Book"))
    assert first.id + "".join(document.id for document in rows) == "abc"
    assert ids(documents, BOOKS) == "d"
    database.close()


def test_iterators_give_their_connections_back(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "relive.db", durable=False)
    documents = SqliteDocuments(database)
    documents.insert(BOOKS, [{"Id": id} for id in "abc"])
    for _ in range(20):
        list(documents.find(BOOKS, query(), in_time()))
        rows = documents.find(BOOKS, query(), in_time())
        next(rows)
        rows.close()
        with pytest.raises(ReliveError):
            list(documents.find(BOOKS, query(), Looks.of(2)))
        del rows
    assert len(database._idle) == 1
    with contextlib.closing(sqlite3.connect(tmp_path / "relive.db")) as other:
        assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0, "somebody still reads"
    database.close()


def test_two_programs_with_other_definitions(tmp_path: Path) -> None:
    """Each makes the indexes that it needs; nothing is lost or left over."""
    path = tmp_path / "relive.db"
    definitions = [BOOKS, Collection("shop", "Book", indexed=("ISBN", "n")), Collection("shop", "Book", unique=("n",))]
    numbers = itertools.count()
    failures: list[BaseException] = []

    def work(collection: Collection) -> None:
        database = SqliteDatabase(path, durable=False)
        documents = SqliteDocuments(database)
        try:
            for _ in range(25):
                n = next(numbers)
                value = {"Id": str(n), "n": n, "ISBN": n, "Title": "x", "Tags": ["a", n]}
                documents.insert(collection, [value])
                assert values(documents, collection, {"n": n}) == [value]
                assert values(documents, collection, {"ISBN": n}) == [value]
                assert counted(documents, collection, {"Tags": n}) == 1
                document = found(documents, collection, {"Id": str(n)})[0]
                documents.replace(collection, [replace(document, value={**value, "Title": "y"})])
                if n % 2:
                    documents.delete(collection, found(documents, collection, {"ISBN": n}))
        except BaseException as failure:
            failures.append(failure)
            raise
        finally:
            database.close()

    threads = [threading.Thread(target=work, args=(collection,)) for collection in definitions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    after = require_consistent(path)
    assert len(after) == 38
    assert {value["Title"] for value in after.values()} == {"y"}


def test_flags_of_an_index_are_kept_by_all(tmp_path: Path) -> None:
    """A field may be sorted along its index until somebody, somewhere, puts an array or a long text into it."""
    first, second = (SqliteDatabase(tmp_path / "relive.db", durable=False) for _ in range(2))
    mine, others = SqliteDocuments(first), SqliteDocuments(second)
    mine.insert(BOOKS, [{"Id": "a", "Title": "m"}, {"Id": "b", "Title": "x" * 900 + "b"}])
    others.insert(BOOKS, [{"Id": "c", "Title": "x" * 900 + "a"}])
    assert ids(mine, BOOKS, sort={"Title": 1}) == "acb"
    others.replace(BOOKS, [replace(found(others, BOOKS)[0], value={"Id": "a", "Title": ["z", "b"]})])
    assert ids(mine, BOOKS, {"Title": {"$gt": "a", "$lt": "b"}}) == ""
    assert ids(mine, BOOKS, sort={"Title": -1}) == "abc"
    first.close()
    second.close()
    require_consistent(tmp_path / "relive.db")


class TestUnusableFiles:
    def test_a_full_disk_fails_the_write_and_nothing_else(self, tmp_path: Path) -> None:
        database = SqliteDatabase(tmp_path / "relive.db")
        documents = SqliteDocuments(database)
        documents.insert(BOOKS, [{"Id": "a", "Title": "x"}])
        with database.connection() as connection:
            connection.execute("PRAGMA max_page_count = 25")
        with pytest.raises(StoreUnavailableError, match="the disk is full"):
            documents.insert(BOOKS, [{"Id": "b", "Title": "x"}, {"Id": "c", "Text": "x" * 200_000}])
        assert ids(documents, BOOKS, {"Title": "x"}) == "a"
        documents.insert(BOOKS, [{"Id": "d", "Title": "x"}])
        database.close()
        assert sorted(require_consistent(tmp_path / "relive.db")) == ["a", "d"]

    def test_a_lock_that_another_process_keeps(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("runtime.store.sqlite.database.BUSY_SECONDS", 0.1)
        database = SqliteDatabase(tmp_path / "relive.db")
        documents = SqliteDocuments(database)
        documents.insert(BOOKS, [{"Id": "a"}])
        with contextlib.closing(sqlite3.connect(tmp_path / "relive.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailableError, match="another process"):
                documents.insert(BOOKS, [{"Id": "b"}])
            assert ids(documents, BOOKS) == "a"
            other.execute("ROLLBACK")
        documents.insert(BOOKS, [{"Id": "b"}])
        assert ids(documents, BOOKS) == "ab"
        database.close()

    def test_a_folder_that_cannot_be_written_to(self, tmp_path: Path) -> None:
        with not_writable(tmp_path), pytest.raises(StoreUnavailableError, match=r"relive\.db cannot be made.*denied"):
            SqliteDatabase(tmp_path / "relive.db")

    def test_a_damaged_file(self, tmp_path: Path) -> None:
        path = tmp_path / "relive.db"
        database = SqliteDatabase(path)
        SqliteDocuments(database).insert(BOOKS, [{"Id": str(n), "Text": "x" * 3000} for n in range(100)])
        database.close()
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.seek(size // 4)
            file.write(bytes(size // 2))
        database = SqliteDatabase(path)
        with pytest.raises(StoreUnavailableError, match="is damaged"):
            values(SqliteDocuments(database), BOOKS)
        database.close()

    def test_a_closed_database(self, tmp_path: Path) -> None:
        database = SqliteDatabase(tmp_path / "relive.db")
        documents = SqliteDocuments(database)
        database.close()
        for operation in (
            lambda: documents.get(BOOKS, "a"),
            lambda: list(documents.find(BOOKS, query(), in_time())),
            lambda: documents.count(BOOKS, Filter(And(())), in_time()),
            lambda: documents.insert(BOOKS, [{"Id": "a"}]),
        ):
            with pytest.raises(StoreUnavailableError, match="is closed"):
                operation()


def test_what_is_large_is_not_held_in_memory(tmp_path: Path) -> None:
    """Each document is read when it is asked for: the first is there long before the last."""
    database = SqliteDatabase(tmp_path / "relive.db", durable=False)
    documents = SqliteDocuments(database)
    documents.insert(BOOKS, [{"Id": str(n), "Title": "x"} for n in range(100)])
    asked: list[Any] = []

    @dataclass(frozen=True)
    class Asked:
        def matches(self, document: Any) -> bool:
            asked.append(document)
            return True

    rows = documents.find(BOOKS, Query(Filter(Asked())), in_time())  # type: ignore[arg-type]
    next(rows)
    assert len(asked) <= 2
    rows.close()
    with pytest.raises(DocumentChangedError):
        documents.delete(BOOKS, [replace(found(documents, BOOKS)[0], version=-1)])
    database.close()
