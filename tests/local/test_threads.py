"""Threads that are used again."""

import threading
from queue import SimpleQueue

from runtime.local.threads import Threads

SECONDS = 10


def test_work_that_comes_one_after_the_other_has_one_thread() -> None:
    threads, seen = Threads(), SimpleQueue[threading.Thread]()
    used = set()
    for _ in range(50):
        threads.run(lambda: seen.put(threading.current_thread()))
        used.add(seen.get(timeout=SECONDS))
        _until_idle(threads)
    assert len(used) == 1
    assert used.pop().daemon


def test_work_that_comes_at_once_runs_at_once() -> None:
    threads, meeting = Threads(), threading.Barrier(9)
    for _ in range(3):
        for _ in range(8):
            threads.run(lambda: _ignore(meeting.wait(SECONDS)))
        meeting.wait(SECONDS)


def _until_idle(threads: Threads) -> None:
    """A thread tells its result a moment before it is free for more."""
    moment = threading.Event()
    for _ in range(1000):
        if threads._idle:
            return
        moment.wait(SECONDS / 1000)
    raise AssertionError("the thread does not get idle")


def _ignore(_: object) -> None:
    return None
