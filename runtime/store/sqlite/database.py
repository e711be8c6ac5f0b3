"""One SQLite file: its connections, its transactions and what they fail with."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.store.port import StoreUnavailableError
from runtime.store.sqlite.callbacks import Callbacks
from runtime.store.sqlite.schema import APPLICATION_ID, SCHEMA_VERSION, bring_up_to_date, version_of

BUSY_SECONDS = 5.0

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


class Connection(sqlite3.Connection):
    """A connection with the functions that queries call."""

    callbacks: Callbacks


class SqliteDatabase:
    """The file at `path`, which is made with missing folders, readable for their owner only.

    With `durable`, a write that returned survives a power cut, for a few milliseconds each; without, it survives the
    death of every process, but the last seconds may be lost with the power. The file is whole either way.

    An operation borrows a connection from a pool that grows with the number of threads at work, so that a reader never
    waits for a writer (WAL) and no connection depends on the life of a thread. Writers of one process queue on a lock,
    which is fair and immediate; SQLite's own lock, which is polled, is left to decide between processes.

    Raises StoreUnavailableError when the file cannot be opened or is something else.
    """

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        self.path = path
        self._synchronous = "FULL" if durable else "NORMAL"
        self._idle: list[Connection] = []
        self._pool_lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._closed = False
        self._create_file()
        with self.connection() as connection:
            self._prepare(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees the file as it is now, whatever is written in the meantime."""
        with self.connection() as connection:
            connection.execute("BEGIN")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction, the only one that writes. An exception takes back all that was done."""
        with self._write_lock, self.connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection for this operation alone; it goes back to the pool unless it failed."""
        connection = self._borrowed()
        try:
            yield connection
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.DatabaseError as error:
            connection.close()
            raise self._unavailable(error) from error
        except BaseException:
            self._undo(connection)
            raise
        self._give_back(connection)

    def close(self) -> None:
        """Let go of files and connections. No operation may follow; closing again does nothing."""
        with self._pool_lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _borrowed(self) -> Connection:
        with self._pool_lock:
            if self._closed:
                raise StoreUnavailableError(f"{self.path} is closed.")
            if self._idle:
                return self._idle.pop()
        try:
            return self._connect()
        except sqlite3.DatabaseError as error:
            raise self._unavailable(error) from error

    def _give_back(self, connection: Connection) -> None:
        with self._pool_lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _undo(self, connection: Connection) -> None:
        """What used the connection failed, but not the connection itself."""
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            connection.close()
        else:
            self._give_back(connection)

    def _connect(self) -> Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=128,
            factory=Connection,
        )
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        connection.callbacks = Callbacks(connection)
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

    def _prepare(self, connection: Connection) -> None:
        """Make the tables that are missing; check first that the file is ours, and not from a later version."""
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        (application_id,) = connection.execute("PRAGMA application_id").fetchone()
        version = version_of(connection)
        if tables and application_id != APPLICATION_ID:
            raise StoreUnavailableError(f"{self.path} is the database of another program.")
        if version > SCHEMA_VERSION:
            raise StoreUnavailableError(f"{self.path} was written by a later version of Relive.")
        if version < SCHEMA_VERSION:
            self._enter_wal(connection)
            bring_up_to_date(connection)

    def _enter_wal(self, connection: Connection) -> None:
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
