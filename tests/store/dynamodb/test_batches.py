"""Writes that one transaction does not hold are done as a whole, whenever the process that does them ends."""

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest

from runtime.deadline import Deadline
from runtime.store.documents import NEVER, Collection, DuplicateValueError
from runtime.store.dynamodb.actions import Key
from runtime.store.dynamodb.documents import DynamoDocuments
from runtime.store.dynamodb.table import Table
from runtime.store.port import StoreBusyError
from tests.store.asking import counted, found, ids, values
from tests.store.books import get
from tests.store.dynamodb.dying import DyingClient, Killed
from tests.store.stand_ins.stand_in import StandIn, stand_in

pytestmark = pytest.mark.slow

TAGS = tuple(f"t{n}" for n in range(6))
BOOKS = Collection("shop", "Book", unique=("ISBN",), indexed=("Title", *TAGS))
"""A document whose arrays are full has about 120 entries."""

THERE = {"Id": "there", "ISBN": "there", "Title": "x"}
MANY = [{"Id": f"m{n}", "ISBN": f"m{n}", "Title": "x"} for n in range(12)]


def full(id: str, first: int) -> dict[str, Any]:
    return {"Id": id, "ISBN": id, "Title": "x", **{tag: list(range(first, first + 18)) for tag in TAGS}}


@pytest.fixture
def serving(aws: StandIn) -> StandIn:
    return aws


@dataclass(frozen=True)
class Large:
    """A write that takes a batch, and the ids that are there before and after; `added` and `gone` are tags."""

    act: Callable[[DynamoDocuments], None]
    before: str
    after: str


def replace_full(documents: DynamoDocuments) -> None:
    documents.replace(BOOKS, [replace(get(documents, BOOKS, "full"), value=full("full", 100))])


def delete_full(documents: DynamoDocuments) -> None:
    documents.delete(BOOKS, [get(documents, BOOKS, "full")])


WRITES = {
    "insert": (lambda documents: documents.insert(BOOKS, MANY), 2, 2 + len(MANY)),
    "insert a large one": (lambda documents: documents.insert(BOOKS, [full("large", 0)]), 2, 3),
    "replace a large one": (replace_full, 2, 2),
    "delete a large one": (delete_full, 2, 1),
}


def filled(serving: StandIn) -> str:
    table = serving.create_table()
    process(serving, table).insert(BOOKS, [THERE])
    process(serving, table).insert(BOOKS, [full("full", 0)])
    return table


def process(serving: StandIn, table: str, client: Any = None) -> DynamoDocuments:
    return DynamoDocuments(Table(lambda: client or serving.client(), table), lease=60, settle=0)


def require_consistent(documents: DynamoDocuments) -> list[dict[str, Any]]:
    """The documents; all ways to find and count them agree."""
    there = values(documents, BOOKS)
    assert counted(documents, BOOKS) == len(there)
    assert counted(documents, BOOKS, {"Title": "x"}) == len(there)
    assert [value["Id"] for value in there] == [value["Id"] for value in values(documents, BOOKS, {"Title": "x"})]
    for tag in (5, 105):
        expected = [value["Id"] for value in there if tag in value.get("t0", [])]
        assert [value["Id"] for value in values(documents, BOOKS, {"t0": tag})] == expected
        assert counted(documents, BOOKS, {"t0": tag}) == len(expected)
    for value in there:
        assert len(found(documents, BOOKS, {"ISBN": value["ISBN"]})) == 1
        with pytest.raises(DuplicateValueError):
            documents.insert(BOOKS, [{"Id": "other", "ISBN": value["ISBN"]}])
    return there


@pytest.mark.parametrize("name", WRITES)
def test_a_large_write_is_done(serving: StandIn, name: str) -> None:
    act, _, after = WRITES[name]
    table = filled(serving)
    act(process(serving, table))
    there = require_consistent(process(serving, table))
    assert len(there) == after
    assert not marked(serving, table)
    outcomes = [
        item for page in Table(serving.client, table).scan(NEVER) for item in page.items if item["pk"]["S"][:2] == "b/"
    ]
    assert outcomes
    assert not any("ttl" in item for item in outcomes), "a mark that a late request brings back still counts"
    if name != "delete a large one":
        documents = process(serving, table)
        documents.delete(BOOKS, found(documents, BOOKS))
        assert counted(documents, BOOKS) == 0


