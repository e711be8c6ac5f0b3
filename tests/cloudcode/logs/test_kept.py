"""Calls are kept, newest first out, and followed while other processes write."""

import itertools
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runtime.cloudcode.logs.kept import DAY, KeptCall, KeptLogs
from runtime.store.port import Store
from runtime.store.sqlite.records import SqliteStore
from tests.cloudcode.logs.calls import CALL, FAILED, numbered
from tests.store.engines import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    store = SqliteStore(tmp_path / "logs.db", durable=False, clock=clock)
    yield store
    store.close()


def request_ids(calls: list[KeptCall]) -> list[str]:
    return [call.record.request_id for call in calls]


@pytest.mark.parametrize("record", [CALL, FAILED], ids=["ok", "failed"])
def test_a_record_comes_back_as_it_was(store: Store, clock: Clock, record) -> None:
    logs = KeptLogs(store, clock=clock)
    logs.write(record)
    assert [call.record for call in logs.page("bookstore")] == [record]


def test_calls_are_in_the_order_in_which_they_ended_even_when_the_clock_stands_or_goes_back(
    store: Store, clock: Clock
) -> None:
    logs = KeptLogs(store, clock=clock)
    for n in range(10):
        clock.now -= n % 3
        logs.write(numbered(n))
    assert request_ids(logs.page("bookstore", newest_first=False)) == [str(n) for n in range(10)]


@pytest.mark.parametrize(
    ("newest_first", "pages"),
    [(True, [["4", "3"], ["2", "1"], ["0"], []]), (False, [["0", "1"], ["2", "3"], ["4"], []])],
    ids=["newest first", "oldest first"],
)
def test_pages(store: Store, clock: Clock, newest_first: bool, pages: list[list[str]]) -> None:
    logs = KeptLogs(store, clock=clock)
    for n in range(5):
        logs.write(numbered(n))
        logs.write(numbered(n, app="other"))
    after = None
    for expected in pages:
        page = logs.page("bookstore", after=after, limit=2, newest_first=newest_first)
        assert request_ids(page) == expected
        after = page[-1].key if page else None


@pytest.mark.parametrize(("entries", "written", "least", "most"), [(5, 12, 5, 5), (1, 3, 1, 1), (300, 650, 300, 303)])
def test_only_the_newest_are_kept(
    store: Store, clock: Clock, entries: int, written: int, least: int, most: int
) -> None:
    logs = KeptLogs(store, entries=entries, clock=clock)
    logs.write(numbered(0, app="other"))
    for n in range(written):
        logs.write(numbered(n))
    kept = request_ids(logs.page("bookstore", limit=1000))
    assert least <= len(kept) <= most
    assert kept == [str(n) for n in range(written)][: -len(kept) - 1 : -1]
    assert len(logs.page("other")) == 1


def test_a_process_trims_at_its_first_call(store: Store, clock: Clock) -> None:
    for n in range(240):
        KeptLogs(store, entries=1000, clock=clock).write(numbered(n))
        clock.now += 1
    KeptLogs(store, entries=200, clock=clock).write(numbered(240))
    assert request_ids(KeptLogs(store, clock=clock).page("bookstore", limit=300)) == [
        str(n) for n in range(240, 40, -1)
    ]


def test_a_call_is_kept_for_so_many_days(store: Store, clock: Clock) -> None:
    logs = KeptLogs(store, days=2, clock=clock)
    logs.write(numbered(1))
    clock.now += DAY
    logs.write(numbered(2))
    clock.now += DAY
    assert request_ids(logs.page("bookstore")) == ["2"]


def test_writers_side_by_side_lose_nothing(store: Store) -> None:
    writers = [KeptLogs(store) for _ in range(4)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: writers[n % 4].write(numbered(n)), range(200)))
    assert sorted(request_ids(writers[0].page("bookstore", limit=300)), key=int) == [str(n) for n in range(200)]


class TestFollow:
    @pytest.fixture
    def logs(self, store: Store, clock: Clock) -> KeptLogs:
        return KeptLogs(store, clock=clock)

    def test_begins_with_the_newest_and_goes_on_with_each_further_one(self, logs: KeptLogs, clock: Clock) -> None:
        for n in range(5):
            logs.write(numbered(n))
        following = logs.follow("bookstore", newest=2, interval=0.01)
        assert request_ids(list(itertools.islice(following, 2))) == ["3", "4"]
        for n in range(5, 8):
            clock.now += 0.1
            logs.write(numbered(n))
        assert request_ids(list(itertools.islice(following, 3))) == ["5", "6", "7"]

    def test_begins_with_nothing_old_unless_asked(self, logs: KeptLogs) -> None:
        logs.write(numbered(0))
        found: list[str] = []
        stop = threading.Event()

        def follow() -> None:
            for call in logs.follow("bookstore", interval=0.01, stop=stop):
                found.append(call.record.request_id)
                stop.set()

        thread = threading.Thread(target=follow)
        thread.start()
        while thread.is_alive():
            logs.write(numbered(1))
            thread.join(0.05)
        assert "0" not in found
        assert found

    def test_sees_a_call_that_was_named_earlier_but_stored_later(
        self, logs: KeptLogs, store: Store, clock: Clock
    ) -> None:
        slow = KeptLogs(store, clock=Clock(clock.now - 2))
        logs.write(numbered(0))
        following = logs.follow("bookstore", newest=1, interval=0.01)
        assert next(following).record.request_id == "0"
        logs.write(numbered(1))
        assert next(following).record.request_id == "1"
        slow.write(numbered(2))
        assert next(following).record.request_id == "2"

    def test_misses_nothing_while_its_reader_is_slow(self, logs: KeptLogs, clock: Clock) -> None:
        following = logs.follow("bookstore", newest=1, interval=0.01)
        logs.write(numbered(0))
        assert next(following).record.request_id == "0"
        for n in range(1, 301):
            clock.now += 60
            logs.write(numbered(n))
        assert request_ids(list(itertools.islice(following, 300))) == [str(n) for n in range(1, 301)]

    def test_ends_when_told(self, logs: KeptLogs) -> None:
        stop = threading.Event()
        stop.set()
        assert list(logs.follow("bookstore", stop=stop)) == []

    def test_sees_what_another_process_writes(self, tmp_path: Path) -> None:
        path = tmp_path / "shared.db"
        store = SqliteStore(path)
        following = KeptLogs(store).follow("bookstore", newest=1, interval=0.01)
        code = (
            "import sys; from pathlib import Path\n"
            "from runtime.cloudcode.logs.kept import KeptLogs; from runtime.store.sqlite.records import SqliteStore\n"
            "from tests.cloudcode.logs.calls import numbered\n"
            "logs = KeptLogs(SqliteStore(Path(sys.argv[1])))\n"
            "for n in range(5): logs.write(numbered(n))"
        )
        writer = subprocess.Popen([sys.executable, "-c", code, str(path)])
        assert request_ids(list(itertools.islice(following, 5)))[-1] == "4"
        assert writer.wait(60) == 0
        store.close()
