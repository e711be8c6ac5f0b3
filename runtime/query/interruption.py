"""Stops work on documents midway, once somebody has no more time for it.

A filter may go through a long array for each of its conditions, a sort for each of its fields: in one call, which takes
as long as the expression is large, times the document. So whatever goes through the elements of arrays and objects
counts them, all on one counter: many short arrays take as long as a long one.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from itertools import islice
from typing import TypeVar

from runtime.deadline import Deadline
from runtime.errors import ReliveError

CHECK_EVERY = 100
"""Elements between two checks. Each may cost a few hundred conditions, which is some milliseconds for all of them."""

Element = TypeVar("Element")
Check = Callable[[], object]


@contextmanager
def interruptible(check: Check) -> Iterator[None]:
    """Have `check` called now and then by what goes on inside, in this thread; what it raises ends that."""
    token = _WATCH.set(_Watch(check))
    try:
        yield
    finally:
        _WATCH.reset(token)


def in_time(deadline: Deadline) -> AbstractContextManager[None]:
    """For work on values in this thread. It raises ReliveError 650 when the deadline passes in the middle of it."""

    def check() -> None:
        if deadline.expired:
            raise ReliveError(650, "There was no time left to go through all values.")

    return interruptible(check)


def watched(elements: Collection[Element]) -> Iterable[Element]:
    """The elements, for a loop that can be interrupted. Raises what the check raises."""
    watch = _WATCH.get()
    return elements if watch is None else watch.over(elements)


def worked(steps: int) -> None:
    """Count work that is no loop here, but as much as one over so many elements. Raises what the check raises."""
    watch = _WATCH.get()
    if watch is not None:
        watch.count(steps)


class _Watch:
    __slots__ = ("_check", "_left")

    def __init__(self, check: Check) -> None:
        self._check = check
        self._left = CHECK_EVERY

    def count(self, steps: int) -> None:
        self._left -= steps
        if self._left <= 0:
            self._left = CHECK_EVERY
            self._check()

    def over(self, elements: Collection[Element]) -> Iterable[Element]:
        size = len(elements)
        if size > CHECK_EVERY:
            return self._in_parts(elements, size)
        self.count(size)
        return elements

    def _in_parts(self, elements: Iterable[Element], size: int) -> Iterator[Element]:
        iterator = iter(elements)
        for _ in range(0, size, CHECK_EVERY):
            self.count(CHECK_EVERY)
            yield from islice(iterator, CHECK_EVERY)


_WATCH: ContextVar[_Watch | None] = ContextVar("watch", default=None)
