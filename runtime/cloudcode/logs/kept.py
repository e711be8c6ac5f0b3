"""The newest calls of each app, kept in the store."""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from runtime.cloudcode.logs.record import CallRecord
from runtime.store.port import Record, Store

DAY = 86_400.0

LATE_SECONDS = 5.0
"""How long a writer may take between naming a record and having stored it; a follower looks that far back."""


@dataclass(frozen=True)
class KeptCall:
    """A kept record; `key` is its place in the order in which calls ended."""

    key: str
    record: CallRecord


class KeptLogs:
    """A LogSink that keeps an app's newest `entries` calls, for `days` days, and reads them back.

    To count on every write would cost more than the write. So a process trims an app's log at its first call and then
    after each hundredth part of `entries`: for that long there may be up to one percent more.
    """

    def __init__(
        self, store: Store, *, entries: int = 10_000, days: float = 7, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._entries = entries
        self._lifetime = days * DAY
        self._clock = clock
        self._trim_interval = max(1, entries // 100)
        self._written: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._last_microsecond = 0
        self._writer = secrets.token_hex(4)

    def write(self, record: CallRecord) -> None:
        self.write_all([record])

    def write_all(self, records: Sequence[CallRecord]) -> None:
        """Keep several records, in this order. If it fails, some may be kept."""
        expires_at = self._clock() + self._lifetime
        values: dict[str, dict[str, dict[str, Any]]] = {}
        for record in records:
            values.setdefault(record.app, {})[self._next_key()] = record.to_json()
        for app_id, of_app in values.items():
            self._store.put_all(_partition(app_id), of_app, expires_at=expires_at)
            if self._is_time_to_trim(app_id, len(of_app)):
                self._store.trim(_partition(app_id), self._entries)

    def page(
        self, app_id: str, *, after: str | None = None, limit: int = 100, newest_first: bool = True
    ) -> Sequence[KeptCall]:
        """Up to `limit` calls from the one that follows the key `after` on, in the order asked for."""
        records = self._store.page(_partition(app_id), after=after, limit=limit, descending=newest_first)
        return [_kept_call(record) for record in records]

    def follow(
        self, app_id: str, *, newest: int = 0, interval: float = 0.5, stop: threading.Event | None = None
    ) -> Iterator[KeptCall]:
        """The `newest` calls so far, oldest first, then each further one as it is written, until `stop` is set.

        Calls of other processes appear here some moments after they were named, and not always in the order of their
        names. So each look goes back a little, and what was seen is left out.
        """
        stop = stop or threading.Event()
        next_horizon = self._horizon()
        seen = {call.key for call in self._since(app_id, next_horizon)}
        for call in reversed(self.page(app_id, limit=newest)):
            seen.add(call.key)
            yield call
        while not stop.wait(interval):
            horizon, next_horizon = next_horizon, self._horizon()
            seen = {key for key in seen if key > horizon}
            for call in self._since(app_id, horizon):
                if call.key not in seen:
                    seen.add(call.key)
                    yield call

    def _since(self, app_id: str, key: str) -> Iterator[KeptCall]:
        while calls := self.page(app_id, after=key, newest_first=False):
            yield from calls
            key = calls[-1].key

    def _horizon(self) -> str:
        return _key(_microseconds(self._clock() - LATE_SECONDS))

    def _next_key(self) -> str:
        """A name that no other writer makes and that comes after all others of this one, whatever the clock does."""
        with self._lock:
            self._last_microsecond = max(_microseconds(self._clock()), self._last_microsecond + 1)
            return _key(self._last_microsecond, self._writer)

    def _is_time_to_trim(self, app_id: str, written: int) -> bool:
        with self._lock:
            before = self._written[app_id]
            self._written[app_id] += written
            # The first one, then each that begins another interval.
            return -(-before // self._trim_interval) < -(-self._written[app_id] // self._trim_interval)


def _partition(app_id: str) -> str:
    return f"logs/{app_id}"


def _microseconds(seconds: float) -> int:
    return int(seconds * 1_000_000)


def _key(microsecond: int, writer: str = "") -> str:
    return f"{microsecond:017d}-{writer}"


def _kept_call(record: Record) -> KeptCall:
    return KeptCall(record.key, CallRecord.from_json(record.value))
