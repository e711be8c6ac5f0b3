"""The engines that the contracts are held against, and a clock for them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from runtime.store.documents import Documents
from runtime.store.dynamodb.documents import DynamoDocuments
from runtime.store.dynamodb.records import DynamoStore
from runtime.store.port import Store
from runtime.store.sqlite.database import SqliteDatabase
from runtime.store.sqlite.documents import SqliteDocuments
from runtime.store.sqlite.records import SqliteStore
from tests.store.stand_ins.stand_in import stand_in


def marked(engines: Iterable[str]) -> list[Any]:
    """The engines as parameters of tests. Those that need a stand-in are slow."""
    return [pytest.param(name, marks=[pytest.mark.slow] if name.startswith("dynamodb") else []) for name in engines]


class Clock:
    """A clock that moves when a test says so; seconds since the epoch."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


ENGINES: dict[str, Callable[[Path, Clock], Store]] = {
    "sqlite": lambda folder, clock: SqliteStore(folder / "relive.db", clock=clock),
    "sqlite-not-durable": lambda folder, clock: SqliteStore(folder / "relive.db", durable=False, clock=clock),
    "dynamodb-ministack": lambda folder, clock: DynamoStore(stand_in("ministack").table(), clock=clock),
    "dynamodb-moto": lambda folder, clock: DynamoStore(stand_in("moto").table(), clock=clock),
}


MakeStore = Callable[[], Store]


def sharing(engine: str, folder: Path, clock: Clock) -> MakeStore:
    """Makes stores that share their data, as those of several processes do."""
    if engine == "sqlite":
        return lambda: SqliteStore(folder / "relive.db", durable=False, clock=clock)
    table = stand_in(engine.removeprefix("dynamodb-")).table()
    return lambda: DynamoStore(table, clock=clock)


SHARING = marked(["sqlite", "dynamodb-ministack", "dynamodb-moto"])


@contextmanager
def sqlite_documents(folder: Path) -> Iterator[Documents]:
    database = SqliteDatabase(folder / "relive.db", durable=False)
    try:
        yield SqliteDocuments(database)
    finally:
        database.close()


@contextmanager
def dynamodb_documents(name: str) -> Iterator[Documents]:
    """Documents in a new table of a stand-in, by a state of their collections that is read each time."""
    serving = stand_in(name)
    table = serving.table()
    try:
        yield DynamoDocuments(table, lease=0, settle=0)
    finally:
        table.close()
        serving.delete_table(table.name)


DOCUMENT_ENGINES: dict[str, Callable[[Path], AbstractContextManager[Documents]]] = {
    "sqlite": sqlite_documents,
    "dynamodb-ministack": lambda _: dynamodb_documents("ministack"),
    "dynamodb-moto": lambda _: dynamodb_documents("moto"),
}
