"""The file, and the records in it."""

import contextlib
import multiprocessing
import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runtime.deadline import Deadline
from runtime.store.port import StoreBusyError, StoreUnavailableError, VersionConflictError
from runtime.store.sqlite.database import BUSY_SECONDS, WAL_BYTES, SqliteDatabase
from runtime.store.sqlite.records import SWEEP_SECONDS, SqliteStore
from runtime.store.sqlite.schema import APPLICATION_ID
from tests.store.engines import Clock


@contextlib.contextmanager
def not_writable(folder: Path) -> Iterator[None]:
    """Permissions bind nobody who is root, so such a test gives up its rights for a moment."""
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o700)


def test_file_and_folder_are_for_their_owner_alone(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "new" / "data" / "relive.db")
    store.put("secrets/a", "KEY", {"value": "x"})
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new" / "data").iterdir()}
    store.close()
    assert modes == {"relive.db": 0o600, "relive.db-wal": 0o600, "relive.db-shm": 0o600}
    assert stat.S_IMODE((tmp_path / "new" / "data").stat().st_mode) == 0o700


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    first = SqliteStore(tmp_path / "relive.db")
    record = first.insert("books", "1", {"n": 1})
    first.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["relive.db"]
    second = SqliteStore(tmp_path / "relive.db")
    assert second.get("books", "1") == record
    second.close()


def test_expired_records_are_removed_from_the_file(tmp_path: Path) -> None:
    clock = Clock()
    store = SqliteStore(tmp_path / "relive.db", clock=clock)
    for n in range(5):
        store.put("tokens", str(n), {}, expires_at=clock.now + 1)
    clock.now += SWEEP_SECONDS + 1
    store.put("books", "1", {})
    store.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "relive.db")) as connection:
        assert connection.execute("SELECT count(*) FROM records").fetchone() == (1,)


