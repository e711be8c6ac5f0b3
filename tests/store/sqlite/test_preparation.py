"""How indexes are made while others read and write, and what becomes of them when that ends early."""

import contextlib
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from runtime.errors import ReliveError
from runtime.store.documents import Collection, DuplicatesExistError, DuplicateValueError
from runtime.store.sqlite.database import SqliteDatabase
from runtime.store.sqlite.documents import SqliteDocuments
from tests.store.asking import counted, found, ids, in_time, query, values
from tests.store.books import get
from tests.store.sqlite.consistency import require_consistent
from tests.store.sqlite.slices import Looks, history, indexes_in, keep_history, one_document_at_a_time, times_made

OLD = Collection("shop", "Book", indexed=("Title",))
NEW = Collection("shop", "Book", indexed=("Title", "Year", "Tags", "Rank"))
UNIQUE = Collection("shop", "Book", unique=("Rank",), indexed=("Title",))
PREPARING = Path(__file__).with_name("crash_preparation.py")
PATIENCE = 30


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


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "relive.db"


@pytest.fixture
def documents(path: Path) -> Iterator[SqliteDocuments]:
    with program(path) as documents:
        yield documents


class TestDeadlines:
    """Each slice takes one document here, and before each the deadline is looked at once."""

    MANY = 8

    @pytest.fixture
    def documents(self, documents: SqliteDocuments, monkeypatch: pytest.MonkeyPatch) -> SqliteDocuments:
        fill(documents, self.MANY)
        one_document_at_a_time(monkeypatch)
        return documents

    @pytest.fixture
    def half_made(self, documents: SqliteDocuments) -> SqliteDocuments:
        with pytest.raises(ReliveError) as error:
            list(documents.find(NEW, query(), Looks.of(4)))
        assert error.value.code == 650
        return documents

    @staticmethod
    def reached(path: Path) -> dict[str, int | None]:
        return {index.field: index.reached for index in indexes_in(path)}

    def test_what_is_made_until_then_is_kept(self, half_made: SqliteDocuments, path: Path) -> None:
        assert self.reached(path) == {"Title": None, "Year": 4, "Tags": 4, "Rank": 4}
        require_consistent(path)
        for _ in range(2):
            with pytest.raises(ReliveError):
                half_made.count(NEW, query().filter, Looks.of(2))
        assert self.reached(path) == {"Title": None, "Year": 8, "Tags": 8, "Rank": 8}
        assert ids(half_made, NEW, {"Rank": {"$gte": 5}}, {"Rank": -1}) == "000700060005"
        assert set(self.reached(path).values()) == {None}
        require_consistent(path)

    def test_one_that_has_passed_makes_nothing(self, documents: SqliteDocuments, path: Path) -> None:
        with pytest.raises(ReliveError):
            documents.count(NEW, query().filter, Looks.of(0))
        assert self.reached(path) == {"Title": None}

    def test_others_go_on_meanwhile(self, half_made: SqliteDocuments, path: Path) -> None:
        documents = half_made
        assert ids(documents, OLD, {"Year": {"$gte": 1902}, "Tags": 2}, {"Rank": -1}) == "00050002"
        for id in ("0001", "0006"):  # of these two, one is in the new indexes already
            changed = {"Id": id, "Title": "y", "Year": 1, "Tags": "z", "Rank": 2.5}
            documents.replace(OLD, [replace(get(documents, OLD, id), value=changed)])
            require_consistent(path)
        documents.delete(OLD, [get(documents, OLD, "0000"), get(documents, OLD, "0007")])
        documents.insert(OLD, [{"Id": "0008", "Year": 1, "Tags": []}])
        require_consistent(path)
        assert self.reached(path)["Year"] == 4
        assert ids(documents, NEW, {"Year": 1}) == "000100060008"
        assert ids(documents, NEW, {"Rank": {"$lt": 5}}, {"Rank": 1}) == "0002000100060003" + "0004"
        assert ids(documents, NEW, {"Tags": "z"}) == "00010006"
        require_consistent(path)

    def test_two_programs_make_it_together(self, half_made: SqliteDocuments, path: Path) -> None:
        with program(path) as other:
            with pytest.raises(ReliveError):
                other.count(NEW, query().filter, Looks.of(2))
            assert self.reached(path)["Year"] == 6
            assert counted(half_made, NEW, {"Year": {"$gt": 0}}) == self.MANY

    def test_another_definition_joins(self, half_made: SqliteDocuments, path: Path) -> None:
        other = Collection("shop", "Book", indexed=("Year", "Id"))
        with pytest.raises(ReliveError):
            half_made.count(other, query().filter, Looks.of(3))
        assert self.reached(path) == {"Title": None, "Year": 4, "Tags": 4, "Rank": 4, "Id": 3}
        assert counted(half_made, other, {"Year": {"$gt": 0}}) == self.MANY
        assert self.reached(path) == {"Title": None, "Year": None, "Tags": 4, "Rank": 4, "Id": None}
        assert counted(half_made, NEW, {"Rank": {"$gte": 0}}) == self.MANY
        require_consistent(path)

    def test_duplicates_are_found_beyond_what_is_made(self, half_made: SqliteDocuments) -> None:
        assert half_made.duplicates(UNIQUE) is None
        half_made.replace(OLD, [replace(get(half_made, OLD, "0006"), value={"Id": "0006", "Rank": 7})])
        assert half_made.duplicates(UNIQUE) == ("Rank", 7)

    def test_one_that_nobody_wants_any_more_is_dropped(self, half_made: SqliteDocuments, path: Path) -> None:
        half_made.prepare(OLD)
        assert self.reached(path) == {"Title": None}
        require_consistent(path)

    @pytest.mark.parametrize("looks", range(2 * MANY))
    def test_an_insert_is_written_in_time_or_not_at_all(
        self, documents: SqliteDocuments, path: Path, looks: int
    ) -> None:
        try:
            documents.insert(UNIQUE, [book(self.MANY)], Looks.of(looks))
        except ReliveError:
            assert counted(documents, OLD) == self.MANY
        else:
            assert looks > self.MANY
            assert counted(documents, OLD) == self.MANY + 1
            assert indexes_in(path).by_field["Rank"].unique
        require_consistent(path)
        with pytest.raises(DuplicateValueError):
            documents.insert(UNIQUE, [{"Id": "x", "Rank": 1}])


