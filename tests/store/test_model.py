"""Any order of operations gives what a dictionary would."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from runtime.store.port import Record, RecordExistsError, VersionConflictError
from tests.store.engines import ENGINES, Clock

PARTITIONS = st.sampled_from(["p", "p/q"])
KEYS = st.sampled_from(["a", "ab", "Z", "\U0001f642", "\uffff"])
VALUES = st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=5) | st.none(), max_size=2)
LIFETIMES = st.none() | st.sampled_from([-1.0, 0.0, 1.0, 50.0])


class StoreMachine(RuleBasedStateMachine):
    """`records` is the model; `seen` are records that were read or written at some time, most of them out of date."""

    engine = "sqlite-not-durable"

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.store = ENGINES[self.engine](Path(self.folder.name), self.clock)
        self.records: dict[tuple[str, str], Record] = {}
        self.seen: list[Record] = []

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def live(self, partition: str) -> list[Record]:
        now = self.clock.now
        found = [r for r in self.records.values() if r.partition == partition and (r.expires_at or now + 1) > now]
        return sorted(found, key=lambda record: record.key.encode())

    def current(self, partition: str, key: str) -> Record | None:
        return next((record for record in self.live(partition) if record.key == key), None)

    def expiry(self, lifetime: float | None) -> float | None:
        return None if lifetime is None else self.clock.now + lifetime

    def wrote(self, record: Record) -> None:
        assert record.version not in {earlier.version for earlier in self.seen}
        self.records[record.partition, record.key] = record
        self.seen.append(record)

    @rule(partition=PARTITIONS, key=KEYS, value=VALUES, lifetime=LIFETIMES)
    def insert(self, partition, key, value, lifetime) -> None:
        if self.current(partition, key):
            with pytest.raises(RecordExistsError):
                self.store.insert(partition, key, value)
        else:
            self.wrote(self.store.insert(partition, key, value, expires_at=self.expiry(lifetime)))

    @rule(partition=PARTITIONS, key=KEYS, value=VALUES, lifetime=LIFETIMES)
    def put(self, partition, key, value, lifetime) -> None:
        self.wrote(self.store.put(partition, key, value, expires_at=self.expiry(lifetime)))

    @rule(partition=PARTITIONS, values=st.dictionaries(KEYS, VALUES, max_size=3), lifetime=LIFETIMES)
    def put_all(self, partition, values, lifetime) -> None:
        for record in self.store.put_all(partition, values, expires_at=self.expiry(lifetime)):
            self.wrote(record)

    @precondition(lambda self: self.seen)
    @rule(data=st.data(), value=VALUES, lifetime=LIFETIMES)
    def replace(self, data, value, lifetime) -> None:
        old = data.draw(st.sampled_from(self.seen))
        if self.current(old.partition, old.key) == old:
            expires_at = self.expiry(lifetime)
            self.wrote(self.store.replace(old.partition, old.key, value, version=old.version, expires_at=expires_at))
        else:
            with pytest.raises(VersionConflictError):
                self.store.replace(old.partition, old.key, value, version=old.version)

    @precondition(lambda self: self.seen)
    @rule(data=st.data(), conditional=st.booleans())
    def delete(self, data, conditional) -> None:
        old = data.draw(st.sampled_from(self.seen))
        current = self.current(old.partition, old.key)
        expected = current == old if conditional else current is not None
        assert self.store.delete(old.partition, old.key, version=old.version if conditional else None) == expected
        if expected:
            del self.records[old.partition, old.key]

    @rule(partition=PARTITIONS, keep=st.integers(0, 4))
    def trim(self, partition, keep) -> None:
        live = self.live(partition)
        gone = live[: max(0, len(live) - keep)]
        assert self.store.trim(partition, keep) == len(gone)
        for record in gone:
            del self.records[record.partition, record.key]

    @rule(seconds=st.sampled_from([1.0, 30.0, 100.0]))
    def time_passes(self, seconds) -> None:
        self.clock.now += seconds

    @rule(partition=PARTITIONS, after=st.none() | KEYS, limit=st.integers(0, 4), descending=st.booleans())
    def page(self, partition, after, limit, descending) -> None:
        expected = self.live(partition)[:: -1 if descending else 1]
        if after is not None:
            bound = after.encode()
            expected = [r for r in expected if (r.key.encode() < bound if descending else r.key.encode() > bound)]
        assert list(self.store.page(partition, after=after, limit=limit, descending=descending)) == expected[:limit]

    @invariant()
    def every_record_is_as_in_the_model(self) -> None:
        for partition in ("p", "p/q"):
            live = self.live(partition)
            assert list(self.store.page(partition)) == live
            for record in live:
                assert self.store.get(partition, record.key) == record


TestStoreMachine = pytest.mark.slow(StoreMachine.TestCase)
TestStoreMachine.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


class MinistackMachine(StoreMachine):
    engine = "dynamodb-ministack"


class MotoMachine(StoreMachine):
    engine = "dynamodb-moto"


# Each step is a dozen of requests, and moto answers one at a time.
FEW = settings(TestStoreMachine.settings, max_examples=8, stateful_step_count=20)

TestMinistackMachine = pytest.mark.slow(MinistackMachine.TestCase)
TestMinistackMachine.settings = FEW
TestMotoMachine = pytest.mark.slow(MotoMachine.TestCase)
TestMotoMachine.settings = FEW
