"""The embedded engine: one SQLite file."""

import json
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runtime.store.port import (
    Record,
    RecordExistsError,
    StoreUnavailableError,
    VersionConflictError,
    check_names,
)

SCHEMA_VERSION = 1
APPLICATION_ID = 0x52454C56
"""Marks the file as ours ("RELV"), so that no other program's database is written to."""

BUSY_SECONDS = 5.0
SWEEP_SECONDS = 60.0
SWEEP_RECORDS = 1000

# An ordinary rowid table: its primary key is a small index of its own, so that `trim` stays cheap however large the
# values are.
SCHEMA = """
CREATE TABLE records (
  partition TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, version INTEGER NOT NULL, expires_at REAL,
  PRIMARY KEY (partition, key)
);
CREATE INDEX records_by_expiry ON records (expires_at) WHERE expires_at IS NOT NULL;
"""

EXPLANATIONS = {
    sqlite3.SQLITE_BUSY: f"is in use by another process and stayed locked for {BUSY_SECONDS:g} seconds",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check that the folder can be written to",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full",
    sqlite3.SQLITE_IOERR: "cannot be read or written",
    sqlite3.SQLITE_NOTADB: "is not a database",
    sqlite3.SQLITE_PERM: "cannot be opened: permission denied",
    sqlite3.SQLITE_READONLY: "cannot be written to",
}


class SqliteStore:
    """A Store in one file at `path`; the file and missing folders are made, readable for their owner only.

    With `durable`, a write that returned survives a power cut, for a few milliseconds each; without, it survives the
    death of every process, but the last seconds may be lost with the power. The file is whole either way.

    An operation borrows a connection from a pool that grows with the number of threads at work, so that a reader never
    waits for a writer (WAL) and no connection depends on the life of a thread. Writers of one process queue on a lock,
    which is fair and immediate; SQLite's own lock, which is polled, is left to decide between processes.

    Raises StoreUnavailableError when the file cannot be opened or is something else.
    """

    def __init__(self, path: Path, *, durable: bool = True, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._synchronous = "FULL" if durable else "NORMAL"
        self._idle: list[sqlite3.Connection] = []
        self._pool_lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._closed = False
        self._swept_at = 0.0
        self._create_file()
        with self._connection() as connection:
            self._prepare(connection)

    def get(self, partition: str, key: str) -> Record | None:
        check_names(partition, key)
        with self._connection() as connection:
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
        with self._connection() as connection:
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

    def close(self) -> None:
        with self._pool_lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _upsert(
        self, partition: str, key: str, value: dict[str, Any], expires_at: float | None, condition: str
    ) -> Record | None:
        check_names(partition, key)
        record = Record(partition, key, value, _new_version(), expires_at)
        text = _to_json(value)
        with self._writing() as connection:
            written = connection.execute(
                "INSERT INTO records (partition, key, value, version, expires_at)"
                " VALUES (:partition, :key, :value, :version, :expires_at)"
                " ON CONFLICT (partition, key) DO UPDATE SET value = excluded.value, version = excluded.version,"
                f" expires_at = excluded.expires_at {condition}",
                {
                    "partition": partition,
                    "key": key,
                    "value": text,
                    "version": record.version,
                    "expires_at": expires_at,
                    "now": self._clock(),
                },
            ).rowcount
        return record if written else None

    def _sweep(self, connection: sqlite3.Connection) -> None:
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
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._write_lock, self._connection() as connection:
            self._sweep(connection)
            yield connection

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection for this operation alone; it goes back to the pool unless it failed."""
        with self._pool_lock:
            if self._closed:
                raise StoreUnavailableError(f"{self.path} is closed.")
            connection = self._idle.pop() if self._idle else None
        try:
            connection = connection or self._connect()
            yield connection
        except sqlite3.DatabaseError as error:
            if connection:
                connection.close()
            raise self._unavailable(error) from error
        except BaseException:
            if connection:
                connection.close()
            raise
        with self._pool_lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=32
        )
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        return connection

    def _create_file(self) -> None:
        # A file that exists is not opened here: to close it again would drop the locks that other connections of this
        # process have on it (POSIX).
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            if not os.access(self.path, os.R_OK | os.W_OK, effective_ids=os.access in os.supports_effective_ids):
                raise StoreUnavailableError(f"{self.path} cannot be opened for writing: Permission denied.") from None
        except OSError as error:
            raise StoreUnavailableError(f"{self.path} cannot be made: {error.strerror or error}.") from error

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Make the tables of a new file; check first that an old one is ours, and not from a later version."""
        if not self._has_tables(connection):
            self._enter_wal(connection)
            connection.execute("BEGIN IMMEDIATE")
            if not self._has_tables(connection):
                for statement in SCHEMA.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.execute("COMMIT")

    def _has_tables(self, connection: sqlite3.Connection) -> bool:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        (application_id,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if tables and application_id != APPLICATION_ID:
            raise StoreUnavailableError(f"{self.path} is the database of another program.")
        if version > SCHEMA_VERSION:
            raise StoreUnavailableError(f"{self.path} was written by a later version of Relive.")
        return bool(tables)

    def _enter_wal(self, connection: sqlite3.Connection) -> None:
        # SQLite does not wait for a lock here: two processes that open a new file together would fail at once.
        give_up_at = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                    raise
                time.sleep(0.01)

    def _unavailable(self, error: sqlite3.DatabaseError) -> StoreUnavailableError:
        # Extended result codes keep the primary one in their lowest byte.
        explanation = EXPLANATIONS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        return StoreUnavailableError(f"{self.path} {explanation or 'failed'} ({error}).")


def _new_version() -> int:
    # Random, so that a record deleted and made again never shows a version that somebody still holds.
    return secrets.randbits(53)


def _to_json(value: dict[str, Any]) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def _record(partition: str, row: tuple[str, str, int, float | None]) -> Record:
    key, text, version, expires_at = row
    return Record(partition, key, json.loads(text), version, expires_at)
