"""The storage port: records in partitions, in the shape that every engine can keep.

A partition holds the records of one kind for one app, such as `logs/bookstore`. Keys are unique in it and ordered by
their UTF-8 bytes. An engine may do more underneath, but nothing here promises a transaction over two records.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

PARTITION_BYTES = 2048
KEY_BYTES = 1024
"""Lengths of names in UTF-8: what DynamoDB takes as partition key and as sort key."""


@dataclass(frozen=True)
class Record:
    """One JSON object under a name.

    `version` is opaque: each write changes it, and no number comes back after a delete. `expires_at` is in seconds
    since the epoch; from then on the record does not exist for any reader.
    """

    partition: str
    key: str
    value: dict[str, Any]
    version: int
    expires_at: float | None = None


class StoreError(Exception):
    """What a store could not do; the message is for the operator."""


class RecordExistsError(StoreError):
    """An insert found a record under that key."""


class VersionConflictError(StoreError):
    """A replace did not find the record in the expected version: somebody else wrote or deleted it."""


class StoreUnavailableError(StoreError):
    """The engine does not work: no permission, disk full, not a store, held by another process for too long."""


class StoreBusyError(StoreUnavailableError):
    """The engine works, but others kept it locked for as long as there was time to wait."""


class TooLargeError(StoreError):
    """The engine cannot keep this as one item. `limit` and `size` are in bytes, as it counts; None: not told."""

    def __init__(self, limit: int, size: int | None = None) -> None:
        told = "" if size is None else f" It has {size:,}."
        super().__init__(f"An item of the store takes up to {limit:,} bytes.{told}")
        self.limit = limit
        self.size = size


class Store(Protocol):
    """Safe for use from many threads, and from several processes on the same data.

    Every operation may raise StoreUnavailableError, and ValueError for a name that is empty or too long. A value must
    be what JSON can say: TypeError or ValueError otherwise.
    """

    def get(self, partition: str, key: str) -> Record | None: ...

    def insert(self, partition: str, key: str, value: dict[str, Any], *, expires_at: float | None = None) -> Record:
        """Write a new record. Raises RecordExistsError."""
        ...

    def replace(
        self, partition: str, key: str, value: dict[str, Any], *, version: int, expires_at: float | None = None
    ) -> Record:
        """Write over the record that was read in this version. Raises VersionConflictError."""
        ...

    def put(self, partition: str, key: str, value: dict[str, Any], *, expires_at: float | None = None) -> Record:
        """Write, whether there is such a record or not."""
        ...

    def put_all(
        self, partition: str, values: Mapping[str, dict[str, Any]], *, expires_at: float | None = None
    ) -> Sequence[Record]:
        """Write values by their keys, as `put` does each of them, and faster. If it fails, some may be written."""
        ...

    def restore(self, records: Iterable[Record]) -> None:
        """Write records that were read, here or in another store, with their expiry; each gets another version.

        One that is there is written over. If it fails, some may be written.
        """
        ...

    def delete(self, partition: str, key: str, *, version: int | None = None) -> bool:
        """Delete the record, if `version` is given only in that version. False when there was nothing to delete."""
        ...

    def page(
        self, partition: str, *, after: str | None = None, limit: int = 100, descending: bool = False
    ) -> Sequence[Record]:
        """Up to `limit` records in the order of their keys, from the one that follows `after` (in that order) on.

        Fewer are all that there are.
        `after` need not exist (any more). The last key of a page is the `after` of the next one.
        """
        ...

    def trim(self, partition: str, keep: int) -> int:
        """Delete all but the `keep` records with the highest keys; the number of those deleted."""
        ...

    def partitions(self) -> Iterator[str]:
        """The names of the partitions that have records, in no order, each once.

        It may look at all that is stored: for copies and other rare things.
        """
        ...

    def close(self) -> None:
        """Let go of files and connections. No operation may follow; closing again does nothing."""
        ...


def check_names(partition: str, key: str | None = None) -> None:
    """Raises ValueError for a partition or key that an engine could not keep."""
    _check_length("partition", partition, PARTITION_BYTES)
    if key is not None:
        _check_length("key", key, KEY_BYTES)


def _check_length(what: str, name: str, limit: int) -> None:
    if not name:
        raise ValueError(f"A {what} cannot be empty.")
    if len(name.encode()) > limit:
        raise ValueError(f"A {what} is at most {limit} bytes long: {name[:40]}...")
