"""Threads for work that blocks, only few of which compute at once."""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue

Work = Callable[[], None]

PLACES = 2
"""So much work computes at once: one thread of Python runs at a time, and one more may be in SQLite or in a codec."""

PLACE_SECONDS = 0.005
"""How long work keeps its place at most. What takes longer goes on without one, and holds nobody up any more."""

KEPT = 8
"""Threads that are kept for work to come, unless there were more from the start."""

_leave_place: ContextVar[Callable[[], None] | None] = ContextVar("leave_place", default=None)


def about_to_wait() -> None:
    """Told by work that is going to wait for a sandbox, a lock, a disk or the network: others may compute meanwhile."""
    if (leave := _leave_place.get()) is not None:
        leave()


class Threads:
    """Runs work in as many threads as it takes, which are used again: to start one costs more than many a request.

    Threads of Python that all want to run slow each other down: eight requests that read an item take half as long
    again when they begin at once as they do two by two. So what computes has one of a few `places`, until it waits for
    something else, ends, or has had it for a few milliseconds; and work waits for such a place before it begins.

    What is run must not raise. The threads are daemons, so that what still runs does not hold up the end of the
    process. `ahead` of them are there from the start: when there is no memory, a start would hang (Python 3.11).
    """

    def __init__(self, ahead: int = 0, *, places: int = PLACES) -> None:
        self._places = places
        self._ahead = ahead
        self._lock = threading.Lock()
        self._waiting: deque[_Task] = deque()
        self._computing: dict[_Task, float] = {}
        self._started = 0
        self._idle: deque[SimpleQueue[_Task | None]] = deque()
        self._overseer: threading.Thread | None = None
        self._anything_waits = threading.Event()
        self._closed = False
        if ahead:
            self._start_overseer()
        for _ in range(ahead):
            self._idle.append(self._start())

    @property
    def at_work(self) -> int:
        """How many threads have something to do."""
        return self._started - len(self._idle)

    def run(self, work: Work) -> None:
        """Run the work as soon as there is a place for it. Never waits itself."""
        task = _Task(work)
        with self._lock:
            if not self._takes_place(task):
                if self._overseer is None:
                    self._start_overseer()
                self._waiting.append(task)
                self._anything_waits.set()
                return
        self._run_in_thread(task)

    def close(self) -> None:
        """Let idle threads end. What runs and waits still ends as ever; nothing may be given to run any more."""
        with self._lock:
            self._closed = True
        self._anything_waits.set()
        while self._idle:
            self._idle.pop().put(None)

    def _takes_place(self, task: "_Task") -> bool:
        now = time.monotonic()
        while self._computing and next(iter(self._computing.values())) + PLACE_SECONDS <= now:
            del self._computing[next(iter(self._computing))]
        if len(self._computing) >= self._places:
            return False
        self._computing[task] = now
        return True

    def _run_in_thread(self, task: "_Task") -> None:
        try:
            queue = self._idle.pop()  # the one that had work last: its memory is the warmest
        except IndexError:
            queue = self._start()
        queue.put(task)

    def _start(self) -> "SimpleQueue[_Task | None]":
        queue: SimpleQueue[_Task | None] = SimpleQueue()
        threading.Thread(target=self._serve, args=(queue,), name="work", daemon=True).start()
        with self._lock:
            self._started += 1
        return queue

    def _serve(self, queue: "SimpleQueue[_Task | None]") -> None:
        try:
            while task := queue.get():
                while task:
                    _leave_place.set(partial(self._leave, task))
                    task.work()
                    task = self._next_after(task)
                _leave_place.set(None)
                with self._lock:  # so that `close` finds it
                    if self._closed or len(self._idle) >= max(KEPT, self._ahead):
                        break
                    self._idle.append(queue)
        finally:
            with self._lock:
                self._started -= 1

    def _next_after(self, task: "_Task") -> "_Task | None":
        """What this thread goes on with, without another one having to wake up."""
        with self._lock:
            self._computing.pop(task, None)
            return self._next()

    def _leave(self, task: "_Task") -> None:
        with self._lock:
            left = self._computing.pop(task, None)
            following = None if left is None else self._next()
        if following:
            self._begin(following)

    def _next(self) -> "_Task | None":
        return self._waiting.popleft() if self._waiting and self._takes_place(self._waiting[0]) else None

    def _start_overseer(self) -> None:
        overseer = threading.Thread(target=self._oversee, name="places", daemon=True)
        overseer.start()
        self._overseer = overseer

    def _oversee(self) -> None:
        """Begin what has waited for long enough, also when nothing ends and nobody leaves."""
        while self._anything_waits.wait() and not (self._closed and not self._waiting):
            time.sleep(PLACE_SECONDS)
            while True:
                with self._lock:
                    following = self._next()
                    if not self._waiting and not self._closed:
                        self._anything_waits.clear()
                if not following or not self._begin(following):
                    break

    def _begin(self, task: "_Task") -> bool:
        """Run what has waited; if no thread can be had for it, it waits on."""
        try:
            self._run_in_thread(task)
        except (RuntimeError, MemoryError):
            with self._lock:
                self._computing.pop(task, None)
                self._waiting.appendleft(task)
                self._anything_waits.set()
            return False
        return True


@dataclass(frozen=True, eq=False)
class _Task:
    """Work on its way through the threads. Nothing keeps it once it is done: a request may be large."""

    work: Work
