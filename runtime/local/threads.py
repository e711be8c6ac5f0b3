"""Threads for work that blocks, used again and again: to start one costs more than many a request."""

import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue

Work = Callable[[], None]


class Threads:
    """As many threads as there was work at once, and `ahead` from the start. What they run must not raise.

    Those from the start are there when there is no memory for another one, and a start would hang (Python 3.11).
    They are daemons, so that what still runs does not hold up the end of the process.
    """

    def __init__(self, ahead: int = 0) -> None:
        self._idle: deque[SimpleQueue[Work]] = deque()
        for _ in range(ahead):
            self._idle.append(self._start())

    def run(self, work: Work) -> None:
        """Run the work in a thread that has nothing to do, or in a new one."""
        try:
            queue = self._idle.pop()  # the one that had work last: its memory is the warmest
        except IndexError:
            queue = self._start()
        queue.put(work)

    def _start(self) -> SimpleQueue[Work]:
        queue: SimpleQueue[Work] = SimpleQueue()
        threading.Thread(target=self._serve, args=(queue,), name="request", daemon=True).start()
        return queue

    def _serve(self, queue: SimpleQueue[Work]) -> None:
        while True:
            queue.get()()  # and kept nowhere: a request may be large
            self._idle.append(queue)
