"""How indexes are made while others read and write."""

import contextlib
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import pytest

from runtime.store.documents import Collection, DuplicatesExistError
from runtime.store.sqlite.documents import SqliteDocuments
from tests.store.asking import counted, ids, in_time, query
from tests.store.books import get
from tests.store.sqlite.consistency import require_consistent
from tests.store.sqlite.preparing import NEW, OLD, UNIQUE, book, fill, program
from tests.store.sqlite.slices import history, indexes_in, keep_history, one_document_at_a_time, times_made


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
