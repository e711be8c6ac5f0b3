"""One SQLite file: its connections, its transactions and what they fail with."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.deadline import Deadline
from runtime.store.documents import NEVER
from runtime.store.port import StoreBusyError, StoreUnavailableError
from runtime.store.sqlite.callbacks import Callbacks
from runtime.store.sqlite.schema import APPLICATION_ID, SCHEMA_VERSION, bring_up_to_date, version_of
from runtime.threads import about_to_wait

BUSY_SECONDS = 5.0
"""How long to wait at most for a lock that another process has."""

WAL_BYTES = 16 * 1024 * 1024
"""What is left of the write-ahead log once it has been copied into the file, however much larger it has grown."""

EXPLANATIONS = {
    sqlite3.SQLITE_BUSY: "is in use by another process and stayed locked for too long",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check that the folder can be written to",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full",
    sqlite3.SQLITE_IOERR: "cannot be read or written",
    sqlite3.SQLITE_NOTADB: "is not a database",
    sqlite3.SQLITE_PERM: "cannot be opened: permission denied",
    sqlite3.SQLITE_READONLY: "cannot be written to",
}


class Connection(sqlite3.Connection):
    """A connection with the functions that queries call. `writable` is whether the file was when it was opened."""

    callbacks: Callbacks
    writable = True
    _patience_ms = round(BUSY_SECONDS * 1000)

    def wait_at_most(self, seconds: float) -> None:
        """How long to wait from now on for a lock that another process has."""
        milliseconds = round(seconds * 1000)
        if milliseconds != self._patience_ms:
            self.execute(f"PRAGMA busy_timeout = {milliseconds}")
            self._patience_ms = milliseconds


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
    def reading(self, deadline: Deadline = NEVER) -> Iterator[Connection]:
        """A connection that sees the file as it is now, whatever is written in the meantime."""
        with self.connection(deadline) as connection:
            connection.execute("BEGIN")
            yield connection

    @contextmanager
    def writing(self, deadline: Deadline = NEVER) -> Iterator[Connection]:
        """A transaction, the only one that writes. An exception takes back all that was done."""
        about_to_wait()  # for its turn, and for the disk
        with self._turn_to_write(deadline), self.connection(deadline) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def connection(self, deadline: Deadline = NEVER) -> Iterator[Connection]:
        """A connection for this operation alone; it goes back to the pool unless it failed.

        It waits for locks of other processes until the deadline, and not for longer than `BUSY_SECONDS`.
        """
        connection = self._borrowed()
        try:
            connection.wait_at_most(min(BUSY_SECONDS, deadline.remaining()))
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

    @contextmanager
    def _turn_to_write(self, deadline: Deadline) -> Iterator[None]:
        if not self._write_lock.acquire(timeout=min(deadline.remaining(), threading.TIMEOUT_MAX)):
            raise StoreBusyError(f"{self.path} was written to by others for too long.")
        try:
            yield
        finally:
            self._write_lock.release()

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
        """One that was opened while the file could only be read is not kept.

        It would never notice that the file can be written to again, nor would any other connection of this process as
        long as it is there: they share what SQLite has mapped of the file's index (sqlite.org/wal.html, section 5).
        """
        with self._pool_lock:
            if not self._closed and connection.writable:
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
        could_write = self._may_write()
        connection = sqlite3.connect(
            self.path,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=128,
            factory=Connection,
        )
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
        connection.callbacks = Callbacks(connection)
        # Opens the other files as well. Each is opened for reading alone while nothing can be written, and stays so.
        connection.execute("PRAGMA user_version").fetchone()
        connection.writable = could_write and self._may_write()
        return connection

    def _may_write(self) -> bool:
        return os.access(self.path, os.R_OK | os.W_OK, effective_ids=os.access in os.supports_effective_ids)

    def _create_file(self) -> None:
        # A file that exists is not opened here: to close it again would drop the locks that other connections of this
        # process have on it (POSIX).
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            if not self._may_write():
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
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        kind = StoreBusyError if code == sqlite3.SQLITE_BUSY else StoreUnavailableError
        return kind(f"{self.path} {EXPLANATIONS.get(code, 'failed')} ({error}).")
