"""The engine that keeps everything of a deployment: DynamoDB where the settings name a table, else SQLite."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from runtime.settings import Settings
from runtime.store.documents import Documents
from runtime.store.port import Store

RECORD_SECONDS = 1.0
"""How long the file waits for records of what has happened in a call: its time-out, its log."""

TABLE_RECORD_SECONDS = 5.0
"""The same for a table, where the first request needs a connection, and credentials."""


@dataclass(frozen=True)
class Engine:
    """`logs` is for records that may be lost when the power fails, where that makes them quicker to write.

    `warm_up` does ahead what the first request would wait for. What goes wrong in it is told by that request.
    """

    records: Store
    logs: Store
    documents: Documents
    close: Callable[[], None]
    warm_up: Callable[[], None] = lambda: None


def database(data: Path) -> Path:
    """Where SQLite keeps its file inside the data folder."""
    return data / "relive.sqlite"


def open_engine(settings: Settings) -> Engine:
    """Whoever opens it closes it. Raises StoreUnavailableError for a data folder that cannot be used."""
    return _table(settings.table) if settings.table else _file(database(settings.data))


# Each engine is imported where it is chosen: in Lambda, imports are paid for at each cold start.


def _file(file: Path) -> Engine:
    from runtime.store.sqlite.documents import SqliteDocuments
    from runtime.store.sqlite.records import SqliteStore

    records = SqliteStore(file, patience=RECORD_SECONDS)
    logs = SqliteStore(file, durable=False, patience=RECORD_SECONDS)

    def close() -> None:
        records.close()
        logs.close()

    return Engine(records, logs, SqliteDocuments(records.database), close)


def _table(name: str) -> Engine:
    from runtime.store.dynamodb.client import LazyClient
    from runtime.store.dynamodb.documents import DynamoDocuments
    from runtime.store.dynamodb.records import DynamoStore
    from runtime.store.dynamodb.table import Table

    client = LazyClient()
    records = DynamoStore(Table(client, name, patience=TABLE_RECORD_SECONDS))

    def warm_up() -> None:
        with suppress(Exception):
            client()

    def close() -> None:
        records.close()
        client.close()

    return Engine(records, records, DynamoDocuments(Table(client, name)), close, warm_up)
