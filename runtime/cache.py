"""Values that are loaded once and kept in memory for a while."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Cache(Generic[Key, Value]):
    """Gives what `load` makes of a key, for `seconds` from the moment at which loading began; 0 keeps nothing.

    Safe for use from many threads. While one of them loads, others that want the same key wait for it, and get what it
    gets, be it an error. Errors are not kept.

    `clock` is that of the day. A monotonic one stands still while an instance of Lambda is a snapshot, and what was
    loaded before that would count as new after it. Where the clock is set back, values are loaded again.
    """

    def __init__(self, load: Callable[[Key], Value], seconds: float, clock: Callable[[], float] = time.time) -> None:
        self._load = load
        self._seconds = seconds
        self._clock = clock
        self._kept: dict[Key, tuple[float, Value]] = {}
        self._loading: dict[Key, _Loading[Value]] = {}
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value:
        """Raises what `load` raises."""
        if self._seconds <= 0:
            return self._load(key)
        with self._lock:
            now = self._clock()
            if (kept := self._kept.get(key)) and 0 <= now - kept[0] < self._seconds:
                return kept[1]
            loading = self._loading.get(key)
            if loads_itself := loading is None:
                loading = self._loading[key] = _Loading()
        if loads_itself:
            self._fill(key, loading, now)
        return loading.result()

    def last(self, key: Key) -> Value | None:
        """What was loaded last, however long ago; None when that is nothing."""
        with self._lock:
            kept = self._kept.get(key)
        return kept[1] if kept else None

    def fresh(self, key: Key) -> Value:
        """The value as it is now, whatever was kept."""
        self.forget(key)
        return self.get(key)

    def forget(self, key: Key) -> None:
        """Load the key again for all who ask from now on. What is being loaded for others is not kept."""
        with self._lock:
            self._kept.pop(key, None)
            self._loading.pop(key, None)

    def _fill(self, key: Key, loading: "_Loading[Value]", began: float) -> None:
        try:
            loading.end(self._load(key))
        except BaseException as error:
            loading.fail(error)
        finally:
            with self._lock:
                if self._loading.get(key) is loading:
                    del self._loading[key]
                    if loading.loaded:
                        self._kept[key] = (began, loading.loaded[0])


class _Loading(Generic[Value]):
    """One loading, for all who wait for it."""

    def __init__(self) -> None:
        self.loaded: tuple[Value] | None = None
        self._error: BaseException | None = None
        self._ended = threading.Event()

    def end(self, value: Value) -> None:
        self.loaded = (value,)
        self._ended.set()

    def fail(self, error: BaseException) -> None:
        self._error = error
        self._ended.set()

    def result(self) -> Value:
        self._ended.wait()
        if self.loaded is None:
            assert self._error, "it has ended"
            raise self._error
        return self.loaded[0]
