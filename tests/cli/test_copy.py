"""relive copy, with real places and a real end in the middle."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runtime.store.copying import MARKER
from runtime.store.documents import Collection
from runtime.store.dynamodb.documents import DynamoDocuments
from runtime.store.dynamodb.records import DynamoStore
from runtime.store.dynamodb.table import Table
from runtime.store.engine import database
from runtime.store.sqlite.database import SqliteDatabase
from runtime.store.sqlite.documents import SqliteDocuments
from runtime.store.sqlite.records import SqliteStore
from tests.cli.commands import relive, running
from tests.store.asking import counted, values
from tests.store.stand_ins.stand_in import StandIn, environment, stand_in

pytestmark = pytest.mark.slow

BOOKS = Collection("shop", "Book", unique=("ISBN",), indexed=("Year",))
NUMBER = 2500

ARRAYS = Collection("shop", "Arrays", indexed=("Tags", "More"))
"""A hundred of its items are far more than a transaction takes."""

ARRAYS_NUMBER = 600

PATIENCE = 60.0


@pytest.fixture(scope="module")
def aws() -> StandIn:
    return stand_in("ministack")


@pytest.fixture
def table(aws: StandIn) -> str:
    return aws.create_table()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with opened(tmp_path / "data") as (store, documents):
        store.put("secrets/shop", "KEY", {"value": "secret"})
        store.put("keys", "master", {"digest": "ours"})
        for start in range(0, NUMBER, 100):
            books = range(start, start + 100)
            documents.insert(BOOKS, [{"Id": f"{n:05}", "ISBN": str(n), "Year": 1900 + n % 100} for n in books])
    return tmp_path / "data"


@contextmanager
def opened(folder: Path) -> Iterator[tuple[SqliteStore, SqliteDocuments]]:
    file = SqliteDatabase(database(folder), durable=False)
    try:
        yield SqliteStore(file), SqliteDocuments(file)
    finally:
        file.close()


def test_to_a_table_and_back(data: Path, tmp_path: Path, aws: StandIn, table: str) -> None:
    there = relive("copy", data, f"dynamodb:{table}", **environment(aws.url))
    assert (there.returncode, there.stderr.splitlines()) == (
        0,
        [
            "Copying secrets/shop",
            "Copying shop/Book",
            "Comparing secrets/shop",
            "Comparing shop/Book",
            "2,501 records and items are the same on both sides.",
        ],
    )
    back = relive("copy", f"dynamodb:{table}", tmp_path / "again", **environment(aws.url))
    assert (back.returncode, back.stdout) == (0, there.stdout)
    assert [line.split()[:2] for line in back.stdout.splitlines()] == [["secrets/shop", "1"], ["shop/Book", "2,500"]]
    with opened(data) as (store, documents), opened(tmp_path / "again") as (copied_store, copied_documents):
        assert values(copied_documents, BOOKS) == values(documents, BOOKS)
        assert list(copied_store.partitions()) == ["secrets/shop"]
        assert list(store.partitions()) == ["keys", "secrets/shop"]


@pytest.fixture
def arrays(tmp_path: Path) -> Path:
    with opened(tmp_path / "arrays") as (_, documents):
        for start in range(0, ARRAYS_NUMBER, 100):
            documents.insert(
                ARRAYS,
                [
                    {"Id": f"{n:05}", "Tags": [f"t{n}-{k}" for k in range(18)], "More": list(range(n, n + 10))}
                    for n in range(start, start + 100)
                ],
            )
    return tmp_path / "arrays"


@pytest.mark.parametrize(
    ("folder", "collection", "number"),
    [("data", BOOKS, NUMBER), ("arrays", ARRAYS, ARRAYS_NUMBER)],
    ids=["books", "arrays"],
)
def test_killed_in_the_middle_it_goes_on(
    request: pytest.FixtureRequest, aws: StandIn, table: str, folder: str, collection: Collection, number: int
) -> None:
    data: Path = request.getfixturevalue(folder)
    documents = DynamoDocuments(Table(aws.client, table))
    arguments = ["copy", data, f"dynamodb:{table}"]
    copied = 0
    for later in (0, 0.1, 0.2):  # so that not each of them ends at the same step of an insert
        with running(arguments, **environment(aws.url)) as process:
            process.wait_for(f"Copying shop/{collection.type}")
            end = time.monotonic() + PATIENCE
            while counted(documents, collection) <= copied and time.monotonic() < end:
                time.sleep(0.02)
            time.sleep(later)
            process.end(signal.SIGKILL)
        now = counted(documents, collection)
        assert copied < now < number
        copied = now
    assert DynamoStore(Table(aws.client, table)).get(*MARKER)
    last = relive(*arguments, **environment(aws.url))
    assert last.returncode == 0, last.stderr
    assert "Waiting" not in last.stderr
    with opened(data) as (_, ours):
        assert values(documents, collection) == values(ours, collection)
    assert counted(documents, collection) == number


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("nothing", "dynamodb:TABLE", "There is no data in the folder nothing."),
        ("DATA", "dynamodb:", "The name of the table is missing: dynamodb:TABLE"),
        ("DATA", "dynamodb:none", "There is no DynamoDB table none in this account and region"),
        ("DATA", "DATA/../data", "are the same place."),
        ("dynamodb:TABLE", "dynamodb:TABLE", "are the same place."),
        ("dynamodb:TABLE", "DATA", "data holds records in secrets/shop that are no part of this copy."),
    ],
)
def test_what_cannot_be_copied(data: Path, aws: StandIn, table: str, source: str, target: str, message: str) -> None:
    places = [place.replace("DATA", str(data)).replace(":TABLE", f":{table}") for place in (source, target)]
    process = relive("copy", *places, **environment(aws.url))
    assert (process.returncode, process.stdout) == (1, "")
    assert message in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        (("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "There are no AWS credentials to use the table none with"),
        (("AWS_DEFAULT_REGION",), "Which AWS region the table none is in is not known."),
    ],
    ids=["credentials", "region"],
)
def test_what_aws_is_not_told(
    data: Path, aws: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...], message: str
) -> None:
    variables = {name: value for name, value in environment(aws.url).items() if name not in missing}
    for name in missing:
        monkeypatch.delenv(name, raising=False)
    nothing = str(tmp_path / "nothing")
    variables |= {"AWS_SHARED_CREDENTIALS_FILE": nothing, "AWS_CONFIG_FILE": nothing}
    process = relive("copy", data, "dynamodb:none", **variables)
    assert process.returncode == 1
    assert message in process.stderr
