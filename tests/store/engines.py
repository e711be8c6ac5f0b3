"""The engines that the contracts are held against, and a clock for them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from runtime.store.documents import Documents
from runtime.store.port import Store
from runtime.store.sqlite.database import SqliteDatabase
from runtime.store.sqlite.documents import SqliteDocuments
from runtime.store.sqlite.records import SqliteStore


class Clock:
    """A clock that moves when a test says so; seconds since the epoch."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


ENGINES: dict[str, Callable[[Path, Clock], Store]] = {
    "sqlite": lambda folder, clock: SqliteStore(folder / "relive.db", clock=clock),
    "sqlite-not-durable": lambda folder, clock: SqliteStore(folder / "relive.db", durable=False, clock=clock),
}


@contextmanager
def sqlite_documents(folder: Path) -> Iterator[Documents]:
    database = SqliteDatabase(folder / "relive.db", durable=False)
    try:
        yield SqliteDocuments(database)
    finally:
        database.close()


DOCUMENT_ENGINES: dict[str, Callable[[Path], AbstractContextManager[Documents]]] = {"sqlite": sqlite_documents}
