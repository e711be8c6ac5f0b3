"""Which keys are the master key, and for how long."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runtime.errors import ReliveError
from runtime.http.authentication import Authentication
from runtime.http.master_key import KEY, PARTITION, ConfiguredMasterKey, KeptMasterKey
from runtime.http.request import read_event
from runtime.store.port import StoreUnavailableError
from runtime.store.sqlite.records import SqliteStore
from tests.function_url import make_event
from tests.store.engines import SHARING, Clock, sharing

KEYS = ("first", "second", "third", "")

Step = Callable[[KeptMasterKey], None]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "relive.db", durable=False)
    yield store
    store.close()


def accept(key: str) -> Step:
    return lambda kept: kept.accept(key)


def rotate(key: str, overlap: float = 0) -> Step:
    return lambda kept: kept.rotate(key, overlap)


@pytest.mark.parametrize(
    ("steps", "seconds", "valid"),
    [
        pytest.param([], 0, [], id="nobody has one"),
        pytest.param([accept("first")], 0, ["first"], id="accepted"),
        pytest.param([accept("first"), accept("first")], 0, ["first"], id="accepted again"),
        pytest.param([accept("first"), accept("second")], 0, ["second"], id="another one accepted"),
        pytest.param([accept("first"), rotate("second")], 0, ["second"], id="rotated"),
        pytest.param([accept("first"), rotate("second", 60)], 59, ["first", "second"], id="in the overlap"),
        pytest.param([accept("first"), rotate("second", 60)], 60, ["second"], id="after the overlap"),
        pytest.param([accept("first"), rotate("second", 60), accept("second")], 0, ["first", "second"], id="shown in the overlap"),
        pytest.param([accept("first"), rotate("second", 60), rotate("third", 60)], 59, ["first", "second", "third"], id="twice"),
        pytest.param([accept("first"), rotate("second", 60), rotate("third", 30)], 30, ["third"], id="a shorter one"),
        pytest.param([accept("first"), rotate("second", 60), rotate("third", 90)], 60, ["second", "third"], id="a longer one"),
        pytest.param([accept("first"), rotate("second", 60), rotate("third")], 0, ["third"], id="an end at once"),
        pytest.param([rotate("first")], 0, ["first"], id="the first of all"),
        pytest.param([accept("first"), rotate("second", 60), rotate("first", 60)], 0, ["first", "second"], id="and back"),
    ],
)  # fmt: skip
def test_what_is_valid(store: SqliteStore, clock: Clock, steps: list[Step], seconds: float, valid: list[str]) -> None:
    kept = KeptMasterKey(store, clock=clock)
    for step in steps:
        step(kept)
    clock.now += seconds
    assert [key for key in KEYS if kept.is_valid(key)] == valid


def test_the_store_does_not_have_the_key(store: SqliteStore) -> None:
    KeptMasterKey(store).accept("first")
    record = store.get(PARTITION, KEY)
    assert record
    assert "first" not in json.dumps(record.value)


def test_others_notice_within_the_lifetime(store: SqliteStore, clock: Clock) -> None:
    server = KeptMasterKey(store, cache_seconds=5, clock=clock)
    operator = KeptMasterKey(store, clock=clock)
    operator.accept("first")
    assert server.is_valid("first")
    operator.rotate("second")
    clock.now += 4.9
    assert [server.is_valid(key) for key in KEYS] == [True, False, False, False]
    clock.now += 0.1
    assert [server.is_valid(key) for key in KEYS] == [False, True, False, False]


@pytest.mark.parametrize("engine", SHARING)
def test_nothing_is_lost_when_many_rotate_at_once(tmp_path: Path, engine: str) -> None:
    make_store = sharing(engine, tmp_path, Clock())
    stores = [make_store() for _ in range(8)]
    kept = KeptMasterKey(stores[0])
    kept.accept("first")
    keys = [f"key-{number}" for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda store, key: KeptMasterKey(store).rotate(key, 60), stores, keys))
    assert all(kept.is_valid(key) for key in ["first", *keys])
    kept.rotate("last")
    assert not any(kept.is_valid(key) for key in ["first", *keys])
    for store in stores:
        store.close()


@pytest.mark.parametrize("text", ["Schlüssel", "\ud800", "a\0b", "x" * 10_000], ids=ascii)
def test_any_text_may_come(store: SqliteStore, text: str) -> None:
    kept = KeptMasterKey(store)
    kept.accept("first")
    for master_key in (kept, ConfiguredMasterKey("first")):
        assert not master_key.is_valid(text)
    kept.accept(text)
    assert kept.is_valid(text)
    assert ConfiguredMasterKey(text).is_valid(text)


def test_a_store_that_fails_lets_nobody_in_and_still_tells_the_owner_why(store: SqliteStore, clock: Clock) -> None:
    KeptMasterKey(store).accept("first")
    kept = KeptMasterKey(store, cache_seconds=5, clock=clock)
    authentication = Authentication(kept)
    requests = [
        read_event(make_event("GET", "/", {"Authorization": f"MasterKey {key}"}), "request-1")
        for key in ("first", "wrong")
    ]
    assert authentication.principal(requests[0]).is_master
    with pytest.raises(ReliveError):
        authentication.principal(requests[1])
    store.close()
    clock.now += 5
    for request in requests:
        with pytest.raises(StoreUnavailableError):
            authentication.principal(request)
    assert [authentication.is_master(request) for request in requests] == [True, False]
    assert not Authentication(KeptMasterKey(store)).is_master(requests[0])
