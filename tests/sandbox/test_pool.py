"""Who gets a runner, who waits, and that nesting never ends in a deadlock."""

import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.deadline import Deadline
from runtime.sandbox.pool import NoRunnerInTime, Pool
from runtime.sandbox.processes import ForkServer, RunnerProcess


@pytest.fixture
def fork_server(guest: Path) -> Iterator[ForkServer]:
    server = ForkServer(guest)
    yield server
    server.close()


def acquire(pool: Pool, app: str = "app", depth: int = 0, seconds: float = 20) -> RunnerProcess:
    return pool.acquire(app, depth, Deadline.after(seconds))


class TestRunners:
    def test_a_runner_is_used_again_by_its_own_app(self, fork_server: ForkServer) -> None:
        pool = Pool(fork_server, size=2, deepest=0)
        first = acquire(pool)
        pool.release(first, 0, reusable=True)
        assert acquire(pool) is first

    def test_a_runner_never_serves_another_app(self, fork_server: ForkServer) -> None:
        pool = Pool(fork_server, size=2, deepest=0)
        first = acquire(pool, "one")
        pool.release(first, 0, reusable=True)
        assert acquire(pool, "two") is not first

    def test_the_pool_stays_within_its_size_over_many_apps(self, fork_server: ForkServer) -> None:
        pool = Pool(fork_server, size=2, deepest=0)
        seen = []
        for app in ("one", "two", "three", "four"):
            runner = acquire(pool, app)
            seen.append(runner)
            pool.release(runner, 0, reusable=True)
        assert [runner._ended for runner in seen] == [True, True, False, False]

    def test_a_runner_that_is_not_reusable_is_replaced(self, fork_server: ForkServer) -> None:
        pool = Pool(fork_server, size=1, deepest=0)
        first = acquire(pool)
        pool.release(first, 0, reusable=False)
        assert first._ended
        assert acquire(pool) is not first

    def test_who_finds_none_free_waits_until_the_deadline(self, fork_server: ForkServer) -> None:
        pool = Pool(fork_server, size=1, deepest=0)
        acquire(pool)
        with pytest.raises(NoRunnerInTime):
            acquire(pool, seconds=0.1)

    def test_who_waits_gets_the_one_that_becomes_free(self, fork_server: ForkServer) -> None:
        pool = Pool(fork_server, size=1, deepest=0)
        first = acquire(pool)
        threading.Timer(0.1, pool.release, (first, 0), {"reusable": True}).start()
        assert acquire(pool) is first

    def test_a_pool_too_small_for_the_nesting_is_refused(self, fork_server: ForkServer) -> None:
        with pytest.raises(ValueError, match="at least 9"):
            Pool(fork_server, size=8, deepest=8)

    def test_a_closed_pool_ends_what_is_given_back(self, fork_server: ForkServer) -> None:
        pool = Pool(fork_server, size=2, deepest=0)
        runner = acquire(pool)
        pool.close()
        pool.release(runner, 0, reusable=True)
        assert runner._ended


class Place:
    """Stands for a runner where only the counting of runners is looked at."""

    app = "app"

    def has_died(self) -> bool:
        return False

    def end(self) -> None:
        pass


class Places:
    """Stands for the fork server."""

    def fork(self, app: str) -> Place:
        return Place()


def counting_pool(size: int, deepest: int) -> Pool:
    return Pool(cast("ForkServer", Places()), size, deepest)


class TestNesting:
    @given(st.integers(0, 4), st.integers(1, 5), st.lists(st.integers(0, 4), max_size=30))
    def test_whatever_is_held_a_chain_to_the_deepest_level_can_go_on(
        self, deepest: int, spare: int, wanted: list[int]
    ) -> None:
        """Calls take runners at any depth, as long as they get them; then any one of them can nest to the end."""
        pool = counting_pool(deepest + spare, deepest)
        held = [depth for depth in wanted if depth <= deepest and pool._may_run(depth) and take(pool, depth)]
        assert len(held) <= deepest + spare
        if held:
            for depth in range(max(held) + 1, deepest + 1):
                assert pool._may_run(depth), f"stuck at depth {depth} while {sorted(held)} are held"
                take(pool, depth)

    @given(st.integers(0, 4), st.integers(1, 5))
    def test_calls_that_are_not_nested_leave_one_runner_for_each_level(self, deepest: int, spare: int) -> None:
        pool = counting_pool(deepest + spare, deepest)
        taken = 0
        while pool._may_run(0):
            take(pool, 0)
            taken += 1
        assert taken == spare

    def test_chains_of_real_threads_all_end(self) -> None:
        pool = counting_pool(size=6, deepest=4)
        ended = []

        def nest(depth: int) -> None:
            runner = acquire(pool, depth=depth)
            if depth < 4:
                nest(depth + 1)
            pool.release(runner, depth, reusable=True)

        threads = [threading.Thread(target=lambda: (nest(0), ended.append(1))) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(ended) == 20


def take(pool: Pool, depth: int) -> bool:
    acquire(pool, depth=depth)
    return True


def test_levels_are_granted_in_order() -> None:
    """The deeper a call, the more runners it may use: each level has one more than the one above it."""
    granted = []
    for depth in range(4):
        pool, count = counting_pool(size=7, deepest=3), 0
        while pool._may_run(depth):
            take(pool, depth)
            count += 1
        granted.append(count)
    assert all(deeper == higher + 1 for higher, deeper in pairwise(granted)), granted
