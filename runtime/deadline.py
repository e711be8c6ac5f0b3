"""The moment at which a request must be over, shared by all that happens in it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


class _EarlyEnd:
    """Whether what has a deadline ended before it, and what is to be done then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callbacks: dict[object, Callable[[], object]] = {}
        self.reached = False

    def add(self, callback: Callable[[], object]) -> Callable[[], None]:
        token = object()
        with self._lock:
            if not self.reached:
                self._callbacks[token] = callback
                return lambda: self._remove(token)
        callback()
        return lambda: None

    def reach(self) -> None:
        with self._lock:
            self.reached = True
            callbacks, self._callbacks = list(self._callbacks.values()), {}
        for callback in callbacks:
            callback()

    def _remove(self, token: object) -> None:
        with self._lock:
            self._callbacks.pop(token, None)


@dataclass(frozen=True)
class Deadline:
    """A point on the monotonic clock, in seconds; a jump of the wall clock does not move it.

    What it is for may be over before: a `scope` of it can be ended early, and then nothing made from that scope has
    any time left.
    """

    expires_at: float
    _early_end: _EarlyEnd = field(default_factory=_EarlyEnd, compare=False, repr=False)

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return 0.0 if self._early_end.reached else max(0.0, self.expires_at - time.monotonic())

    @property
    def expired(self) -> bool:
        return self.remaining() == 0

    @property
    def passed(self) -> bool:
        """Whether the moment itself is over, however what it is for ended."""
        return time.monotonic() >= self.expires_at

    @property
    def ended_early(self) -> bool:
        return self._early_end.reached

    def at_most(self, seconds: float) -> "Deadline":
        """The earlier of this deadline and `seconds` from now."""
        return Deadline(min(self.expires_at, time.monotonic() + seconds), self._early_end)

    def scope(self) -> "Deadline":
        """The same moment, for a part that may be over before the whole; it ends with the whole at the latest."""
        part = _EarlyEnd()
        part.add(self._early_end.add(part.reach))
        return Deadline(self.expires_at, part)

    def end(self) -> None:
        """From now on no time is left. What was registered with `on_early_end` is called, in this thread."""
        self._early_end.reach()

    def on_early_end(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Have `callback` called if this ends early; it must not raise. Answers a function that takes it back."""
        return self._early_end.add(callback)
