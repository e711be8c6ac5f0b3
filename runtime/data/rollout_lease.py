"""The record that says for which definition of an app the store is ready, and who makes it so for another one."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from enum import Enum, auto

from runtime.store.port import Record, RecordExistsError, Store, StoreError, VersionConflictError

PARTITION = "apps"

LEASE_SECONDS = 60.0
"""After so long without a sign of life, somebody else may take the work over."""

RENEW_SECONDS = 15.0


@dataclass(frozen=True)
class Version:
    """What the store is to be ready for; `built` is in seconds since the epoch, and decides which version is later."""

    definition: str
    built: float


@dataclass(frozen=True)
class _State:
    """`owner` makes the store ready for the version, and has said so before `until`; empty: it is ready."""

    definition: str
    built: float
    owner: str = ""
    until: float = 0


class Claim(Enum):
    """Why a version needs no work, or none of this process."""

    READY = auto()
    OUTDATED = auto()
    TAKEN = auto()


class Lease:
    """The work is this process's, until it is `lost`: the process stood still for so long that another one has it."""

    def __init__(self, store: Store, app_id: str, state: _State, record: Record, clock: Callable[[], float]) -> None:
        self._store = store
        self._app_id = app_id
        self._state = state
        self._record = record
        self._clock = clock
        self.lost = False

    @contextmanager
    def renewed(self) -> Iterator[None]:
        """Show a sign of life now and then, from a thread of its own."""
        over = threading.Event()

        def renew() -> None:
            while not over.wait(RENEW_SECONDS) and not self.lost:
                try:
                    self._write(replace(self._state, until=self._clock() + LEASE_SECONDS))
                except StoreError:
                    continue  # there is time for some more attempts

        thread = threading.Thread(target=renew, name="rollout lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def end(self) -> None:
        """The store is ready."""
        self._write(replace(self._state, owner="", until=0))

    def _write(self, state: _State) -> None:
        try:
            self._record = self._store.replace(PARTITION, self._app_id, asdict(state), version=self._record.version)
        except VersionConflictError:
            self.lost = True


def claim(
    store: Store, app_id: str, version: Version, owner: str, clock: Callable[[], float] = time.time
) -> Claim | Lease:
    """Find out whether the store has to be made ready for this version, and if so, see to it that nobody else does it.

    Raises StoreUnavailableError.
    """
    while True:
        record = store.get(PARTITION, app_id)
        now = clock()
        wanted = _State(version.definition, version.built, owner, now + LEASE_SECONDS)
        if record is not None:
            found = _State(**record.value)
            if found.owner and now < found.until <= now + LEASE_SECONDS:
                return Claim.TAKEN  # be it for an old version: two at once could undo what the other one does
            if found.built > version.built and found.definition != version.definition:
                return Claim.OUTDATED
            if found.definition == version.definition and not found.owner:
                if found.built >= version.built:
                    return Claim.READY
                wanted = replace(found, built=version.built)
        try:
            if record is None:
                written = store.insert(PARTITION, app_id, asdict(wanted))
            else:
                written = store.replace(PARTITION, app_id, asdict(wanted), version=record.version)
        except (RecordExistsError, VersionConflictError):
            continue
        return Lease(store, app_id, wanted, written, clock) if wanted.owner else Claim.READY


def known_apps(store: Store) -> list[str]:
    """The ids of the apps for which the store has been made ready, in order; at most ten."""
    return [record.key for record in store.page(PARTITION, limit=10)]
