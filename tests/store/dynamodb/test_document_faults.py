"""Whatever happens to a single request, documents are written once and whole, or not at all and the caller is told."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from runtime.store.documents import Collection, Document, DocumentChangedError, Documents, DuplicateValueError
from runtime.store.dynamodb.documents import DynamoDocuments
from runtime.store.dynamodb.requests import UNKNOWN
from runtime.store.dynamodb.table import Table
from runtime.store.port import StoreBusyError, StoreUnavailableError
from tests.store.asking import counted, found, ids, values
from tests.store.books import BOOKS, INDEXED, get
from tests.store.dynamodb.faults import BUSY, can_meet, positions
from tests.store.stand_ins.faulty import Fault, FaultyProxy
from tests.store.stand_ins.stand_in import StandIn, client

pytestmark = pytest.mark.slow

FAULTS = [
    Fault.ERROR_AFTER,
    Fault.RESET,
    Fault.LOST,
    Fault.THROTTLED,
    Fault.SLOW,
    Fault.CONFLICT,
    Fault.PARTIAL,
    Fault.TRUNCATED_PAGE,
]

MOTO = {Fault.RESET, Fault.LOST, Fault.THROTTLED, Fault.SLOW, Fault.CONFLICT, Fault.PARTIAL}
"""What is tried on moto, which is slow."""

FORGOTTEN = {"delete", "delete several"}
"""What DynamoDB knows again by the token of the transaction (AWS: TransactWriteItems). moto ignores the token, so that
there the documents are found to be gone, and not by whom. They are gone all the same."""

MANY = [{"Id": f"m{number:02}", "Title": "Many", "ISBN": f"m{number}"} for number in range(16)]
"""More than one transaction takes, with their entries and claims."""

Act = Callable[[Documents, Collection, Callable[[str], Document]], Any]


@dataclass(frozen=True)
class Operation:
    """What is done with the books, its outcome, and which documents are there afterwards."""

    act: Act
    expected: Any
    left: Any = tuple(BOOKS)


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
    "replace": Operation(replaced("a", new=1), None, changed("a", new=1)),
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
    "delete what was changed": Operation(
        lambda documents, books, old: documents.delete(books, [Document({"Id": "a"}, STALE)]), DocumentChangedError
    ),
}


READS = {"get", "find all", "find by an index", "find in order", "find by no index", "count"}


class Place:
    """Documents without the proxy, `clean`, in a table of their own for each attempt: moto copies it at each write."""

    def __init__(self, aws: StandIn, proxy: FaultyProxy) -> None:
        self.aws = aws
        self.name = aws.name
        self.proxy = proxy
        self.through_proxy = client(proxy.url)
        self.clean: Documents

    def run(self, operation: Operation, faults: dict[int, Fault], *, patience: float = 10) -> Any:
        """The outcome of the operation, behind the proxy."""
        table = self.aws.create_table()
        self.clean = DynamoDocuments(Table(self.aws.client, table), lease=0, settle=0)
        self.clean.insert(INDEXED, BOOKS)
        old = {document.id: document for document in found(self.clean, INDEXED)}
        documents = DynamoDocuments(Table(self.through_proxy, table, patience=patience), lease=0, settle=0)
        self.proxy.arm(faults)
        try:
            return operation.act(documents, INDEXED, old.__getitem__)
        except Exception as error:
            return error

    def left(self) -> tuple[dict[str, Any], ...]:
        """The documents that are there, which every way to look at them finds alike."""
        books = INDEXED
        there = values(self.clean, books)
        assert counted(self.clean, books) == len(there)
        for field in ("Title", "Year", "ISBN"):
            assert sorted(ids(self.clean, books, None, {field: 1})) == sorted("".join(book["Id"] for book in there))
            for book in there:
                if isinstance(book.get(field), str):
                    same = [other["Id"] for other in there if other.get(field) == book[field]]
                    assert ids(self.clean, books, {field: book[field]}) == "".join(same)
        return tuple(there)


@pytest.fixture(scope="module")
def place(aws: StandIn, proxy: FaultyProxy) -> Place:
    return Place(aws, proxy)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.value)
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_survives_what_happens_once(place: Place, name: str, fault: Fault) -> None:
    if place.name == "moto" and (fault not in MOTO or name == "insert many"):
        return
    operation = OPERATIONS[name]
    place.run(operation, {})
    calls = list(place.proxy.calls)
    for position in some(positions(fault, calls)):
        forgotten = place.name == "moto" and (fault, calls[position]) == (Fault.LOST, "TransactWriteItems")
        expected = DocumentChangedError if forgotten and name in FORGOTTEN else operation.expected
        result = place.run(operation, {position: fault})
        assert (type(result) if isinstance(result, Exception) else result) == expected, repr(result)
        assert name in READS or place.left() == operation.left


def some(places: list[int]) -> list[int]:
    """All of them, or five from the first to the last."""
    return sorted({places[round(n * (len(places) - 1) / 4)] for n in range(5)}) if places else []


@pytest.mark.parametrize(
    "fault", [Fault.ERROR, Fault.RESET, Fault.LOST, Fault.THROTTLED, Fault.DENIED], ids=lambda fault: fault.value
)
@pytest.mark.parametrize("name", ["get", "find all", "count", "insert", "insert many", "replace", "delete several"])
def test_an_operation_ends_in_an_error_if_it_never_passes(place: Place, name: str, fault: Fault) -> None:
    if place.name == "moto":
        return
    operation = OPERATIONS[name]
    place.run(operation, {})
    calls = list(place.proxy.calls)
    for first in {0, len(calls) // 2, len(calls) - 1}:
        if not can_meet(fault, calls[first]):
            continue
        result = place.run(operation, dict.fromkeys(range(first, 1000), fault), patience=0.3)
        if first == len(calls) - 1 and result is None:
            assert name == "insert many"  # its marks are left, which are taken away another time
        else:
            assert type(result) is (StoreBusyError if fault in BUSY else StoreUnavailableError), repr(result)
        assert place.left() in (tuple(BOOKS), operation.left)


def test_a_replace_that_others_went_over_is_not_called_a_change(place: Place) -> None:
    """The first attempt may have been applied: to look at it again and add once more could add twice."""

    place.run(OPERATIONS["replace"], {})
    put = place.proxy.calls.index("PutItem")

    def act(documents: Documents, books: Collection, old: Callable[[str], Document]) -> None:
        def change() -> None:
            now = get(place.clean, books, "a")
            place.clean.replace(books, [replace(now, value={**now.value, "other": True})])

        place.proxy.arm({put: Fault.LOST}, change)
        replaced("a", new=1)(documents, books, old)

    result = place.run(Operation(act, None), {})
    assert type(result) is StoreUnavailableError, repr(result)
    assert UNKNOWN in str(result)