@pytest.mark.parametrize("many", [3, 300])
def test_what_is_new_is_made_by_one_write(documents: SqliteDocuments, path: Path, many: int) -> None:
    """Slices are for those that have much to do."""
    fill(documents, many)
    keep_history(path)
    documents.prepare(NEW)
    (after,) = history(path)
    assert after.serve(NEW)
    documents.prepare(NEW)
    documents.prepare(OLD)
    assert [indexes.serve(NEW) for indexes in history(path)] == [True, False]
    assert list(indexes_in(path).by_field) == ["Title"]


def test_an_index_may_be_dropped_in_slices(
    documents: SqliteDocuments, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(documents, 10, NEW)
    one_document_at_a_time(monkeypatch)
    keep_history(path)
    documents.prepare(OLD)
    assert [len(indexes.by_field) for indexes in history(path)] == [3, 2, 1]
    require_consistent(path)


class TestWhileItIsMade:
    """A bulk update with the definition of before, and another one that is applied and read meanwhile."""

    MANY = 3000

    @pytest.fixture
    def documents(self, documents: SqliteDocuments, path: Path, monkeypatch: pytest.MonkeyPatch) -> SqliteDocuments:
        fill(documents, self.MANY)
        monkeypatch.setattr("runtime.store.sqlite.preparation.SLICE_SECONDS", 0.01)
        monkeypatch.setattr("runtime.store.sqlite.preparation.PAUSE_SECONDS", 0.005)
        keep_history(path)
        return documents

    @staticmethod
    def update(documents: SqliteDocuments, definition: Collection) -> Iterator[int]:
        """Batch by batch, from one search, as an operation on several items does it."""
        matching = documents.find(definition, query({"Title": {"$regex": "^Title"}}), in_time())
        while batch := list(islice(matching, 100)):
            changed = [replace(each, value={**each.value, "Year": each.value["Year"] + 1}) for each in batch]
            documents.replace(definition, changed)
            yield len(batch)

    @pytest.mark.parametrize("programs", ["one program", "two programs"])
    def test_no_index_is_made_twice(self, documents: SqliteDocuments, path: Path, programs: str) -> None:
        with program(path) as another, ThreadPoolExecutor(1) as thread:
            old = documents if programs == "one program" else another
            updated = self.update(old, OLD)
            done = next(updated)
            applied = thread.submit(documents.prepare, NEW)
            for batch in updated:
                done += batch
                assert counted(documents, NEW, {"Rank": 5}) == 1
                assert counted(old, OLD, {"Title": "Title 1"}) == len(range(1, self.MANY, 7))
            applied.result()
        assert done == self.MANY
        assert counted(documents, NEW, {"Year": {"$gt": 1900}}) == self.MANY
        assert [times_made(path, field) for field in ("Year", "Tags", "Rank")] == [1, 1, 1]
        require_consistent(path)

    def test_no_index_comes_back(self, documents: SqliteDocuments, path: Path) -> None:
        before = Collection("shop", "Book", unique=("Rank",), indexed=("Title", "Year"))
        documents.prepare(before)
        updated = self.update(documents, before)
        next(updated)
        documents.prepare(OLD)
        documents.insert(OLD, [{"Id": "x", "Rank": 2999}])
        assert sum(updated) == self.MANY - 100
        assert list(indexes_in(path).by_field) == ["Title"]
        assert [times_made(path, field) for field in ("Year", "Rank")] == [1, 1]
        # To search takes indexes, but not that their fields are unique.
        assert counted(documents, before, {"Rank": 2999}) == 2
        assert not indexes_in(path).by_field["Rank"].unique
        documents.insert(OLD, [{"Id": "y", "Rank": 2999}])

    def test_two_programs_that_want_different_indexes_settle(self, documents: SqliteDocuments, path: Path) -> None:
        mine, others = (Collection("shop", "Book", indexed=("Title", field)) for field in ("Year", "Rank"))
        with program(path) as another:
            documents.prepare(mine)
            another.prepare(others)
            for _ in range(5):
                assert counted(documents, mine, {"Year": 1905}) == self.MANY // 100
                assert counted(another, others, {"Rank": 5}) == 1
                documents.replace(mine, [get(documents, mine, "0001")])
                another.replace(others, [get(another, others, "0002")])
        assert (times_made(path, "Year"), times_made(path, "Rank")) == (2, 1)


def test_others_write_in_the_pauses(documents: SqliteDocuments, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of this program, and those of another one, which have to look for the lock themselves."""
    fill(documents, 10)
    one_document_at_a_time(monkeypatch)
    written: list[str] = []
    with program(path) as another:

        def write(_seconds: float) -> None:
            for writer in (documents, another) if len(written) < 10 else ():
                written.append(f"x{len(written)}")
                writer.insert(OLD, [{**book(5), "Id": written[-1], "Tags": written}])
                require_consistent(path)

        monkeypatch.setattr("runtime.store.sqlite.preparation.time", SimpleNamespace(sleep=write))
        documents.prepare(NEW)
    assert len(written) == 10
    assert ids(documents, NEW, {"Tags": "x0"}) == "".join(written)
    assert counted(documents, NEW, {"Rank": 5}) == 11
    require_consistent(path)


class TestDuplicates:
    @pytest.mark.parametrize("rank", [0, 1999], ids=["at once", "at the end"])
    def test_what_cannot_be_unique_keeps_nobody_from_writing(
        self, documents: SqliteDocuments, path: Path, monkeypatch: pytest.MonkeyPatch, rank: int
    ) -> None:
        fill(documents, 2000)
        monkeypatch.setattr("runtime.store.sqlite.preparation.SLICE_SECONDS", 0.005)
        documents.insert(OLD, [{"Id": "x", "Rank": rank}])
        for operation in (lambda: documents.prepare(UNIQUE), lambda: counted(documents, UNIQUE)):
            with pytest.raises(DuplicatesExistError) as error:
                operation()
            assert (error.value.field, error.value.value) == ("Rank", rank)
        keep_history(path)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(DuplicatesExistError):
                counted(documents, UNIQUE)
        with pytest.raises(DuplicatesExistError):
            documents.insert(UNIQUE, [{"Id": "y"}])
        documents.insert(OLD, [{"Id": "z", "Rank": rank}])
        assert history(path) == []
        documents.delete(OLD, [get(documents, OLD, "x"), get(documents, OLD, "z")])
        documents.insert(UNIQUE, [{"Id": "y"}])
        assert [indexes.by_field["Rank"].unique for indexes in history(path)] == [True]
        require_consistent(path)

    @pytest.mark.parametrize("before", [Collection("shop", "Book"), NEW], ids=["without an index", "with an index"])
    def test_to_look_for_them_changes_nothing(self, documents: SqliteDocuments, path: Path, before: Collection) -> None:
        fill(documents, 10, before)
        documents.insert(before, [{"Id": "x", "Rank": 5}])
        unchanged = path.read_bytes(), path.with_name("relive.db-wal").read_bytes()
        assert documents.duplicates(UNIQUE) == ("Rank", 5)
        assert documents.duplicates(Collection("shop", "Book", unique=("Id",), indexed=("Pages",))) is None
        assert documents.duplicates(Collection("shop", "Shelf", unique=("Id",))) is None
        assert (path.read_bytes(), path.with_name("relive.db-wal").read_bytes()) == unchanged


def test_a_program_that_is_killed_meanwhile(documents: SqliteDocuments, path: Path) -> None:
    fill(documents, 200)
    process = subprocess.Popen(
        [sys.executable, str(PREPARING), str(path)],
        cwd=PREPARING.parents[3],
        env={"PYTHONPATH": str(PREPARING.parents[3])},
    )
    try:
        give_up_at = time.monotonic() + PATIENCE
        while (index := indexes_in(path).by_field.get("Rank")) is None or not index.reached:
            assert time.monotonic() < give_up_at
            assert process.poll() is None
    finally:
        process.kill()
        process.wait()
    half_made = indexes_in(path).by_field["Rank"]
    assert half_made.reached is not None
    assert len(require_consistent(path)) == 200
    documents.insert(OLD, [{"Id": "x", "Rank": 199.5}])
    documents.delete(OLD, [get(documents, OLD, "0000")])
    keep_history(path)
    assert values(documents, UNIQUE, {"Rank": {"$gt": 198}}, {"Rank": -1}) == [{"Id": "x", "Rank": 199.5}, book(199)]
    assert times_made(path, "Rank") == 1
    assert all((index.reached or 1000) >= half_made.reached for step in history(path) for index in step)
    assert len(found(documents, UNIQUE)) == 200
    require_consistent(path)
