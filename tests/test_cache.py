"""What is loaded is kept for as long as was said, and loaded by one thread at a time."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from runtime.cache import Cache
from tests.store.engines import Clock

THREADS = 8


class Source:
    """Gives the number of times that it was asked; waits for `go` if it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails = False
        self.go = threading.Event()
        self.go.set()

    def __call__(self, key: str) -> int:
        self.asked.append(key)
        number = len(self.asked)
        assert self.go.wait(30)
        if self.fails:
            raise OSError(number)
        return number

    def wait_for(self, times: int) -> None:
        """Until it was asked that often."""
        give_up_at = time.monotonic() + 30
        while len(self.asked) < times:
            assert time.monotonic() < give_up_at
            time.sleep(0.001)


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.mark.parametrize(
    ("seconds", "moments", "values"),
    [
        pytest.param(5, [0, 4.9], [1, 1], id="young"),
        pytest.param(5, [0, 5], [1, 2], id="old"),
        pytest.param(5, [0, 4, 8, 9], [1, 1, 2, 2], id="a use does not make it younger"),
        pytest.param(5, [0, -1], [1, 2], id="the clock was set back"),
        pytest.param(5, [0, 100_000], [1, 2], id="after a long sleep"),
        pytest.param(0, [0, 0], [1, 2], id="nothing is kept"),
    ],
)
def test_the_lifetime(source: Source, seconds: float, moments: list[float], values: list[int]) -> None:
    clock = Clock()
    start = clock.now
    cache = Cache(source, seconds, clock)
    for moment, value in zip(moments, values, strict=True):
        clock.now = start + moment
        assert cache.get("a") == value


def test_the_age_counts_from_where_loading_began() -> None:
    clock = Clock()

    def load(_: str) -> float:
        clock.now += 3
        return clock.now

    cache = Cache(load, 5, clock)
    first = cache.get("a")
    clock.now += 2
    assert cache.get("a") != first


def test_each_key_has_its_own_value(source: Source) -> None:
    cache = Cache(source, 5, Clock())
    assert [cache.get(key) for key in "abab"] == [1, 2, 1, 2]
    cache.forget("a")
    assert [cache.get(key) for key in "ab"] == [3, 2]


def test_fresh_asks_in_any_case(source: Source) -> None:
    cache = Cache(source, 5, Clock())
    assert [cache.get("a"), cache.fresh("a"), cache.get("a")] == [1, 2, 2]


def test_an_error_is_not_kept(source: Source) -> None:
    cache = Cache(source, 5, Clock())
    source.fails = True
    for _ in range(2):
        with pytest.raises(OSError):
            cache.get("a")
    source.fails = False
    assert cache.get("a") == 3


def test_threads_that_want_the_same_wait_for_one_of_them(source: Source) -> None:
    cache = Cache(source, 5, Clock())
    source.go.clear()
    with ThreadPoolExecutor(THREADS) as threads:
        futures = [threads.submit(cache.get, "a") for _ in range(THREADS)]
        source.wait_for(1)
        source.go.set()
        assert [future.result(30) for future in futures] == [1] * THREADS
    assert source.asked == ["a"]


def test_those_who_wait_get_the_error_too(source: Source) -> None:
    cache = Cache(source, 5, Clock())
    source.fails = True
    source.go.clear()
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(cache.get, "a")
        source.wait_for(1)
        second = threads.submit(cache.get, "a")
        assert not second.done()
        source.go.set()
        assert isinstance(first.exception(30), OSError)
        assert isinstance(second.exception(30), OSError)


def test_what_is_forgotten_while_it_is_loaded_is_not_kept(source: Source) -> None:
    cache = Cache(source, 5, Clock())
    source.go.clear()
    with ThreadPoolExecutor(2) as threads:
        early = threads.submit(cache.get, "a")
        source.wait_for(1)
        cache.forget("a")
        late = threads.submit(cache.get, "a")
        source.wait_for(2)
        source.go.set()
        assert (early.result(30), late.result(30)) == (1, 2)
    assert cache.get("a") == 2
