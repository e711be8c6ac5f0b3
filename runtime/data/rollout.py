"""Gets the store ready for a new version of an app: once, whichever of its processes comes first."""

import hashlib
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import asdict

from runtime.apps.app import App
from runtime.data.content_type import ContentType
from runtime.data.rollout_lease import LEASE_SECONDS, Claim, Lease, Version, claim
from runtime.deadline import Deadline
from runtime.store.documents import Documents, DuplicatesExistError, ShardsChangedError
from runtime.store.port import Store

logger = logging.getLogger(__name__)

PREPARATION = 1
"""Goes up when stores have to be prepared again although no app has changed."""

LOOK_SECONDS = 5.0
"""How often a process looks whether another one has made the store ready."""

PATIENCE_SECONDS = 20.0
"""How long the request that began to make it ready waits for that, at most. It goes on in the background."""


class Rollout:
    """Makes the store ready for the apps that are expected, when the first request needs it.

    The record of an app in the store says for which definition that has been done. If it is that of the process,
    nothing happens but one read. If it is another one that was built earlier, one process makes the store ready,
    under a lease; the others serve meanwhile, since each operation makes what it lacks (see Documents). If it was built
    later, this process is a late one of an old version, and leaves the store alone. Safe for use from many threads.
    """

    def __init__(self, store: Store, documents: Documents, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._documents = documents
        self._clock = clock
        self._owner = secrets.token_hex(8)
        self._expected: dict[str, _Expected] = {}

    def expect(self, app: App, built: float) -> None:
        """This version is served from now on; it was built then, in seconds since the epoch."""
        self._expected[app.id] = _Expected(app, Version(definition_of(app), built))

    def ensure(self, app: App, deadline: Deadline) -> None:
        """Called before items of the app are looked at. Raises StoreUnavailableError.

        Returns at once if the store is ready, or if somebody else is making it so. What goes wrong in doing it is
        logged, and another process tries again when the lease is over.
        """
        expected = self._expected.get(app.id)
        if expected and expected.is_to_be_looked_at(self._clock()):
            self._look(expected, deadline)

    def _look(self, expected: "_Expected", deadline: Deadline) -> None:
        match claim(self._store, expected.app.id, expected.version, self._owner, self._clock):
            case Claim.READY:
                self._settle(expected)
            case Claim.OUTDATED:
                logger.info("A later version of %s has been served; the store stays as it is", expected.app.id)
                self._settle(expected)
            case Claim.TAKEN:
                expected.look_again(self._clock() + LOOK_SECONDS)
            case Lease() as lease:
                expected.look_again(self._clock() + LEASE_SECONDS)
                work = threading.Thread(target=self._make_ready, args=(expected, lease), name="rollout", daemon=True)
                work.start()
                # Lambda stands still after the answer: what is nearly done should be done before it.
                work.join(max(0, min(PATIENCE_SECONDS, deadline.remaining() / 2)))

    def _make_ready(self, expected: "_Expected", lease: Lease) -> None:
        app = expected.app
        try:
            with lease.renewed():
                for name in app.definition.types:
                    if not lease.lost:
                        self._prepare(app, name)
            lease.end()
            if lease.lost:
                logger.warning("Another process has begun to make the store ready for %s", app.id)
                return
            self._settle(expected)
            logger.info("The store is ready for %s", app.id)
        except Exception:
            logger.exception("The store cannot be made ready for %s; this is tried again in a minute", app.id)

    def _prepare(self, app: App, name: str) -> None:
        try:
            self._documents.prepare(ContentType.of(app, name).collection)
        except DuplicatesExistError as error:
            logger.error("types.%s.fields.%s.unique: several items have the same value", name, error.field)
        except ShardsChangedError as error:
            logger.error("types.%s.shards: %s", name, error)

    def _settle(self, expected: "_Expected") -> None:
        """There is nothing left to do, unless another version is expected by now."""
        if self._expected.get(expected.app.id) is expected:
            del self._expected[expected.app.id]


class _Expected:
    """A version for which this process does not know yet that the store is ready."""

    def __init__(self, app: App, version: Version) -> None:
        self.app = app
        self.version = version
        self._look_at = 0.0
        self._lock = threading.Lock()

    def is_to_be_looked_at(self, now: float) -> bool:
        """True for one thread at a time."""
        with self._lock:
            if now < self._look_at <= now + LEASE_SECONDS:
                return False
            self._look_at = now + LOOK_SECONDS
            return True

    def look_again(self, moment: float) -> None:
        with self._lock:
            self._look_at = moment


def definition_of(app: App) -> str:
    """Changes whenever something does that the store is to be prepared for."""
    collections = [asdict(ContentType.of(app, name).collection) for name in sorted(app.definition.types)]
    told = [
        {key: sorted(value) if isinstance(value, tuple) else value for key, value in c.items()} for c in collections
    ]
    return hashlib.sha256(json.dumps([PREPARATION, told]).encode()).hexdigest()[:32]
