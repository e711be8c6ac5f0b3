"""Taking turns at something of which there is a fixed number, for calls that nest."""

import threading
from collections import Counter

from runtime.deadline import Deadline
from runtime.threads import about_to_wait


class Turns:
    """At most `size` calls hold a turn at once.

    Calls nest, and a call holds its turn while it waits for a nested one. So that they can never all wait for each
    other, one turn is kept for each level of nesting that is still possible: calls of depth `d` or less may together
    hold at most `size - (deepest - d)`. Whatever the calls do, one at the deepest level can always run and end.

    That stays so for calls that take a turn here and then one of a second kind, if all of them do it in this order.
    Raises ValueError for a size that is too small. Safe to use from several threads.
    """

    def __init__(self, size: int, deepest: int) -> None:
        if size <= deepest:
            raise ValueError(f"{size} are too few for calls nested {deepest} deep; at least {deepest + 1} are needed.")
        self._size = size
        self._deepest = deepest
        self._changed = threading.Condition()
        self._held_at_depth: Counter[int] = Counter()
        self._held = 0

    @property
    def held(self) -> int:
        """How many turns are held, at all depths together."""
        return self._held

    def take(self, depth: int, deadline: Deadline) -> bool:
        """Wait for a turn of a call at a depth; False when the deadline came first."""
        with self._changed:
            if self._is_free(depth) and not deadline.expired:
                self._hold(depth)
                return True
        about_to_wait()
        forget = deadline.on_early_end(self._wake)
        try:
            with self._changed:
                self._changed.wait_for(lambda: self._is_free(depth) or deadline.expired, timeout=deadline.remaining())
                if deadline.expired or not self._is_free(depth):
                    return False
                self._hold(depth)
                return True
        finally:
            forget()

    def give_back(self, depth: int) -> None:
        """End a turn that was taken at this depth."""
        with self._changed:
            self._held_at_depth[depth] -= 1
            self._held -= 1
            self._changed.notify_all()

    def is_free(self, depth: int) -> bool:
        """Whether a call at a depth would get a turn at once."""
        with self._changed:
            return self._is_free(depth)

    def _hold(self, depth: int) -> None:
        self._held_at_depth[depth] += 1
        self._held += 1

    def _is_free(self, depth: int) -> bool:
        if self._held < self._size - (self._deepest - depth):
            return True  # whatever the depths of those that are held
        held = 0
        for level in range(self._deepest + 1):
            held += self._held_at_depth[level]
            if level >= depth and held >= self._size - (self._deepest - level):
                return False
        return True

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
