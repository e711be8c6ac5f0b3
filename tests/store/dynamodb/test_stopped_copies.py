"""A copy into a table goes on, whatever a run that was killed has left there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.store.copying import Copy, Side
from runtime.store.documents import NEVER, Collection
from runtime.store.dynamodb.documents import DynamoDocuments
from runtime.store.dynamodb.records import DynamoStore
from runtime.store.dynamodb.table import Table
from runtime.store.port import StoreBusyError
from runtime.store.sqlite.documents import SqliteDocuments
from runtime.store.sqlite.records import SqliteStore
from tests.store.asking import counted, values
from tests.store.dynamodb.dying import DyingClient, Killed
from tests.store.stand_ins.stand_in import StandIn, stand_in

pytestmark = pytest.mark.slow

ARRAYS = tuple(f"t{n}" for n in range(6))
BOOKS = Collection("shop", "Book", unique=("ISBN",), indexed=ARRAYS)
NUMBER = 4
WAITING = "Waiting for shop/Book: it is busy, or a copy was killed in the middle of a write"


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Side]:
    """Each of the items has more entries than a transaction takes."""
    store = SqliteStore(tmp_path / "source", durable=False)
    documents = SqliteDocuments(store.database)
    full = {tag: list(range(18)) for tag in ARRAYS}
    documents.insert(BOOKS, [{"Id": f"{n}", "ISBN": f"{n}", **full} for n in range(NUMBER)])
    yield Side("source", store, documents)
    store.close()


def target(aws: StandIn, name: str, answers: float = float("inf")) -> Side:
    """The table by a process that ends after so many answers."""
    client = DyingClient(aws.client(), answers, applied=True)
    table = Table(lambda: client, name)
    return Side(name, DynamoStore(table), DynamoDocuments(table, lease=0, settle=0))


def killed_in_a_write(aws: StandIn, source: Side) -> str:
    """A table where a copy has ended in the middle of an insert."""
    for answers in range(5, 100):
        name = aws.create_table()
        with pytest.raises(Killed):
            Copy(source, target(aws, name, answers)).run()
        if any("b" in item for page in Table(aws.client, name).scan(NEVER) for item in page.items):
            return name
        aws.delete_table(name)
    raise AssertionError("no insert took several transactions")


def test_it_waits_until_what_was_left_is_overdue(source: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = stand_in("ministack")
    name = killed_in_a_write(aws, source)
    monkeypatch.setattr("runtime.store.dynamodb.batch_marks.OVERDUE_SECONDS", 6)
    monkeypatch.setattr("runtime.store.dynamodb.writer.PATIENCE_SECONDS", 1)
    told: list[str] = []
    Copy(source, target(aws, name), progress=lambda step, *_: told.append(step)).run()
    assert list(dict.fromkeys(told)) == [WAITING, "Copying shop/Book", "Comparing shop/Book"]
    there = DynamoDocuments(Table(aws.client, name))
    assert values(there, BOOKS) == values(source.documents, BOOKS)
    assert counted(there, BOOKS) == NUMBER


def test_it_does_not_wait_for_ever(source: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = stand_in("ministack")
    name = killed_in_a_write(aws, source)
    monkeypatch.setattr("runtime.store.copying.WAIT_SECONDS", 1)
    monkeypatch.setattr("runtime.store.dynamodb.writer.PATIENCE_SECONDS", 1)
    with pytest.raises(StoreBusyError):
        Copy(source, target(aws, name)).run()
