"""Which runner a call gets, and what becomes of it. Who gets one first is told in tests/test_turns.py."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.deadline import Deadline
from runtime.sandbox.pool import NoRunnerInTime, Pool
from runtime.sandbox.preparation import Preparations
from runtime.sandbox.processes import ForkServer
from runtime.sandbox.runner_process import RunnerProcess
from tests.sandbox.calls import HELLO, code

CODE = code(HELLO)


@pytest.fixture
def fork_server(guest: Path) -> Iterator[ForkServer]:
    server = ForkServer(guest, 128)
    yield server
    server.close()


def acquire(pool: Pool, app: str = "app", depth: int = 0, seconds: float = 20) -> RunnerProcess:
    return pool.acquire(app, CODE, depth, Deadline.after(seconds))


class TestRunners:
    def test_a_runner_is_used_again_by_its_own_app(self, fork_server: ForkServer) -> None:
        pool = Pool(fork_server, Preparations(), size=2, deepest=0)
        first = acquire(pool)
        pool.release(first, 0, reusable=True)
        assert acquire(pool) is first

    def test_a_runner_never_serves_another_app(self, fork_server: ForkServer) -> None:
        pool = Pool(fork_server, Preparations(), size=2, deepest=0)
        first = acquire(pool, "one")
        pool.release(first, 0, reusable=True)
        assert acquire(pool, "two") is not first

    def test_the_pool_stays_within_its_size_over_many_apps(self, fork_server: ForkServer) -> None:
        pool = Pool(fork_server, Preparations(), size=2, deepest=0)
        seen = []
        for app in ("one", "two", "three", "four"):
            runner = acquire(pool, app)
            seen.append(runner)
            pool.release(runner, 0, reusable=True)
        assert [runner._ended for runner in seen] == [True, True, False, False]

    def test_a_runner_that_is_not_reusable_is_replaced(self, fork_server: ForkServer) -> None:
        pool = Pool(fork_server, Preparations(), size=1, deepest=0)
        first = acquire(pool)
        pool.release(first, 0, reusable=False)
        assert first._ended
        assert acquire(pool) is not first

    def test_who_finds_none_free_waits_until_the_deadline(self, fork_server: ForkServer) -> None:
        pool = Pool(fork_server, Preparations(), size=1, deepest=0)
        acquire(pool)
        with pytest.raises(NoRunnerInTime):
            acquire(pool, seconds=0.1)

    def test_who_waits_gets_the_one_that_becomes_free(self, fork_server: ForkServer) -> None:
        pool = Pool(fork_server, Preparations(), size=1, deepest=0)
        first = acquire(pool)
        threading.Timer(0.1, pool.release, (first, 0), {"reusable": True}).start()
        assert acquire(pool) is first

    def test_a_pool_too_small_for_the_nesting_is_refused(self, fork_server: ForkServer) -> None:
        with pytest.raises(ValueError, match="at least 9"):
            Pool(fork_server, Preparations(), size=8, deepest=8)

    def test_a_closed_pool_ends_what_is_given_back(self, fork_server: ForkServer) -> None:
        pool = Pool(fork_server, Preparations(), size=2, deepest=0)
        runner = acquire(pool)
        pool.close()
        pool.release(runner, 0, reusable=True)
        assert runner._ended
