"""Tells the operator of logs that cannot be written."""

import sys
import threading


class Failures:
    """A call must not fail because its log cannot be written (disk full, terminal gone).

    So what fails is told on standard error once, and again only after it has worked in between. Safe to use from
    several threads.
    """

    def __init__(self) -> None:
        self._failing: set[object] = set()
        self._lock = threading.Lock()

    def failed(self, sink: object, error: Exception) -> None:
        with self._lock:
            if sink in self._failing:
                return
            self._failing.add(sink)
        print(f"{type(sink).__name__} cannot write the log of calls: {error}", file=sys.stderr, flush=True)

    def worked(self, sink: object) -> None:
        self._failing.discard(sink)
