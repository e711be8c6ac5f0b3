"""Whatever happens to a single request, records are written once, or not at all and the caller is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from runtime.store.dynamodb.records import DynamoStore
from runtime.store.dynamodb.requests import UNKNOWN
from runtime.store.port import Record, RecordExistsError, StoreBusyError, StoreUnavailableError, VersionConflictError
from tests.store.dynamodb.faults import (
    BUSY,
    DONE,
    LASTING,
    PASSING,
    PATIENCE_SECONDS,
    REFUSALS,
    can_meet,
    outcome,
    positions,
)
from tests.store.dynamodb.restored import RestoredTable
from tests.store.stand_ins.faulty import Fault, FaultyProxy
from tests.store.stand_ins.stand_in import StandIn, client

pytestmark = pytest.mark.slow

NOW = 1_700_000_000.0
PARTITION = "p"
MANY = {f"m{number:02}": {"n": number} for number in range(30)}

Act = Callable[[DynamoStore, str, dict[str, Record]], Any]


@dataclass(frozen=True)
class Operation:
    """What is done in a partition with the records a, b and c, of which the last one has expired, and its outcome.

    `left` is what is there afterwards.
    """

    act: Act
    expected: Any
    left: dict[str, Any]


BEFORE = {"a": {"n": 1}, "b": {"n": 2}}
TOKENS = {"delete", "delete in a version"}
"""What DynamoDB knows again by the token of the request (AWS: TransactWriteItems). moto ignores the token, and answers
that there is nothing to delete any more."""

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
    "restore": Operation(
        lambda store, p, old: store.restore(Record(p, key, value, 1) for key, value in MANY.items()),
        None,
        BEFORE | MANY,
    ),
    "delete": Operation(lambda store, p, old: store.delete(p, "a"), True, {"b": {"n": 2}}),
    "delete in a version": Operation(
        lambda store, p, old: store.delete(p, "a", version=old["a"].version), True, {"b": {"n": 2}}
    ),
    "delete what is not there": Operation(lambda store, p, old: store.delete(p, "c"), False, BEFORE),
    "page": Operation(
        lambda store, p, old: [record.key for record in store.page(p, limit=2, descending=True)], ["b", "a"], BEFORE
    ),
    "trim": Operation(lambda store, p, old: store.trim(p, 1), 1, {"b": {"n": 2}}),
    "partitions": Operation(lambda store, p, old: list(store.partitions()), ["p"], BEFORE),
}


class Place:
    """A store without the proxy, and with it."""

    def __init__(self, aws: StandIn, proxy: FaultyProxy) -> None:
        self.name = aws.name
        self.proxy = proxy
        self.through_proxy = client(proxy.url)
        self.table = RestoredTable(aws)
        self.clean = DynamoStore(self.table.direct, clock=lambda: NOW)
        self.old = {key: self.clean.put(PARTITION, key, value) for key, value in BEFORE.items()}
        self.old["c"] = self.clean.put(PARTITION, "c", {"n": 3}, expires_at=NOW - 1)
        self.table.keep()
        self._calls: dict[str, list[str]] = {}

    def run(self, operation: Operation, faults: Mapping[int, Fault], *, patience: float = 10) -> tuple[Any, Any]:
        """The outcome of the operation and what there is afterwards."""
        self.table.restore()
        store = DynamoStore(self.table.through(self.through_proxy, patience=patience), clock=lambda: NOW)
        self.proxy.arm(faults)
        try:
            result = plain(operation.act(store, PARTITION, self.old))
        except Exception as error:
            result = error
        return result, {record.key: record.value for record in self.clean.page(PARTITION, limit=100)}

    def calls(self, name: str) -> list[str]:
        """What the operation asks for if nothing happens to it."""
        if name not in self._calls:
            self.require_done(name, {})
            self._calls[name] = list(self.proxy.calls)
        return self._calls[name]

    def require_done(self, name: str, faults: Mapping[int, Fault], *, forgotten: bool = False) -> None:
        """Run the operation. It has to come to what it should nevertheless, but for what the stand-in forgets."""
        operation = OPERATIONS[name]
        expected = False if forgotten and name in TOKENS else operation.expected
        result, left = self.run(operation, faults)
        assert (type(result) if isinstance(result, Exception) else result) == expected, repr(result)
        assert left == operation.left


def plain(result: Any) -> Any:
    return (result.key, result.value) if isinstance(result, Record) else result


@pytest.fixture(scope="module")
def place(aws: StandIn, proxy: FaultyProxy) -> Place:
    return Place(aws, proxy)


@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: fault.value)
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_survives_what_happens_once(place: Place, name: str, fault: Fault) -> None:
    for position in positions(fault, place.calls(name)):
        place.require_done(name, {position: fault}, forgotten=fault in DONE and place.name == "moto")


@pytest.mark.parametrize("fault", LASTING, ids=lambda fault: fault.value)
@pytest.mark.parametrize("name", ["get", "insert", "replace", "put", "put_all", "delete", "page", "trim"])
def test_an_operation_ends_in_an_error_if_it_never_passes(place: Place, name: str, fault: Fault) -> None:
    operation = OPERATIONS[name]
    last = len(place.calls(name)) - 1
    if not can_meet(fault, place.calls(name)[last]):
        return
    result, left = place.run(operation, dict.fromkeys(range(last, 500), fault), patience=PATIENCE_SECONDS)
    assert type(result) is (StoreBusyError if fault in BUSY else StoreUnavailableError), repr(result)
    written = left == operation.left
    assert written or left == BEFORE or name == "put_all"
    if fault in DONE and operation.left != BEFORE:
        assert UNKNOWN in str(result)


@pytest.mark.parametrize("fault", REFUSALS, ids=lambda fault: fault.value)
@pytest.mark.parametrize("name", ["insert", "replace", "put", "delete"])
def test_what_was_done_is_not_said_to_be_refused(place: Place, name: str, fault: Fault) -> None:
    """Its answer was lost, and from then on nothing passes."""
    operation = OPERATIONS[name]
    faults = {0: Fault.LOST, **dict.fromkeys(range(1, 500), fault)}
    result, left = place.run(operation, faults, patience=PATIENCE_SECONDS)
    assert type(result) is StoreUnavailableError, repr(result)
    assert UNKNOWN in str(result)
    assert left == operation.left


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
