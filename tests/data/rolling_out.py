"""Processes that roll out versions of an app on the same data, and what each of them did."""

import threading
from pathlib import Path
from typing import Any

from runtime.apps.app import App
from runtime.apps.definition import AppDefinition
from runtime.data.rollout import Rollout
from runtime.deadline import Deadline
from runtime.store.documents import NEVER, Collection, Documents
from runtime.store.dynamodb.documents import DynamoDocuments
from runtime.store.dynamodb.records import DynamoStore
from runtime.store.dynamodb.table import Table
from runtime.store.port import Record, Store
from runtime.store.sqlite.documents import SqliteDocuments
from runtime.store.sqlite.records import SqliteStore
from tests.store.engines import Clock


def make_app(*unique: str, title: str = "A shop", **types: dict[str, Any]) -> App:
    book = {"fields": {name: {"type": "text", "unique": name in unique} for name in ("Title", "Code")}}
    return App(
        AppDefinition.model_validate({"app": {"id": "shop", "title": title}, "types": {"Book": book, **types}}), {}
    )


class ObservedDocuments:
    """Notes what it is told to prepare for; waits in between, if it is told to, or fails."""

    def __init__(self, documents: Documents) -> None:
        self.documents = documents
        self.prepared: list[Collection] = []
        self.failure: Exception | None = None
        self.go = threading.Event()
        self.go.set()

    def prepare(self, collection: Collection) -> None:
        self.prepared.append(collection)
        assert self.go.wait(30)
        if self.failure:
            raise self.failure
        self.documents.prepare(collection)

    def insert(self, collection: Collection, values: list[dict[str, Any]]) -> None:
        self.documents.insert(collection, values)


class ObservedStore:
    def __init__(self, store: Store) -> None:
        self._store = store
        self.reads = 0

    def get(self, partition: str, key: str) -> Record | None:
        self.reads += 1
        return self._store.get(partition, key)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


Parts = tuple[Store, Documents]


def in_file(file: Path, clock: Clock) -> Parts:
    store = SqliteStore(file, durable=False, clock=clock)
    return store, SqliteDocuments(store.database)


def in_table(table: Table, clock: Clock) -> Parts:
    return DynamoStore(table, clock=clock), DynamoDocuments(table, lease=0, settle=0)


class Process:
    """What one process has, beside others on the same data."""

    def __init__(self, parts: Parts, clock: Clock, app: App, built: float = 100) -> None:
        store, documents = parts
        self.store: Any = ObservedStore(store)
        self.documents: Any = ObservedDocuments(documents)
        self.app = app
        self.rollout = Rollout(self.store, self.documents, clock)
        self.rollout.expect(app, built)

    def use(self, deadline: Deadline = NEVER) -> None:
        self.rollout.ensure(self.app, deadline)

    @property
    def collection(self) -> Collection:
        first: Collection = self.documents.prepared[0]
        return first
