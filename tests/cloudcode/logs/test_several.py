"""A log that cannot be written is no reason for a call to fail."""

from pathlib import Path

import pytest

from runtime.cloudcode.logs.kept import KeptLogs
from runtime.cloudcode.logs.record import CallRecord
from runtime.cloudcode.logs.several import SeveralSinks
from runtime.store.sqlite.records import SqliteStore
from tests.cloudcode.logs.calls import CALL, numbered


class ListSink:
    def __init__(self) -> None:
        self.records: list[CallRecord] = []

    def write(self, record: CallRecord) -> None:
        self.records.append(record)


class FailingSink(ListSink):
    working = False

    def write(self, record: CallRecord) -> None:
        if not self.working:
            raise OSError("the disk is full")
        super().write(record)


def test_every_sink_gets_every_record() -> None:
    sinks = [ListSink(), ListSink()]
    SeveralSinks(sinks).write(CALL)
    assert [sink.records for sink in sinks] == [[CALL], [CALL]]


def test_a_failing_sink_is_reported_once_and_the_others_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    failing, other = FailingSink(), ListSink()
    sinks = SeveralSinks([failing, other])
    for n in range(3):
        sinks.write(numbered(n))
    assert len(other.records) == 3
    assert capsys.readouterr().err == "FailingSink cannot write the log of calls: the disk is full\n"


def test_a_sink_that_works_again_may_be_reported_again(capsys: pytest.CaptureFixture[str]) -> None:
    failing = FailingSink()
    sinks = SeveralSinks([failing])
    for working in (False, True, False, False):
        failing.working = working
        sinks.write(CALL)
    assert len(failing.records) == 1
    assert capsys.readouterr().err.count("the disk is full") == 2


def test_a_full_disk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = SqliteStore(tmp_path / "logs.db")
    with store.database.connection() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 6}")
    sinks = SeveralSinks([KeptLogs(store)])
    for n in range(200):
        sinks.write(numbered(n))
    store.close()
    assert capsys.readouterr().err.count("the disk is full") == 1
