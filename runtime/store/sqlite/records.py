"""Records in SQLite."""

import json
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from runtime.deadline import Deadline
from runtime.store.port import Record, RecordExistsError, StoreBusyError, VersionConflictError, check_names
from runtime.store.sqlite.database import BUSY_SECONDS, Connection, SqliteDatabase

IMPATIENT_SECONDS = 10.0
"""How long no write waits for others once one has waited in vain."""

SWEEP_SECONDS = 60.0
SWEEP_RECORDS = 1000

UPSERT = (
    "INSERT INTO records (partition, key, value, version, expires_at)"
    " VALUES (:partition, :key, :value, :version, :expires_at)"
    " ON CONFLICT (partition, key) DO UPDATE SET value = excluded.value, version = excluded.version,"
    " expires_at = excluded.expires_at"
)


class SqliteStore:
    """A Store in a database file. Given the path, it opens the file itself, `durable` or not, and closes it again.

    A database that is shared with documents is closed by whoever opened it. A write waits for others up to `patience`
    seconds; while that is in vain, most do not wait at all. Raises StoreUnavailableError when the file cannot be opened
    or is something else.
    """

    def __init__(
        self,
        place: Path | SqliteDatabase,
        *,
        durable: bool = True,
        patience: float = BUSY_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._owns_database = isinstance(place, Path)
        self.database = SqliteDatabase(place, durable=durable) if isinstance(place, Path) else place
        self._patience = patience
        self._impatient_until = 0.0
        self._clock = clock
        self._swept_at = 0.0

    def get(self, partition: str, key: str) -> Record | None:
        check_names(partition, key)
        with self.database.connection() as connection:
            row = connection.execute(
                "SELECT key, value, version, expires_at FROM records WHERE partition = ? AND key = ?"
                " AND (expires_at IS NULL OR expires_at > ?)",
                (partition, key, self._clock()),
            ).fetchone()
        return _record(partition, row) if row else None

    def insert(self, partition: str, key: str, value: dict[str, Any], *, expires_at: float | None = None) -> Record:
        # An expired record that nobody swept yet does not exist, so it may be written over.
        if not (record := self._upsert(partition, key, value, expires_at, "WHERE records.expires_at <= :now")):
            raise RecordExistsError(f"There is a record {key} in {partition}.")
        return record

    def put(self, partition: str, key: str, value: dict[str, Any], *, expires_at: float | None = None) -> Record:
        record = self._upsert(partition, key, value, expires_at, "")
        assert record, "an upsert without condition always writes"
        return record

    def put_all(
        self, partition: str, values: Mapping[str, dict[str, Any]], *, expires_at: float | None = None
    ) -> Sequence[Record]:
        for key in values:
            check_names(partition, key)
        records = [Record(partition, key, value, _new_version(), expires_at) for key, value in values.items()]
        self._write(records)
        return records

    def restore(self, records: Iterable[Record]) -> None:
        self._write([replace(record, version=_new_version()) for record in records])

    def replace(
        self, partition: str, key: str, value: dict[str, Any], *, version: int, expires_at: float | None = None
    ) -> Record:
        check_names(partition, key)
        record = Record(partition, key, value, _new_version(), expires_at)
        text = _to_json(value)
        with self._writing() as connection:
            written = connection.execute(
                "UPDATE records SET value = ?, version = ?, expires_at = ? WHERE partition = ? AND key = ?"
                " AND version = ? AND (expires_at IS NULL OR expires_at > ?)",
                (text, record.version, expires_at, partition, key, version, self._clock()),
            ).rowcount
        if not written:
            raise VersionConflictError(f"The record {key} in {partition} is not in the expected version any more.")
        return record

    def delete(self, partition: str, key: str, *, version: int | None = None) -> bool:
        check_names(partition, key)
        with self._writing() as connection:
            deleted = connection.execute(
                "DELETE FROM records WHERE partition = ? AND key = ? AND version = ifnull(?, version)"
                " AND (expires_at IS NULL OR expires_at > ?)",
                (partition, key, version, self._clock()),
            ).rowcount
        return deleted > 0

    def page(
        self, partition: str, *, after: str | None = None, limit: int = 100, descending: bool = False
    ) -> Sequence[Record]:
        check_names(partition)
        comparison, order = ("<", "DESC") if descending else (">", "ASC")
        bound = "" if after is None else f"AND key {comparison} :after"
        with self.database.connection() as connection:
            rows = connection.execute(
                f"SELECT key, value, version, expires_at FROM records WHERE partition = :partition {bound}"
                f" AND (expires_at IS NULL OR expires_at > :now) ORDER BY key {order} LIMIT :limit",
                {"partition": partition, "after": after, "now": self._clock(), "limit": max(0, limit)},
            ).fetchall()
        return [_record(partition, row) for row in rows]

    def trim(self, partition: str, keep: int) -> int:
        check_names(partition)
        with self._writing() as connection:
            # Without the expired ones, the record to cut at is found in the index alone.
            expired = (partition, self._clock())
            connection.execute("DELETE FROM records WHERE partition = ? AND expires_at <= ?", expired)
            return connection.execute(
                "DELETE FROM records WHERE partition = :partition AND key <="
                " (SELECT key FROM records WHERE partition = :partition ORDER BY key DESC LIMIT 1 OFFSET :keep)",
                {"partition": partition, "keep": max(0, keep)},
            ).rowcount

    def partitions(self) -> Iterator[str]:
        after = ""
        while True:
            with self.database.connection() as connection:
                row = connection.execute(
                    "SELECT partition FROM records WHERE partition > ? AND (expires_at IS NULL OR expires_at > ?)"
                    " ORDER BY partition LIMIT 1",
                    (after, self._clock()),
                ).fetchone()
            if row is None:
                return
            (after,) = row
            yield after

    def close(self) -> None:
        if self._owns_database:
            self.database.close()

    def _write(self, records: Sequence[Record]) -> None:
        rows = [self._row(record) for record in records]
        with self._writing() as connection:
            connection.executemany(UPSERT, rows)

    def _upsert(
        self, partition: str, key: str, value: dict[str, Any], expires_at: float | None, condition: str
    ) -> Record | None:
        check_names(partition, key)
        record = Record(partition, key, value, _new_version(), expires_at)
        row = self._row(record)
        with self._writing() as connection:
            written = connection.execute(f"{UPSERT} {condition}", row).rowcount
        return record if written else None

    def _row(self, record: Record) -> dict[str, Any]:
        return {**vars(record), "value": _to_json(record.value), "now": self._clock()}

    def _sweep(self, connection: Connection) -> None:
        """Remove expired records now and then, a bounded number at a time: no single write pays for them all."""
        now = self._clock()
        if 0 <= now - self._swept_at < SWEEP_SECONDS:
            return
        removed = connection.execute(
            "DELETE FROM records WHERE rowid IN (SELECT rowid FROM records WHERE expires_at <= ? LIMIT ?)",
            (now, SWEEP_RECORDS),
        ).rowcount
        if removed < SWEEP_RECORDS:
            self._swept_at = now

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        hopeless = time.monotonic() < self._impatient_until
        try:
            with self.database.writing(Deadline.after(0 if hopeless else self._patience)) as connection:
                self._impatient_until = 0
                self._sweep(connection)
                yield connection
        except StoreBusyError:
            if not hopeless:
                self._impatient_until = time.monotonic() + IMPATIENT_SECONDS
            raise


def _new_version() -> int:
    # Random, so that a record deleted and made again never shows a version that somebody still holds.
    return secrets.randbits(53)


def _to_json(value: dict[str, Any]) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def _record(partition: str, row: tuple[str, str, int, float | None]) -> Record:
    key, text, version, expires_at = row
    return Record(partition, key, json.loads(text), version, expires_at)