class TestUnusablePlaces:
    def test_a_folder_without_permission(self, tmp_path: Path) -> None:
        with not_writable(tmp_path), pytest.raises(StoreUnavailableError, match=r"relive\.db cannot be made.*denied"):
            SqliteStore(tmp_path / "relive.db")

    def test_a_file_without_permission(self) -> None:
        # Not in tmp_path, whose parents keep everybody else out.
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            SqliteStore(folder / "relive.db").close()
            (folder / "relive.db").chmod(0o400)
            with not_writable(folder), pytest.raises(StoreUnavailableError, match=r"opened for writing: .*denied"):
                SqliteStore(folder / "relive.db")

    def test_a_file_where_the_folder_should_be(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("not a folder")
        with pytest.raises(StoreUnavailableError, match=r"data/relive\.db cannot be"):
            SqliteStore(tmp_path / "data" / "relive.db")

    def test_a_folder_where_the_file_should_be(self, tmp_path: Path) -> None:
        with pytest.raises(StoreUnavailableError, match="cannot be opened"):
            SqliteStore(tmp_path)

    def test_a_file_that_is_no_database(self, tmp_path: Path) -> None:
        path = tmp_path / "relive.db"
        path.write_text("some notes\n" * 100)
        with pytest.raises(StoreUnavailableError, match="is not a database"):
            SqliteStore(path)
        assert path.read_text() == "some notes\n" * 100

    def test_a_database_of_another_program_is_left_as_it_was(self, tmp_path: Path) -> None:
        path = tmp_path / "relive.db"
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE records (id)")
        before = path.read_bytes()
        with pytest.raises(StoreUnavailableError, match="of another program"):
            SqliteStore(path)
        assert path.read_bytes() == before

    def test_a_file_of_a_later_version(self, tmp_path: Path) -> None:
        SqliteStore(tmp_path / "relive.db").close()
        with contextlib.closing(sqlite3.connect(tmp_path / "relive.db")) as connection:
            connection.execute("PRAGMA user_version = 99")
        with pytest.raises(StoreUnavailableError, match="later version"):
            SqliteStore(tmp_path / "relive.db")

    def test_a_full_disk_fails_the_write_and_nothing_else(self, tmp_path: Path) -> None:
        store = SqliteStore(tmp_path / "relive.db")
        kept = store.put("books", "1", {"n": 1})
        with store.database.connection() as connection:
            connection.execute("PRAGMA max_page_count = 20")
        with pytest.raises(StoreUnavailableError, match="the disk is full"):
            store.put("books", "2", {"text": "x" * 100_000})
        assert list(store.page("books")) == [kept]
        store.put("books", "3", {})
        store.close()

    def test_a_lock_that_another_process_keeps(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("runtime.store.sqlite.database.BUSY_SECONDS", 0.1)
        store = SqliteStore(tmp_path / "relive.db")
        with contextlib.closing(sqlite3.connect(tmp_path / "relive.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailableError, match="another process"):
                store.put("books", "1", {})
            assert store.get("books", "1") is None
            other.execute("ROLLBACK")
        store.put("books", "1", {})
        store.close()


class TestWaitingForOthers:
    """As long as there is time, and no longer."""

    @pytest.fixture
    def database(self, tmp_path: Path) -> Iterator[SqliteDatabase]:
        database = SqliteDatabase(tmp_path / "relive.db")
        yield database
        database.close()

    @staticmethod
    @contextlib.contextmanager
    def locked(database: SqliteDatabase) -> Iterator[None]:
        with contextlib.closing(sqlite3.connect(database.path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            yield
            other.execute("ROLLBACK")

    @staticmethod
    def write(database: SqliteDatabase, seconds: float) -> None:
        with database.writing(Deadline.after(seconds)) as connection:
            connection.execute("DELETE FROM records")

    def test_another_process_until_the_deadline(self, database: SqliteDatabase) -> None:
        began = time.monotonic()
        with self.locked(database), pytest.raises(StoreBusyError, match="another process"):
            self.write(database, 0.2)
        assert time.monotonic() - began < BUSY_SECONDS

    def test_another_thread_until_the_deadline(self, database: SqliteDatabase) -> None:
        with (
            ThreadPoolExecutor(1) as threads,
            database.writing(),
            pytest.raises(StoreBusyError, match="others"),
        ):
            threads.submit(self.write, database, 0.2).result(BUSY_SECONDS)
        self.write(database, 0.2)

    def test_a_connection_that_had_little_time_gets_more_the_next_time(self, database: SqliteDatabase) -> None:
        with self.locked(database), pytest.raises(StoreBusyError):
            self.write(database, 0.01)
        with ThreadPoolExecutor(1) as threads:
            with self.locked(database):
                waiting = threads.submit(self.write, database, 30)
                time.sleep(0.3)
                assert not waiting.done()
            waiting.result(BUSY_SECONDS)

    def test_records_are_not_waited_for_again_and_again(self, tmp_path: Path) -> None:
        store = SqliteStore(tmp_path / "relive.db", patience=0.3)
        with self.locked(store.database):
            began = time.monotonic()
            for _ in range(20):
                with pytest.raises(StoreBusyError):
                    store.put("logs", "1", {})
            assert time.monotonic() - began < 3
        store.put("logs", "1", {})
        assert store.get("logs", "1")
        store.close()


def test_the_log_of_writes_does_not_stay_large(tmp_path: Path) -> None:
    """While somebody reads, it grows with every write; later it is cut."""
    store = SqliteStore(tmp_path / "relive.db", durable=False)
    log = tmp_path / "relive.db-wal"
    store.put("books", "0", {})
    with store.database.reading() as connection:
        connection.execute("SELECT * FROM records").fetchall()
        for n in range(50):
            store.put("books", str(n % 3), {"text": str(n % 10) * 1_000_000})
    assert log.stat().st_size > 2 * WAL_BYTES
    for n in range(5):
        store.put("books", str(n), {})
    assert log.stat().st_size <= WAL_BYTES
    store.close()


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux tells which locks there are")
def test_two_stores_on_one_file_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Opening and closing the second must not take the first one's locks away, which would let others in."""
    path = tmp_path / "relive.db"
    first = SqliteStore(path)
    with first.database.connection() as connection:
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("UPDATE records SET key = key")
        before = locks_on(tmp_path)
        SqliteStore(path).close()
        assert locks_on(tmp_path) == before
        connection.execute("ROLLBACK")
    first.close()


def locks_on(folder: Path) -> list[str]:
    """The locks that this process has on the files of a folder, as the kernel tells them."""
    inodes = {str(path.stat().st_ino) for path in folder.iterdir()}
    return sorted(
        " ".join(lock.split()[1:])
        for lock in Path("/proc/locks").read_text().splitlines()
        if "->" not in lock and lock.split()[5].split(":")[2] in inodes  # an arrow: somebody waits for a lock
    )


def count_up(path: Path, times: int) -> None:
    store = SqliteStore(path)
    for _ in range(times):
        while True:
            record = store.get("counters", "1")
            try:
                store.replace("counters", "1", {"n": record.value["n"] + 1}, version=record.version)
                break
            except VersionConflictError:
                continue
    store.close()


class TestSeveralProcesses:
    @pytest.mark.slow
    def test_they_lose_no_update_and_see_each_other(self, tmp_path: Path) -> None:
        path = tmp_path / "relive.db"
        store = SqliteStore(path)
        store.insert("counters", "1", {"n": 0})
        processes = [multiprocessing.get_context("spawn").Process(target=count_up, args=(path, 40)) for _ in range(3)]
        for process in processes:
            process.start()
        count_up(path, 40)
        for process in processes:
            process.join(60)
        assert [process.exitcode for process in processes] == [0, 0, 0]
        assert store.get("counters", "1").value == {"n": 160}
        store.close()

    def test_they_may_make_the_file_together(self, tmp_path: Path) -> None:
        code = (
            "import sys; from pathlib import Path; from runtime.store.sqlite.records import SqliteStore\n"
            "print('ready', flush=True); sys.stdin.readline()\n"
            "SqliteStore(Path(sys.argv[1])).put('p', sys.argv[2], {})"
        )
        path = tmp_path / "relive.db"
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", code, str(path), str(n)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            for n in range(4)
        ]
        for process in processes:
            process.stdout.readline()
        for process in processes:
            process.stdin.write(b"\n")
            process.stdin.flush()
        for process in processes:
            process.communicate(timeout=60)
        store = SqliteStore(path)
        assert [process.returncode for process in processes] == [0] * 4
        assert [record.key for record in store.page("p")] == ["0", "1", "2", "3"]
        store.close()


def test_the_mark_in_the_file_is_relv() -> None:
    assert APPLICATION_ID.to_bytes(4, "big") == b"RELV"
