"""Which indexes a collection has, as its row in the table `collections` says."""

import json
import sqlite3
from dataclasses import asdict, dataclass

from runtime.store.documents import Collection
from runtime.store.indexes import Index, Indexes, wanted


@dataclass(frozen=True)
class SqliteIndexes(Indexes):
    """`collection` is the collection's number in the tables."""

    collection: int = 0

    @classmethod
    def read(cls, collection: int, text: str) -> "SqliteIndexes":
        indexes = [Index(**index) for index in json.loads(text)]
        return cls({index.field: index for index in indexes}, collection)

    def as_text(self) -> str:
        return json.dumps([asdict(index) for index in self], separators=(",", ":"))

    def begun(self, collection: Collection) -> "SqliteIndexes":
        """The same, and those that the collection asks for and that are not there, with no entries yet."""
        last = max((index.number for index in self), default=0)
        fields = [field for field in wanted(collection) if field not in self.by_field]
        return self.having(*(Index(field, number, reached=0) for number, field in enumerate(fields, last + 1)))


def row_of(connection: sqlite3.Connection, collection: Collection) -> tuple[int, str] | None:
    """The number of a collection and the text of its indexes; None for one that nobody has used."""
    row: tuple[int, str] | None = connection.execute(
        "SELECT number, indexes FROM collections WHERE app = ? AND type = ?", (collection.app, collection.type)
    ).fetchone()
    return row