@pytest.mark.parametrize("applied", [False, True], ids=["not applied", "applied"])
@pytest.mark.parametrize("name", WRITES)
def test_a_process_that_ends_in_the_middle_leaves_all_or_nothing(
    name: str, applied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = stand_in("ministack")
    act, before, after = WRITES[name]
    for answers in range(100):
        table = filled(serving)
        client = DyingClient(serving.client(), answers, applied=applied)
        try:
            act(process(serving, table, client))
        except Killed:
            pass
        else:
            assert answers > 3
            return
        there = require_consistent(process(serving, table))
        assert len(there) in (before, after)
        # Others wait for what is not done in time, and then clear it away.
        monkeypatch.setattr("runtime.store.dynamodb.batch_marks.OVERDUE_SECONDS", -1)
        try:
            act(process(serving, table))
        except DuplicateValueError:
            assert len(there) == after
        except AssertionError:
            assert name == "delete a large one"
        assert len(require_consistent(process(serving, table))) == after
        monkeypatch.undo()
        serving.delete_table(table)


def test_what_is_not_overdue_is_waited_for() -> None:
    serving = stand_in("ministack")
    table = filled(serving)
    client = DyingClient(serving.client(), 3, applied=True)
    with pytest.raises(Killed):
        process(serving, table, client).insert(BOOKS, MANY)
    with pytest.raises(StoreBusyError):
        process(serving, table).insert(BOOKS, [{"Id": "m0"}], Deadline.after(3))
    process(serving, table).insert(BOOKS, [{"Id": "new"}])


TAKEN = [
    ("an id that is there", {"Id": "there"}, "Id", 7),
    ("a value that is there", {"ISBN": "there"}, "ISBN", 7),
    ("an id twice", {"Id": "m3"}, "Id", 7),
    ("a value twice", {"ISBN": "m3"}, "ISBN", 7),
]


@pytest.mark.parametrize(("change", "field", "position"), [case[1:] for case in TAKEN], ids=[case[0] for case in TAKEN])
def test_a_batch_with_something_that_is_taken_writes_nothing(
    serving: StandIn, change: dict[str, Any], field: str, position: int
) -> None:
    table = filled(serving)
    documents = process(serving, table)
    before = require_consistent(documents)
    many = [{**value, **change} if n == position else value for n, value in enumerate(MANY)]
    with pytest.raises(DuplicateValueError) as error:
        documents.insert(BOOKS, many)
    assert (error.value.field, error.value.position) == (field, position)
    assert require_consistent(process(serving, table)) == before
    documents.insert(BOOKS, MANY)


def test_documents_of_several_megabytes_are_inserted_together(serving: StandIn) -> None:
    table = filled(serving)
    documents = process(serving, table)
    large = [{"Id": f"l{n}", "Title": "y", "Text": "x" * 390_000} for n in range(12)]
    documents.insert(BOOKS, large)
    assert ids(documents, BOOKS, {"Title": "y"}) == "".join(value["Id"] for value in large)
    assert math.isclose(counted(documents, BOOKS), 14)


def test_a_batch_by_an_older_state_is_made_anew(serving: StandIn) -> None:
    """Its entries would lack those of an index that somebody has made meanwhile."""
    table = filled(serving)
    writer, other = process(serving, table), process(serving, table)
    assert ids(writer, BOOKS, {"Title": "x"}) == "therefull"
    other.prepare(replace(BOOKS, indexed=(*BOOKS.indexed, "Price")))
    writer.insert(BOOKS, [{**value, "Price": 5} for value in MANY])
    with_price = replace(BOOKS, indexed=(*BOOKS.indexed, "Price"))
    assert counted(other, with_price, {"Price": 5}) == len(MANY)
    assert len(found(other, with_price, {"Price": 5})) == len(MANY)


def test_what_is_made_for_documents_of_a_batch_is_not_marked_with_it(serving: StandIn) -> None:
    """Its own process, which takes the marks away, does not know of an index that others make meanwhile."""
    many = [{**value, "Price": 5, "Code": value["Id"]} for value in MANY]
    for answers in range(100):
        table = filled(serving)
        with suppress(Killed):
            process(serving, table, DyingClient(serving.client(), answers, applied=True)).insert(BOOKS, many)
        if counted(process(serving, table), BOOKS) > 2:
            break
    before = marked(serving, table)
    assert before, "it ended when all was done but for that"
    with_more = replace(BOOKS, unique=("ISBN", "Code"), indexed=(*BOOKS.indexed, "Price"))
    process(serving, table).prepare(with_more)
    assert counted(process(serving, table), with_more, {"Price": 5}) == len(MANY)
    assert marked(serving, table) == before


def marked(serving: StandIn, table: str) -> list[Key]:
    """The keys of what counts or not by what became of a batch."""
    pages = Table(serving.client, table).scan(NEVER)
    return sorted(Key.of(item) for page in pages for item in page.items if {"b", "g"} & set(item))
