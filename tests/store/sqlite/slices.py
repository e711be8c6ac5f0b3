"""Indexes that are made slowly enough to look at them meanwhile."""

import contextlib
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from runtime.deadline import Deadline
from runtime.store.sqlite.indexes import SqliteIndexes


def one_document_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.store.sqlite.preparation.SLICE_SECONDS", 0)
    monkeypatch.setattr("runtime.store.sqlite.preparation.PAUSE_SECONDS", 0)


@dataclass(frozen=True)
class Looks(Deadline):
    """Passes when it was looked at so many times. To ask how long to wait for something is no look."""

    left: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, looks: int) -> "Looks":
        return cls(Deadline.after(60).expires_at, left=[looks])

    def remaining(self) -> float:
        return 0.0 if self.left[0] < 0 else 60.0

    @property
    def expired(self) -> bool:
        self.left[0] -= 1
        return self.left[0] < 0


def indexes_in(path: Path) -> SqliteIndexes:
    """Those of the only collection; none if nobody has used it."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        row = connection.execute("SELECT number, indexes FROM collections").fetchone()
    return SqliteIndexes.read(*row) if row else SqliteIndexes({})


def keep_history(path: Path) -> None:
    """Have the file note whatever becomes of the indexes, whoever changes them."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(
            "CREATE TABLE history (collection INTEGER, indexes TEXT);"
            "CREATE TRIGGER indexes_change AFTER UPDATE OF indexes ON collections WHEN old.indexes <> new.indexes"
            " BEGIN INSERT INTO history VALUES (new.number, new.indexes); END;"
        )


def history(path: Path) -> list[SqliteIndexes]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT collection, indexes FROM history ORDER BY rowid").fetchall()
    return [SqliteIndexes.read(*row) for row in rows]


def times_made(path: Path, field: str) -> int:
    """How often the index of a field was begun since its history is kept."""
    there = [field in indexes.by_field for indexes in history(path)]
    return sum(now and not before for before, now in zip([False, *there], there, strict=False))
