"""What becomes of indexes whose making ends early, and who makes the rest of them."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.errors import ReliveError
from runtime.store.documents import Collection, DuplicateValueError
from runtime.store.sqlite.documents import SqliteDocuments
from tests.store.asking import counted, found, ids, query, values
from tests.store.books import get
from tests.store.sqlite.consistency import require_consistent
from tests.store.sqlite.preparing import NEW, OLD, UNIQUE, book, fill, program
from tests.store.sqlite.slices import Looks, history, indexes_in, keep_history, one_document_at_a_time, times_made

PREPARING = Path(__file__).with_name("crash_preparation.py")
PATIENCE = 30


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
