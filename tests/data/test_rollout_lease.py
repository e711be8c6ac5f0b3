"""Who makes the store ready for a version of an app, and who leaves it alone."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from runtime.data.rollout_lease import LEASE_SECONDS, Claim, Lease, Version, claim, known_apps
from runtime.store.port import Store
from tests.store.engines import SHARING, Clock, MakeStore, sharing

FIRST = Version("a", 100)
SAME_AGAIN = Version("a", 200)
NEXT = Version("b", 200)
BACK = Version("a", 300)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=SHARING)
def make_store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[MakeStore]:
    with ExitStack() as closing:
        make = sharing(request.param, tmp_path, clock)

        def make_store() -> Store:
            store = make()
            closing.callback(store.close)
            return store

        yield make_store


@pytest.fixture
def store(make_store: MakeStore) -> Store:
    return make_store()


def outcome(store: Store, clock: Clock, version: Version, owner: str = "other") -> str:
    """What a process that serves this version is told; it does no work that it is given."""
    claimed = claim(store, "shop", version, owner, clock)
    return "work" if isinstance(claimed, Lease) else claimed.name.lower()


def work(store: Store, clock: Clock, version: Version, owner: str = "worker") -> Lease:
    lease = claim(store, "shop", version, owner, clock)
    assert isinstance(lease, Lease)
    return lease


@pytest.mark.parametrize(
    ("done", "then", "told"),
    [
        pytest.param([], FIRST, "work", id="the first of all"),
        pytest.param([FIRST], FIRST, "ready", id="the same"),
        pytest.param([FIRST], SAME_AGAIN, "ready", id="built again"),
        pytest.param([SAME_AGAIN], FIRST, "ready", id="built before, with nothing else for the store"),
        pytest.param([FIRST], NEXT, "work", id="a later one"),
        pytest.param([FIRST, NEXT], FIRST, "outdated", id="a late process of the one before"),
        pytest.param([FIRST, NEXT], NEXT, "ready", id="the later one again"),
        pytest.param([FIRST, NEXT], BACK, "work", id="back to what it was, built anew"),
        pytest.param([FIRST, SAME_AGAIN], Version("b", 150), "outdated", id="between two that are the same"),
        pytest.param([Version("a", 0)], Version("b", 0), "work", id="built nobody knows when"),
    ],
)
def test_after_others_are_done(store: Store, clock: Clock, done: list[Version], then: Version, told: str) -> None:
    for version in done:
        claimed = claim(store, "shop", version, "worker", clock)
        if isinstance(claimed, Lease):
            claimed.end()
    assert outcome(store, clock, then) == told


@pytest.mark.parametrize(
    ("worked_on", "seconds", "then", "told"),
    [
        pytest.param(FIRST, LEASE_SECONDS - 1, FIRST, "taken", id="the same"),
        pytest.param(FIRST, LEASE_SECONDS - 1, NEXT, "taken", id="a later one waits for the one before"),
        pytest.param(FIRST, LEASE_SECONDS, FIRST, "work", id="the same, taken over"),
        pytest.param(FIRST, LEASE_SECONDS, NEXT, "work", id="a later one, where the one before was given up"),
        pytest.param(NEXT, LEASE_SECONDS, FIRST, "outdated", id="a late one leaves a later one alone"),
        pytest.param(FIRST, -1, FIRST, "work", id="the clock was wrong"),
    ],
)  # fmt: skip
def test_while_somebody_is_at_work(
    store: Store, clock: Clock, worked_on: Version, seconds: float, then: Version, told: str
) -> None:
    work(store, clock, worked_on)
    clock.now += seconds
    assert outcome(store, clock, then) == told


def test_one_of_many_gets_the_work(make_store: MakeStore, clock: Clock) -> None:
    stores = [make_store() for _ in range(4)]
    with ThreadPoolExecutor(16) as threads:
        told = list(threads.map(lambda n: outcome(stores[n % 4], clock, FIRST, owner=str(n)), range(16)))
    assert sorted(told) == ["taken"] * 15 + ["work"]


def test_who_was_taken_over_finds_out(store: Store, clock: Clock) -> None:
    late = work(store, clock, FIRST)
    clock.now += LEASE_SECONDS
    other = work(store, clock, FIRST, "other")
    late.end()
    assert late.lost
    assert outcome(store, clock, FIRST) == "taken"
    other.end()
    assert not other.lost
    assert outcome(store, clock, FIRST) == "ready"


def test_signs_of_life_keep_the_work(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.data.rollout_lease.RENEW_SECONDS", 0.001)
    lease = work(store, clock, FIRST)
    with lease.renewed():
        clock.now += LEASE_SECONDS - 1
        while store.get("apps", "shop").value["until"] <= clock.now + 1:  # type: ignore[union-attr]
            pass
        clock.now += LEASE_SECONDS - 1
        assert outcome(store, clock, FIRST) == "taken"
    lease.end()
    assert outcome(store, clock, FIRST) == "ready"


def test_the_apps_that_are_known(store: Store, clock: Clock) -> None:
    assert known_apps(store) == []
    for app in ("shop", "blog"):
        claim(store, app, FIRST, "worker", clock)
    assert known_apps(store) == ["blog", "shop"]
    assert claim(store, "shop", FIRST, "other", clock) is Claim.TAKEN
