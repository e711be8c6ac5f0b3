"""Threads that are used again, and of which few compute at once."""

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any

import pytest

from runtime import threads as module
from runtime.threads import Threads, about_to_wait

SECONDS = 10


@pytest.fixture
def threads() -> Iterator[Threads]:
    threads = Threads()
    yield threads
    threads.close()


@pytest.fixture
def long_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """A place is held until the work leaves it or ends."""
    monkeypatch.setattr(module, "PLACE_SECONDS", 3600)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_work_that_comes_one_after_the_other_has_one_thread(threads: Threads) -> None:
    seen = SimpleQueue[threading.Thread]()
    used = set()
    for _ in range(50):
        threads.run(lambda: seen.put(threading.current_thread()))
        used.add(seen.get(timeout=SECONDS))
        until(lambda: not threads.at_work)
    assert len(used) == 1
    assert used.pop().daemon


def test_work_that_takes_long_runs_side_by_side(threads: Threads) -> None:
    """Whatever there are places for: each meets all the others."""
    meeting = threading.Barrier(9)
    for _ in range(3):
        for _ in range(8):
            threads.run(lambda: _ignore(meeting.wait(SECONDS)))
        meeting.wait(SECONDS)


@pytest.mark.usefixtures("long_place")
def test_few_compute_at_once(threads: Threads) -> None:
    begun, free = SimpleQueue[int](), threading.Semaphore(0)

    def compute(number: int) -> None:
        begun.put(number)
        free.acquire(timeout=SECONDS)

    for number in range(8):
        threads.run(lambda number=number: compute(number))  # type: ignore[misc]
    order = [begun.get(timeout=SECONDS), begun.get(timeout=SECONDS)]
    for _ in range(6):
        time.sleep(0.01)
        assert begun.empty()
        free.release()
        order.append(begun.get(timeout=SECONDS))
    assert sorted(order[:2]) == [0, 1]
    assert order[2:] == [2, 3, 4, 5, 6, 7]
    free.release(2)


@pytest.mark.usefixtures("long_place")
def test_who_waits_leaves_its_place(threads: Threads) -> None:
    meeting = threading.Barrier(9)

    def wait() -> None:
        about_to_wait()
        about_to_wait()
        meeting.wait(SECONDS)

    for _ in range(8):
        threads.run(wait)
    meeting.wait(SECONDS)


@pytest.mark.usefixtures("long_place")
def test_a_place_that_was_left_is_not_given_back_again(threads: Threads) -> None:
    """Else there would be more places from then on."""
    for _ in range(20):
        threads.run(about_to_wait)
    until(lambda: not threads.at_work)
    assert not threads._computing


def test_elsewhere_nobody_has_a_place() -> None:
    about_to_wait()


def test_what_was_done_is_forgotten(threads: Threads) -> None:
    class Large:
        pass

    large = Large()
    gone = weakref.ref(large)
    threads.run(lambda large=large: _ignore(large))  # type: ignore[misc]
    del large
    until(lambda: gone() is None)


def test_not_all_threads_are_kept(monkeypatch: pytest.MonkeyPatch, threads: Threads) -> None:
    monkeypatch.setattr(module, "KEPT", 3)
    test_work_that_takes_long_runs_side_by_side(threads)
    until(lambda: threads._started == 3)


def test_no_thread_to_be_had(monkeypatch: pytest.MonkeyPatch, threads: Threads) -> None:
    """What had to wait goes on to wait, and begins when there is one."""
    done, free = SimpleQueue[int](), threading.Event()
    for _ in range(2):
        threads.run(lambda: _ignore(free.wait(SECONDS)))
    starts = iter([RuntimeError("can't start new thread"), MemoryError(), None])
    start = threading.Thread.start

    def refused(thread: threading.Thread) -> None:
        if (error := next(starts, None)) is not None:
            raise error
        start(thread)

    threads.run(lambda: done.put(1))
    monkeypatch.setattr(threading.Thread, "start", refused)
    assert done.get(timeout=SECONDS) == 1
    free.set()


def test_no_thread_that_oversees(monkeypatch: pytest.MonkeyPatch, threads: Threads) -> None:
    """Who is told so need not fear that the work is done after all; and what comes later has one again."""
    done, free = SimpleQueue[int](), threading.Event()
    for _ in range(2):
        threads.run(lambda: _ignore(free.wait(SECONDS)))
    with monkeypatch.context() as patched:
        patched.setattr(module, "PLACE_SECONDS", 3600)
        patched.setattr(threading.Thread, "start", _no_thread)
        with pytest.raises(RuntimeError):
            threads.run(lambda: done.put(1))
    with monkeypatch.context() as patched:
        patched.setattr(threads, "_takes_place", lambda _: False)
        threads.run(lambda: done.put(2))
    assert done.get(timeout=SECONDS) == 2
    assert done.empty()
    free.set()


def test_a_thread_that_is_done_while_it_is_closed() -> None:
    """It ends, too."""
    threads = Threads(1)
    closing = threading.Thread(target=threads.close)

    class Idle(deque[Any]):
        def append(self, queue: Any) -> None:
            closing.start()
            closing.join(0.2)
            super().append(queue)

    threads._idle = Idle(threads._idle)
    threads.run(lambda: None)
    until(lambda: threads._started == 0)
    closing.join(SECONDS)


def test_idle_threads_end_when_it_is_closed() -> None:
    threads = Threads(3)
    threads.run(lambda: None)
    until(lambda: not threads.at_work)
    threads.close()
    until(lambda: threads._started == 0)
    assert threads._overseer
    threads._overseer.join(SECONDS)
    assert not threads._overseer.is_alive()


def _no_thread(_: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def _ignore(_: object) -> None:
    return None
