"""Whatever happens to a single request, documents are written once and whole, or not at all and the caller is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from runtime.store.documents import Collection, Document, DocumentChangedError, Documents, DuplicateValueError
from runtime.store.dynamodb.documents import DynamoDocuments
from runtime.store.dynamodb.requests import UNKNOWN
from runtime.store.port import StoreBusyError, StoreUnavailableError
from tests.store.asking import counted, found, ids
from tests.store.books import BOOKS, INDEXED, get
from tests.store.dynamodb.faults import (
    BUSY,
    DONE,
    LASTING,
    PASSING,
    PATIENCE_SECONDS,
    REFUSALS,
    can_meet,
    first_and_deciding_write,
    positions,
)
from tests.store.dynamodb.restored import RestoredTable
from tests.store.dynamodb.wholeness import marked, whole_documents
from tests.store.stand_ins.faulty import Fault, FaultyProxy
from tests.store.stand_ins.stand_in import StandIn, client

pytestmark = pytest.mark.slow

FORGOTTEN = {"delete", "delete several", "delete what was read elsewhere"}
"""What DynamoDB knows again by the token of the transaction (AWS: TransactWriteItems). moto ignores the token, so that
there the documents are found to be gone, and not by whom. They are gone all the same."""

MANY = [{"Id": f"m{number:02}", "Title": "Many", "ISBN": f"m{number}"} for number in range(16)]
"""More than one transaction takes, with their entries and claims."""

SURPLUS = {"Id": "s", "Number": 1, "o": {"n": 9}}
WIDER = replace(INDEXED, unique=("ISBN", "Number"), indexed=(*INDEXED.indexed, "o"))


def full(first: int) -> dict[str, Any]:
    """A document with 60 entries: to replace all of them takes more than one transaction."""
    return {"Id": "w", **{name: list(range(first, first + 20)) for name in ("Title", "Year", "Tags")}}


Act = Callable[[Documents, Collection, Callable[[str], Document]], Any]


@dataclass(frozen=True)
class Operation:
    """What is done with the books and `more`, its outcome, and which documents are there afterwards."""

    act: Act
    expected: Any
    left: tuple[dict[str, Any], ...] = tuple(BOOKS)
    more: list[dict[str, Any]] = field(default_factory=list)

    @property
    def before(self) -> tuple[dict[str, Any], ...]:
        return (*BOOKS, *self.more)


def changed(id: str, **fields: Any) -> tuple[dict[str, Any], ...]:
    return tuple({**book, **fields} if book["Id"] == id else book for book in BOOKS)


def without(*gone: str) -> tuple[dict[str, Any], ...]:
    return tuple(book for book in BOOKS if book["Id"] not in gone)


def replaced(id: str, **fields: Any) -> Act:
    def act(documents: Documents, books: Collection, old: Callable[[str], Document]) -> None:
        documents.replace(books, [replace(old(id), value={**old(id).value, **fields})])

    return act


STALE = 12345

OPERATIONS = {
    "get": Operation(lambda documents, books, old: get(documents, books, "b").value, BOOKS[1]),
    "find all": Operation(lambda documents, books, old: ids(documents, books), "abcdefg"),
    "find by an index": Operation(lambda documents, books, old: ids(documents, books, {"Title": "Emma"}), "ac"),
    "find in order": Operation(lambda documents, books, old: ids(documents, books, None, {"Title": 1}), "debacfg"),
    "find by no index": Operation(lambda documents, books, old: ids(documents, books, {"o.n": 1}), "ac"),
    "count": Operation(lambda documents, books, old: counted(documents, books), 7),
    "find duplicates": Operation(
        lambda documents, books, old: documents.duplicates(replace(books, unique=("Title",))), ("Title", "Emma")
    ),
    "collections": Operation(
        lambda documents, books, old: [(each.app, each.type) for each in documents.collections()], [("shop", "Book")]
    ),
    "insert": Operation(
        lambda documents, books, old: documents.insert(books, [{"Id": "x", "Year": 1}]),
        None,
        (*BOOKS, {"Id": "x", "Year": 1}),
    ),
    "insert a duplicate": Operation(
        lambda documents, books, old: documents.insert(books, [{"Id": "x"}, {"Id": "y", "ISBN": "1"}]),
        DuplicateValueError,
    ),
    "insert many": Operation(lambda documents, books, old: documents.insert(books, MANY), None, (*BOOKS, *MANY)),
    "insert many and a duplicate": Operation(
        lambda documents, books, old: documents.insert(books, [*MANY, {"Id": "y", "ISBN": "1"}]), DuplicateValueError
    ),
    "replace": Operation(replaced("a", new=1), None, changed("a", new=1)),
    "replace a large one": Operation(replaced("w", **full(100)), None, (*BOOKS, full(100)), [full(0)]),
    "replace with another key": Operation(replaced("a", Title="Dune"), None, changed("a", Title="Dune")),
    "replace with another unique value": Operation(replaced("a", ISBN="9"), None, changed("a", ISBN="9")),
    "replace with a duplicate": Operation(replaced("a", ISBN="2"), DuplicateValueError),
    "replace what was changed": Operation(
        lambda documents, books, old: documents.replace(books, [Document({"Id": "a"}, STALE)]), DocumentChangedError
    ),
    "delete": Operation(lambda documents, books, old: documents.delete(books, [old("b")]), None, without("b")),
    "delete several": Operation(
        lambda documents, books, old: documents.delete(books, [old("a"), old("f")]), None, without("a", "f")
    ),
    "delete what was read elsewhere": Operation(
        lambda documents, books, old: documents.delete(books, [replace(old("b"), as_read=None)]), None, without("b")
    ),
    "delete what was changed": Operation(
        lambda documents, books, old: documents.delete(books, [Document({"Id": "a"}, STALE)]), DocumentChangedError
    ),
    "make indexes": Operation(
        lambda documents, books, old: documents.prepare(WIDER), None, (*BOOKS, SURPLUS), [SURPLUS]
    ),
}

SLOW_ON_MOTO = "replace a large one"
"""moto takes seconds for each attempt at it, so that on a busy machine other requests end in vain than those that are
meant to. There it meets what passes quickly; what does not meets "insert many", which goes the same way."""


class Place:
    """Documents without the proxy, and with it."""

    def __init__(self, aws: StandIn, proxy: FaultyProxy) -> None:
        self.name = aws.name
        self.proxy = proxy
        self.through_proxy = client(proxy.url)
        self.table = RestoredTable(aws)
        self.clean = DynamoDocuments(self.table.direct, lease=0, settle=0)
        self.clean.insert(INDEXED, BOOKS)
        self.table.keep()
        self._old = found(self.clean, INDEXED)
        self._calls: dict[str, list[str]] = {}

    def run(self, operation: Operation, faults: Mapping[int, Fault], *, patience: float = 10) -> Any:
        """The outcome of the operation, behind the proxy."""
        self.table.restore()
        if operation.more:
            self.clean.insert(INDEXED, operation.more)
        old = {document.id: document for document in (found(self.clean, INDEXED) if operation.more else self._old)}
        table = self.table.through(self.through_proxy, patience=patience)
        documents = DynamoDocuments(table, lease=0, settle=0)
        self.proxy.arm(faults)
        try:
            return operation.act(documents, INDEXED, old.__getitem__)
        except Exception as error:
            return error

    def calls(self, name: str) -> list[str]:
        """What the operation asks for if nothing happens to it."""
        if name not in self._calls:
            self.require_done(name, {})
            self._calls[name] = list(self.proxy.calls)
        return self._calls[name]

    def require_done(self, name: str, faults: Mapping[int, Fault], *, forgotten: bool = False) -> None:
        """Run the operation. It has to come to what it should nevertheless, but for what the stand-in forgets."""
        operation = OPERATIONS[name]
        expected = DocumentChangedError if forgotten and name in FORGOTTEN else operation.expected
        result = self.run(operation, faults)
        assert (type(result) if isinstance(result, Exception) else result) == expected, repr(result)
        items = self.table.items()
        assert whole_documents(items, INDEXED) == operation.left
        assert not marked(items)

    def left(self) -> tuple[dict[str, Any], ...]:
        return whole_documents(self.table.items(), INDEXED)


@pytest.fixture(scope="module")
def place(aws: StandIn, proxy: FaultyProxy) -> Place:
    return Place(aws, proxy)


@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: fault.value)
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_survives_what_happens_once(place: Place, name: str, fault: Fault) -> None:
    if (place.name, name, fault) == ("moto", SLOW_ON_MOTO, Fault.TOO_SLOW):
        return
    calls = place.calls(name)
    for position in positions(fault, calls):
        repeated = fault in DONE and calls[position] == "TransactWriteItems"
        place.require_done(name, {position: fault}, forgotten=repeated and place.name == "moto")


READS = ["get", "find all", "count"]
BATCHES = ["insert many", "replace a large one"]
WRITTEN = [*BATCHES, "insert", "replace", "replace with another unique value", "delete several"]


@pytest.mark.parametrize("fault", LASTING, ids=lambda fault: fault.value)
@pytest.mark.parametrize("name", [*READS, *WRITTEN])
def test_an_operation_ends_in_an_error_if_it_never_passes(place: Place, name: str, fault: Fault) -> None:
    if (place.name, name) == ("moto", SLOW_ON_MOTO):
        return
    operation = OPERATIONS[name]
    calls = place.calls(name)
    last = len(calls) - 1
    for first in {last} if name in READS else {*first_and_deciding_write(calls), last}:
        if not can_meet(fault, calls[first]):
            continue
        result = place.run(operation, dict.fromkeys(range(first, 1000), fault), patience=PATIENCE_SECONDS)
        left = place.left()
        if result is None:
            assert name in BATCHES
            assert first == last, "its marks alone may be left, which are taken away another time"
            assert left == operation.left
        else:
            assert type(result) is (StoreBusyError if fault in BUSY else StoreUnavailableError), repr(result)
            assert left == operation.before or (left == operation.left and UNKNOWN in str(result))


@pytest.mark.parametrize("fault", REFUSALS, ids=lambda fault: fault.value)
@pytest.mark.parametrize("name", WRITTEN)
def test_what_was_done_is_not_said_to_be_refused(place: Place, name: str, fault: Fault) -> None:
    """Its answer was lost, and from then on nothing passes."""
    if (place.name, name) == ("moto", SLOW_ON_MOTO):
        return
    operation = OPERATIONS[name]
    _, deciding = first_and_deciding_write(place.calls(name))
    faults = {deciding: Fault.LOST, **dict.fromkeys(range(deciding + 1, 1000), fault)}
    result = place.run(operation, faults, patience=PATIENCE_SECONDS)
    assert type(result) is StoreUnavailableError, repr(result)
    assert UNKNOWN in str(result)
    assert place.left() == operation.left


@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: fault.value)
@pytest.mark.parametrize("name", BATCHES)
def test_a_large_write_that_is_refused_is_taken_back(place: Place, name: str, fault: Fault) -> None:
    """The write that decides is refused, and of those that take back what prepared it one meets the fault."""
    if (place.name, name) == ("moto", SLOW_ON_MOTO):
        return
    operation = OPERATIONS[name]
    _, deciding = first_and_deciding_write(place.calls(name))
    refused = {deciding: Fault.DENIED}
    place.run(operation, refused)
    for position in positions(fault, list(place.proxy.calls)):
        if position > deciding:
            result = place.run(operation, {**refused, position: fault})
            assert type(result) is StoreUnavailableError, repr(result)
            assert UNKNOWN not in str(result)
            items = place.table.items()
            assert whole_documents(items, INDEXED) == operation.before
            assert not marked(items)


def test_a_replace_that_others_went_over_is_not_called_a_change(place: Place) -> None:
    """The first attempt may have been applied: to look at it again and add once more could add twice."""

    put = place.calls("replace").index("PutItem")

    def act(documents: Documents, books: Collection, old: Callable[[str], Document]) -> None:
        def change() -> None:
            now = get(place.clean, books, "a")
            place.clean.replace(books, [replace(now, value={**now.value, "other": True})])

        place.proxy.arm({put: Fault.LOST}, change)
        replaced("a", new=1)(documents, books, old)

    result = place.run(Operation(act, None), {})
    assert type(result) is StoreUnavailableError, repr(result)
    assert UNKNOWN in str(result)
