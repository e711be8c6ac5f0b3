"""Whatever happens to a single request, records are written once, or not at all and the caller is told."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from runtime.store.dynamodb.records import DynamoStore
from runtime.store.dynamodb.requests import UNKNOWN
from runtime.store.dynamodb.table import Table
from runtime.store.port import Record, RecordExistsError, StoreBusyError, StoreUnavailableError, VersionConflictError
from tests.store.dynamodb.faults import BUSY, DONE, PASSING, can_meet, outcome, positions
from tests.store.stand_ins.faulty import Fault, FaultyProxy
from tests.store.stand_ins.stand_in import StandIn, client

pytestmark = pytest.mark.slow

NOW = 1_700_000_000.0
MANY = {f"m{number:02}": {"n": number} for number in range(30)}

Act = Callable[[DynamoStore, str, dict[str, Record]], Any]


@dataclass(frozen=True)
class Operation:
    """What is done in a partition with the records a, b and c, of which the last one has expired, and its outcome."""

    act: Act
    expected: Any
    left: dict[str, Any]


BEFORE = {"a": {"n": 1}, "b": {"n": 2}}
TOKENS = {"delete", "delete in a version"}
"""What DynamoDB knows again by the token of the request (AWS: TransactWriteItems). moto ignores the token, and answers
that there is nothing to delete any more."""

MOTO = {Fault.ERROR, Fault.LOST, Fault.CONFLICT, Fault.PARTIAL, Fault.TRUNCATED_PAGE}
"""What is tried on moto, which is slow; there is one code for both."""

OPERATIONS = {
    "get": Operation(lambda store, p, old: store.get(p, "a"), ("a", {"n": 1}), BEFORE),
    "get what is not there": Operation(lambda store, p, old: store.get(p, "x"), None, BEFORE),
    "get what expired": Operation(lambda store, p, old: store.get(p, "c"), None, BEFORE),
    "insert": Operation(
        lambda store, p, old: store.insert(p, "x", {"n": 9}), ("x", {"n": 9}), BEFORE | {"x": {"n": 9}}
    ),
    "insert over what expired": Operation(
        lambda store, p, old: store.insert(p, "c", {"n": 9}), ("c", {"n": 9}), BEFORE | {"c": {"n": 9}}
    ),
    "insert what is there": Operation(lambda store, p, old: store.insert(p, "a", {}), RecordExistsError, BEFORE),
    "replace": Operation(
        lambda store, p, old: store.replace(p, "a", {"n": 9}, version=old["a"].version),
        ("a", {"n": 9}),
        BEFORE | {"a": {"n": 9}},
    ),
    "put": Operation(lambda store, p, old: store.put(p, "a", {"n": 9}), ("a", {"n": 9}), BEFORE | {"a": {"n": 9}}),
    "put_all": Operation(lambda store, p, old: len(store.put_all(p, MANY)), 30, BEFORE | MANY),
    "delete": Operation(lambda store, p, old: store.delete(p, "a"), True, {"b": {"n": 2}}),
    "delete in a version": Operation(
        lambda store, p, old: store.delete(p, "a", version=old["a"].version), True, {"b": {"n": 2}}
    ),
    "delete what is not there": Operation(lambda store, p, old: store.delete(p, "c"), False, BEFORE),
    "page": Operation(
        lambda store, p, old: [record.key for record in store.page(p, limit=2, descending=True)], ["b", "a"], BEFORE
    ),
    "trim": Operation(lambda store, p, old: store.trim(p, 1), 1, {"b": {"n": 2}}),
}


class Place:
    """A store behind the proxy and the same table without it; a partition for each attempt."""

    def __init__(self, aws: StandIn, proxy: FaultyProxy) -> None:
        self.name = aws.name
        self.proxy = proxy
        self.table = aws.create_table()
        self.clean = DynamoStore(Table(aws.client, self.table), clock=lambda: NOW)
        self.through_proxy = client(proxy.url)
        self.partitions = (f"p{number}" for number in itertools.count())

    def run(self, operation: Operation, faults: dict[int, Fault], *, patience: float = 10) -> tuple[Any, Any]:
        """The outcome of the operation and what there is afterwards."""
        partition = next(self.partitions)
        old = {key: self.clean.put(partition, key, value) for key, value in BEFORE.items()}
        old["c"] = self.clean.put(partition, "c", {"n": 3}, expires_at=NOW - 1)
        store = DynamoStore(Table(self.through_proxy, self.table, patience=patience), clock=lambda: NOW)
        self.proxy.arm(faults)
        try:
            result = plain(operation.act(store, partition, old))
        except Exception as error:
            result = error
        return result, {record.key: record.value for record in self.clean.page(partition, limit=100)}


def plain(result: Any) -> Any:
    return (result.key, result.value) if isinstance(result, Record) else result


@pytest.fixture(scope="module")
def place(aws: StandIn, proxy: FaultyProxy) -> Iterator[Place]:
    return Place(aws, proxy)


@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: fault.value)
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_survives_what_happens_once(place: Place, name: str, fault: Fault) -> None:
    operation = OPERATIONS[name]
    place.run(operation, {})
    if place.name == "moto" and fault not in MOTO:
        return
    forgotten = place.name == "moto" and name in TOKENS and fault in DONE
    expected = False if forgotten else operation.expected
    for position in positions(fault, list(place.proxy.calls)):
        result, left = place.run(operation, {position: fault})
        assert (type(result) if isinstance(result, Exception) else result) == expected, repr(result)
        assert left == operation.left


@pytest.mark.parametrize("fault", [*PASSING[:-4], Fault.TOO_SLOW, Fault.DENIED], ids=lambda fault: fault.value)
@pytest.mark.parametrize("name", ["get", "insert", "replace", "put", "put_all", "delete", "page", "trim"])
def test_an_operation_ends_in_an_error_if_it_never_passes(place: Place, name: str, fault: Fault) -> None:
    operation = OPERATIONS[name]
    place.run(operation, {})
    if place.name == "moto" or not can_meet(fault, place.proxy.calls[-1]):
        return
    last = len(place.proxy.calls) - 1
    result, left = place.run(operation, dict.fromkeys(range(last, 500), fault), patience=0.5)
    assert type(result) is (StoreBusyError if fault in BUSY else StoreUnavailableError), repr(result)
    written = left == operation.left
    assert written or left == BEFORE or name == "put_all"
    if fault in DONE and operation.left != BEFORE:
        assert UNKNOWN in str(result)


def test_a_replace_that_others_went_over_is_not_called_a_conflict(place: Place) -> None:
    """The first attempt may have been applied: to read again and add once more could add twice."""

    def act(store: DynamoStore, partition: str, old: dict[str, Record]) -> Any:
        place.proxy.arm({0: Fault.LOST}, lambda: place.clean.put(partition, "a", {"n": 7}))
        return store.replace(partition, "a", {"n": 9}, version=old["a"].version)

    result, left = place.run(Operation(act, None, {}), {})
    assert type(result) is StoreUnavailableError
    assert UNKNOWN in str(result)
    assert left == BEFORE | {"a": {"n": 7}}


def test_a_replace_that_came_too_late_is_a_conflict(place: Place) -> None:
    def act(store: DynamoStore, partition: str, old: dict[str, Record]) -> Any:
        place.clean.replace(partition, "a", {"n": 7}, version=old["a"].version)
        return outcome(lambda: store.replace(partition, "a", {"n": 9}, version=old["a"].version))

    assert place.run(Operation(act, None, {}), {})[0] is VersionConflictError
