"""Several processes at the same documents: each is played by documents of its own, with a memory of its own."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from runtime.store.documents import Collection, DocumentChangedError, DuplicateValueError
from runtime.store.dynamodb.documents import DynamoDocuments
from runtime.store.dynamodb.table import Table
from tests.store.asking import counted, found, ids, values
from tests.store.books import BOOKS, INDEXED, PLAIN, get
from tests.store.stand_ins.stand_in import StandIn

pytestmark = pytest.mark.slow

WRITERS = 16
LEASE = 0.4

Process = Callable[[], DynamoDocuments]


@pytest.fixture
def table(aws: StandIn) -> Iterator[Table]:
    table = aws.table()
    yield table
    aws.delete_table(table.name)


@pytest.fixture
def process(table: Table) -> Process:
    return lambda: DynamoDocuments(table, lease=LEASE, settle=2 * LEASE)


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """What each of them answers, or its error."""
    together = threading.Barrier(len(acts))

    def act(each: Callable[[], Any]) -> Any:
        together.wait()
        try:
            return each()
        except (DuplicateValueError, DocumentChangedError) as error:
            return type(error)

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(act, acts))


def test_one_of_sixteen_writers_gets_a_unique_value(process: Process) -> None:
    writers = [process() for _ in range(WRITERS)]
    outcomes = at_once(
        [
            lambda n=n, writer=writer: writer.insert(INDEXED, [{"Id": f"w{n}", "ISBN": "same"}])
            for n, writer in enumerate(writers)
        ]
    )
    assert outcomes.count(None) == 1
    assert outcomes.count(DuplicateValueError) == WRITERS - 1
    assert counted(process(), INDEXED) == 1


def test_sixteen_writers_lose_no_update(process: Process) -> None:
    process().insert(INDEXED, [{"Id": "1", "Year": 0}])

    def add(documents: DynamoDocuments) -> None:
        while True:
            document = get(documents, INDEXED, "1")
            try:
                documents.replace(INDEXED, [replace(document, value={"Id": "1", "Year": document.value["Year"] + 1})])
                return
            except DocumentChangedError:
                continue

    at_once([lambda: add(process()) for _ in range(WRITERS)])
    assert values(process(), INDEXED, {"Year": WRITERS}) == [{"Id": "1", "Year": WRITERS}]


def test_one_of_several_has_a_batch_that_shares_a_value(process: Process) -> None:
    """More documents than fit into one transaction, all of them or none."""
    many = [[{"Id": f"{w}-{n}", "Title": "x", "ISBN": f"{w}-{n}"} for n in range(16)] for w in range(3)]
    for batch in many:
        batch[10]["ISBN"] = "same"
    writers = [process() for _ in many]
    outcomes = at_once(
        [
            lambda writer=writer, batch=batch: writer.insert(INDEXED, batch)
            for writer, batch in zip(writers, many, strict=True)
        ]
    )
    assert outcomes.count(None) == 1
    assert counted(process(), INDEXED) == len(values(process(), INDEXED)) == 16
    assert counted(process(), INDEXED, {"Title": "x"}) == 16


MARKS: list[tuple[str, Any, Any, Any, str]] = [
    ("an array, and two bounds", {"Year": [1, 9]}, {"Year": {"$gt": 8, "$lt": 2}}, None, "m"),
    ("an array, in order", {"Year": [3000, 0]}, {}, {"Year": 1}, "mabc"),
    ("an array, downwards", {"Year": [3001, 0]}, {}, {"Year": -1}, "mcba"),
    ("an array with many elements", {"Year": list(range(100))}, {"Year": 77}, None, "m"),
    ("a long text", {"Year": "x" * 2000 + "b"}, {"Year": {"$gt": "x" * 2000 + "a"}}, None, "m"),
]


@pytest.mark.parametrize(
    ("value", "filter", "sort", "expected"), [case[1:] for case in MARKS], ids=[c[0] for c in MARKS]
)
def test_values_of_a_new_kind_are_found_by_who_has_not_heard_of_them(
    process: Process, value: Any, filter: Any, sort: Any, expected: str
) -> None:
    reader, writer = process(), process()
    writer.insert(INDEXED, [{"Id": id, "Year": 1000 * n} for n, id in enumerate("abc", 1)])
    assert ids(reader, INDEXED, {"Year": 1000}) == "a"
    writer.insert(INDEXED, [{"Id": "m", **value}])
    assert ids(reader, INDEXED, filter, sort) == expected
    assert counted(reader, INDEXED, filter) == len(expected)


def test_an_index_is_made_beside_writers_that_have_not_heard_of_it(process: Process) -> None:
    titled = Collection("shop", "Book", indexed=("Title",))
    old = process()
    old.insert(PLAIN, [{"Id": f"{n:03}", "Title": "x"} for n in range(40)])
    ended = threading.Event()
    written = []

    def write() -> None:
        # By what it knew before, until its lease is over.
        writer = process()
        number = 100
        while not ended.is_set():
            writer.insert(PLAIN, [{"Id": f"{number}", "Title": "x"}])
            written.append(number)
            for document in found(writer, PLAIN, {"Id": "005"}):
                writer.replace(PLAIN, [replace(document, value={**document.value, "Title": f"y{number}"})])
            number += 1

    thread = threading.Thread(target=write)
    thread.start()
    time.sleep(LEASE / 2)
    maker = process()
    maker.prepare(titled)
    ended.set()
    thread.join()
    assert len(written) > 3
    expected = [document.id for document in found(maker, PLAIN) if document.value["Title"] == "x"]
    assert [document.id for document in found(maker, titled, {"Title": "x"})] == expected
    assert counted(maker, titled, {"Title": "x"}) == len(expected)
    assert counted(maker, titled, {"Title": {"$gt": "y"}}) == 1


def test_a_field_becomes_unique_beside_writers_that_have_not_heard_of_it(process: Process) -> None:
    unique = Collection("shop", "Book", unique=("ISBN",))
    old = process()
    old.insert(PLAIN, [{"Id": f"{n:03}", "ISBN": n} for n in range(30)])
    ended = threading.Event()

    def write() -> None:
        writer = process()
        number = 100
        while not ended.is_set():
            writer.insert(PLAIN, [{"Id": f"{number}", "ISBN": number}])
            for document in found(writer, PLAIN, {"Id": "005"}):
                writer.replace(PLAIN, [replace(document, value={**document.value, "ISBN": -number})])
            number += 1

    thread = threading.Thread(target=write)
    thread.start()
    process().prepare(unique)
    ended.set()
    thread.join()
    for document in found(process(), PLAIN):
        with pytest.raises(DuplicateValueError):
            old.insert(PLAIN, [{"Id": "new", "ISBN": document.value["ISBN"]}])
    old.insert(PLAIN, [{"Id": "new", "ISBN": 5}])  # given up by then


def test_a_dropped_index_is_not_read_by_who_has_not_heard_of_it(process: Process) -> None:
    reader, writer = process(), process()
    writer.insert(INDEXED, BOOKS)
    assert ids(reader, INDEXED, {"Title": "Emma"}) == "ac"
    writer.prepare(PLAIN)
    writer.insert(PLAIN, [{"Id": "n", "Title": "Emma"}])
    assert ids(reader, PLAIN, {"Title": "Emma"}) == "acn"


def test_what_was_dropped_is_deleted_when_nobody_can_read_it_any_more(
    process: Process, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = process()
    documents.insert(INDEXED, BOOKS)
    before = items(table)
    assert {"x", "u"} <= {key[0] for key in before}
    documents.prepare(PLAIN)
    assert items(table) == before
    monkeypatch.setattr("runtime.store.dynamodb.making.CLEAR_SECONDS", -1)
    documents.prepare(PLAIN)
    assert {key[0] for key in items(table)} == {"d", "o", "c", "s"}
    assert ids(documents, PLAIN) == "abcdefg"


def items(table: Table) -> list[str]:
    """The partitions of all items."""
    from runtime.store.documents import NEVER

    return sorted(item["pk"]["S"] for page in table.scan(NEVER) for item in page.items)


def test_a_field_becomes_unique_that_hardly_any_document_has(process: Process) -> None:
    documents = process()
    documents.insert(PLAIN, [{"Id": f"{n:03}", "ISBN": n if n % 40 == 0 else None} for n in range(90)])
    documents.prepare(Collection("shop", "Book", unique=("ISBN",)))
    with pytest.raises(DuplicateValueError):
        documents.insert(PLAIN, [{"Id": "new", "ISBN": 40}])
    documents.insert(PLAIN, [{"Id": "new", "ISBN": None}])
