"""Disables a function that runs out of time again and again, so that it cannot use up the runners."""

import math
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from runtime.cache import Cache
from runtime.errors import ReliveError
from runtime.store.port import Record, RecordExistsError, Store, StoreUnavailableError, VersionConflictError

MINUTE = 60.0

TRIAL_SECONDS = 15 * MINUTE
"""How long a trial call may stay without an ending before another one is let through: its process must have died then.

Longer than any request lasts (Lambda's limit is 15 minutes).
"""


@dataclass(frozen=True)
class _State:
    """What is known of one function; times in seconds since the epoch, 0 for never."""

    timeouts: tuple[float, ...] = ()
    disabled_until: float = 0
    trial_until: float = 0

    @property
    def disabled(self) -> bool:
        return self.disabled_until > 0


class Breaker:
    """Counts the real time-outs of each function (cloud-code section 6: 100 within 30 minutes) and answers 955 beyond.

    After the cool-down one call is let through for a trial. If it runs out of time, the function stays disabled for
    another cool-down; however else it ends, even in an error, the function is open again and its count starts anew.
    The state is in the store, where all processes count together. What a process has read of it is kept in memory for
    `cache_seconds`: for that long, it may let calls through that another one has disabled, or refuse what was enabled.
    """

    def __init__(
        self,
        store: Store,
        *,
        timeouts: int = 100,
        window_minutes: float = 30,
        cooldown_minutes: float = 15,
        cache_seconds: float = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._timeouts = timeouts
        self._window = window_minutes * MINUTE
        self._cooldown = cooldown_minutes * MINUTE
        self._clock = clock
        self._known = Cache(self._stored, cache_seconds, clock)
        self._trials: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def check(self, app_id: str, function: str) -> None:
        """Raise ReliveError 955 if the function is disabled. Report the ending of every call that is let through."""
        record = self._known.get((app_id, function))
        while record is not None:
            now = self._clock()
            state = self._state_at(now, record)
            if not state.disabled:
                return
            if now < (blocked_until := max(state.disabled_until, state.trial_until)):
                raise _disabled(blocked_until - now)
            if self._write(app_id, function, record, replace(state, trial_until=now + TRIAL_SECONDS)):
                with self._lock:
                    self._trials.add((app_id, function))
                return
            record = self._known.fresh((app_id, function))

    def record_timeout(self, app_id: str, function: str) -> None:
        """A call ran out of time. A function that has too many of them in the window is disabled from now on."""
        trial = self._end_trial(app_id, function)
        self._surely(lambda: self._count(app_id, function, trial))

    def record_success(self, app_id: str, function: str) -> None:
        """A call ended in any other way. Costs nothing unless it was the trial."""
        if self._end_trial(app_id, function):
            self._surely(lambda: self._forget_time_outs(app_id, function))

    def record_nothing(self, app_id: str, function: str) -> None:
        """A call ended without telling anything of the function. If it was the trial, the next call is another one."""
        if self._end_trial(app_id, function):
            self._surely(lambda: self._take_back_trial(app_id, function))

    def enable(self, app_id: str, function: str) -> bool:
        """Open the function at once and forget its time-outs; True if it was disabled."""
        record = self._stored((app_id, function))
        self._forget_time_outs(app_id, function)
        return record is not None and _state(record).disabled

    def _stored(self, code: tuple[str, str]) -> Record | None:
        app_id, function = code
        return self._store.get(_partition(app_id), function)

    def _forget_time_outs(self, app_id: str, function: str) -> None:
        self._store.delete(_partition(app_id), function)
        self._known.forget((app_id, function))

    def _take_back_trial(self, app_id: str, function: str) -> None:
        while (record := self._stored((app_id, function))) is not None:
            if self._write(app_id, function, record, replace(_state(record), trial_until=0)):
                return

    def _count(self, app_id: str, function: str, trial: bool) -> None:
        while True:
            now = self._clock()
            record = self._stored((app_id, function))
            state = self._state_at(now, record) if record else _State()
            if state.disabled and not trial:
                return  # it began before the function was disabled
            recent = tuple(moment for moment in state.timeouts if moment > now - self._window)
            counted = _State(timeouts=(*recent, now)[-self._timeouts :])
            if trial or len(counted.timeouts) >= self._timeouts:
                counted = replace(counted, disabled_until=now + self._cooldown)
            if self._write(app_id, function, record, counted):
                return

    def _state_at(self, now: float, record: Record) -> _State:
        """The state without moments that are still to come and cannot be: the clock was wrong when they were noted."""
        state = _state(record)
        return _State(
            timeouts=tuple(moment for moment in state.timeouts if moment <= now),
            disabled_until=state.disabled_until if state.disabled_until <= now + self._cooldown else now,
            trial_until=state.trial_until if state.trial_until <= now + TRIAL_SECONDS else 0,
        )

    def _write(self, app_id: str, function: str, read: Record | None, state: _State) -> bool:
        """Write the state over what was read; False when somebody else was quicker."""
        value = dict(vars(state), timeouts=list(state.timeouts))
        # A disabled function stays so until a trial, however late that comes.
        expires_at = None if state.disabled else self._clock() + self._window
        try:
            if read:
                self._store.replace(_partition(app_id), function, value, version=read.version, expires_at=expires_at)
            else:
                self._store.insert(_partition(app_id), function, value, expires_at=expires_at)
        except (RecordExistsError, VersionConflictError):
            return False
        self._known.forget((app_id, function))
        return True

    def _end_trial(self, app_id: str, function: str) -> bool:
        with self._lock:
            if (app_id, function) not in self._trials:
                return False
            self._trials.remove((app_id, function))
            return True

    def _surely(self, write: Callable[[], object]) -> None:
        # The call has ended and has its answer; that it could not be counted must not change it.
        try:
            write()
        except StoreUnavailableError as error:
            print(f"A time-out could not be counted: {error}", file=sys.stderr, flush=True)


def _partition(app_id: str) -> str:
    return f"breaker/{app_id}"


def _state(record: Record) -> _State:
    value: dict[str, Any] = record.value
    return _State(tuple(value["timeouts"]), value["disabled_until"], value["trial_until"])


def _disabled(seconds: float) -> ReliveError:
    minutes = math.ceil(seconds / MINUTE)
    return ReliveError(
        955, f"It will be tried again in {minutes} {'minute' if minutes == 1 else 'minutes'} at the latest."
    )
