"""The master key: whoever shows it may do everything."""

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from runtime.cache import Cache
from runtime.store.port import Record, RecordExistsError, Store, VersionConflictError

PARTITION, KEY = "keys", "master"


class MasterKey(Protocol):
    def is_valid(self, candidate: str) -> bool:
        """Whether this is the master key, or one that still counts beside it. May raise StoreUnavailableError."""
        ...

    def was_valid(self, candidate: str) -> bool:
        """Whether it was so when that was last known. Raises nothing."""
        ...


class ConfiguredMasterKey:
    """The one that the settings give. An empty one is nobody's."""

    def __init__(self, key: str) -> None:
        self._digest = _digest(key) if key else None

    def is_valid(self, candidate: str) -> bool:
        return self._digest is not None and hmac.compare_digest(self._digest, _digest(candidate))

    was_valid = is_valid


@dataclass(frozen=True)
class _Accepted:
    """A key that counts, by the hexadecimal digits of its SHA-256, and until when, in seconds since the epoch."""

    digest: str
    until: float | None = None


class KeptMasterKey:
    """The one that the store says, for all processes that share it.

    The store knows keys by their SHA-256 alone, so whoever reads it, a copy or a backup of it, does not have the key:
    it has 256 random bits. Until a key is accepted, nobody has any. What was read is used for `cache_seconds`.
    """

    def __init__(self, store: Store, *, cache_seconds: float = 0, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        self._accepted: Cache[None, list[_Accepted]] = Cache(
            lambda _: _read(store.get(PARTITION, KEY)), cache_seconds, clock
        )

    def is_valid(self, candidate: str) -> bool:
        return self._counts(candidate, self._accepted.get(None))

    def was_valid(self, candidate: str) -> bool:
        return self._counts(candidate, self._accepted.last(None) or [])

    def accept(self, key: str) -> None:
        """See that this is the master key. If it was another one until now, that one is void."""
        self._write(lambda accepted: accepted if _current(accepted) == _digest(key) else [_Accepted(_digest(key))])

    def has_another(self, key: str) -> bool:
        """Whether a key was accepted, and the master key is another one now than this."""
        current = _current(_read(self._store.get(PARTITION, KEY)))
        return current is not None and current != _digest(key)

    def rotate(self, key: str, overlap_seconds: float = 0) -> None:
        """Have this as the master key from now on; others that are valid now stay so for `overlap_seconds` at most."""
        end = self._clock() + overlap_seconds

        def rotated(accepted: list[_Accepted]) -> list[_Accepted]:
            others = [one for one in accepted if one.digest != _digest(key)]
            shortened = [_Accepted(one.digest, end if one.until is None else min(end, one.until)) for one in others]
            return [_Accepted(_digest(key)), *(one for one in shortened if (one.until or 0) > self._clock())]

        self._write(rotated)

    def _counts(self, candidate: str, accepted: list[_Accepted]) -> bool:
        digest = _digest(candidate)
        now = self._clock()
        return any(
            hmac.compare_digest(digest, one.digest) and (one.until is None or now < one.until) for one in accepted
        )

    def _write(self, change: Callable[[list[_Accepted]], list[_Accepted]]) -> None:
        while True:
            record = self._store.get(PARTITION, KEY)
            before = _read(record)
            after = change(before)
            if after == before or self._replace(record, {"accepted": [vars(one) for one in after]}):
                self._accepted.forget(None)
                return

    def _replace(self, record: Record | None, value: dict[str, Any]) -> bool:
        """Write over what was read; False when somebody else was quicker."""
        try:
            if record is None:
                self._store.insert(PARTITION, KEY, value)
            else:
                self._store.replace(PARTITION, KEY, value, version=record.version)
        except (RecordExistsError, VersionConflictError):
            return False
        return True


def _read(record: Record | None) -> list[_Accepted]:
    return [_Accepted(**accepted) for accepted in record.value["accepted"]] if record else []


def _current(accepted: list[_Accepted]) -> str | None:
    return next((one.digest for one in accepted if one.until is None), None)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
