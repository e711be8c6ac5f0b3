"""What processes remember of a function that may be disabled, and how soon they learn better."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runtime.cloudcode.breaker import Breaker
from runtime.store.port import Record
from runtime.store.sqlite.records import SqliteStore
from tests.cloudcode.breakers import COOLDOWN, is_open, time_out
from tests.store.engines import Clock


class CountingStore(SqliteStore):
    reads = 0

    def get(self, partition: str, key: str) -> Record | None:
        self.reads += 1
        return super().get(partition, key)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stores(tmp_path: Path, clock: Clock) -> Iterator[list[CountingStore]]:
    stores = [CountingStore(tmp_path / "relive.db", clock=clock) for _ in range(2)]
    yield stores
    for store in stores:
        store.close()


@pytest.fixture
def breakers(stores: list[CountingStore], clock: Clock) -> list[Breaker]:
    """Those of two processes, which keep what they have read for five seconds."""
    return [
        Breaker(store, timeouts=3, window_minutes=30, cooldown_minutes=10, cache_seconds=5, clock=clock)
        for store in stores
    ]


def test_calls_within_the_lifetime_cost_one_read(
    stores: list[CountingStore], breakers: list[Breaker], clock: Clock
) -> None:
    for _ in range(20):
        clock.now += 0.2
        assert is_open(breakers[0])
        breakers[0].record_success("a", "f")
    assert stores[0].reads == 1
    clock.now += 5
    assert is_open(breakers[0])
    assert stores[0].reads == 2


def test_many_threads_cost_one_read(stores: list[CountingStore], breakers: list[Breaker]) -> None:
    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(is_open, breakers[:1] * 64))
    assert stores[0].reads == 1


def test_refusing_costs_nothing_either(stores: list[CountingStore], breakers: list[Breaker], clock: Clock) -> None:
    time_out(breakers[0], 3)
    reads = stores[0].reads
    assert not any(is_open(breakers[0]) for _ in range(20))
    assert stores[0].reads == reads + 1


def test_the_one_that_counts_the_last_time_out_refuses_at_once_the_other_within_the_lifetime(
    breakers: list[Breaker], clock: Clock
) -> None:
    first, second = breakers
    assert is_open(second)
    time_out(first, 3)
    assert not is_open(first)
    clock.now += 4.9
    assert is_open(second)
    clock.now += 0.1
    assert not is_open(second)


def test_no_time_out_is_lost(breakers: list[Breaker], clock: Clock) -> None:
    first, second = breakers
    for breaker in (first, second, first):
        time_out(breaker)
    clock.now += 5
    assert not is_open(first)
    assert not is_open(second)


def test_one_of_all_has_the_trial_whatever_they_remember(breakers: list[Breaker], clock: Clock) -> None:
    time_out(breakers[0], 3)
    clock.now += 5
    assert [is_open(breaker) for breaker in breakers] == [False, False]
    clock.now += COOLDOWN - 5
    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(is_open, breakers * 8)) == 1


def test_a_trial_by_what_was_remembered_finds_that_another_one_opened_it(breakers: list[Breaker], clock: Clock) -> None:
    first, second = breakers
    time_out(first, 3)
    clock.now += COOLDOWN - 1
    assert not is_open(second)
    clock.now += 1
    assert is_open(first)
    first.record_success("a", "f")
    assert [is_open(second) for _ in range(3)] == [True, True, True]


def test_enabled_by_another_process(breakers: list[Breaker], clock: Clock) -> None:
    first, second = breakers
    time_out(first, 3)
    second.enable("a", "f")
    assert is_open(second)
    clock.now += 5
    assert is_open(first)
