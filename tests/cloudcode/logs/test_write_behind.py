"""The log of calls is kept soon, by a thread of its own, and completely."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runtime.cloudcode.logs.kept import KeptLogs
from runtime.cloudcode.logs.record import CallRecord
from runtime.cloudcode.logs.write_behind import WAITING, WriteBehind
from runtime.store.sqlite.records import SqliteStore
from tests.cloudcode.logs.calls import numbered

SECONDS = 10


class Batches:
    """Keeps what is written, batch by batch, while the gate is open."""

    def __init__(self) -> None:
        self.batches: list[list[CallRecord]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.failure: Exception | None = None

    def write_all(self, records: Sequence[CallRecord]) -> None:
        assert self.gate.wait(SECONDS)
        if self.failure:
            raise self.failure
        self.batches.append(list(records))

    @property
    def records(self) -> list[CallRecord]:
        return [record for batch in self.batches for record in batch]


@pytest.fixture
def kept() -> Batches:
    return Batches()


@pytest.fixture
def behind(kept: Batches) -> Iterator[WriteBehind]:
    behind = WriteBehind(kept)
    yield behind
    kept.gate.set()
    behind.close()


def test_a_record_is_kept_soon_without_being_asked_for(behind: WriteBehind, kept: Batches) -> None:
    behind.write(numbered(1))
    give_up_at = time.monotonic() + SECONDS
    while not kept.records and time.monotonic() < give_up_at:
        time.sleep(0.001)
    assert kept.records == [numbered(1)]


def test_records_that_come_while_others_are_written_are_written_together(behind: WriteBehind, kept: Batches) -> None:
    kept.gate.clear()
    for n in range(20):
        behind.write(numbered(n))
    kept.gate.set()
    behind.flush()
    assert kept.records == [numbered(n) for n in range(20)]
    assert len(kept.batches) <= 2


def test_a_flush_waits_for_what_is_being_written(behind: WriteBehind, kept: Batches) -> None:
    kept.gate.clear()
    behind.write(numbered(1))
    threading.Timer(0.05, kept.gate.set).start()
    behind.flush()
    assert kept.records == [numbered(1)]
    behind.flush()


def test_calls_wait_when_too_many_records_do(behind: WriteBehind, kept: Batches) -> None:
    kept.gate.clear()
    sender = threading.Thread(target=lambda: [behind.write(numbered(n)) for n in range(3 * WAITING)])
    sender.start()
    sender.join(0.1)
    assert sender.is_alive()
    kept.gate.set()
    sender.join(SECONDS)
    behind.flush()
    assert kept.records == [numbered(n) for n in range(3 * WAITING)]


def test_closing_writes_the_rest_and_takes_no_more(behind: WriteBehind, kept: Batches) -> None:
    for n in range(5):
        behind.write(numbered(n))
    behind.close()
    behind.write(numbered(6))
    behind.close()
    behind.flush()
    assert kept.records == [numbered(n) for n in range(5)]


def test_closing_before_the_first_record(kept: Batches) -> None:
    WriteBehind(kept).close()


def test_a_failure_is_reported_once_until_it_works_again(
    behind: WriteBehind, kept: Batches, capsys: pytest.CaptureFixture[str]
) -> None:
    for failure in (OSError("the disk is full"), OSError("the disk is full"), None, OSError("the disk is full")):
        kept.failure = failure
        behind.write(numbered(1))
        behind.flush()
    assert len(kept.records) == 1
    assert capsys.readouterr().err == "Batches cannot write the log of calls: the disk is full\n" * 2


def test_many_calls_at_once_are_all_kept(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "logs.db")
    logs = KeptLogs(store)
    behind = WriteBehind(logs)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(behind.write, (numbered(n) for n in range(500))))
    behind.flush()
    page = logs.page("bookstore", limit=1000)
    assert {kept.record.request_id for kept in page} == {numbered(n).request_id for n in range(500)}
    behind.close()
    store.close()
