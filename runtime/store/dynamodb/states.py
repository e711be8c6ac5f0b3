"""The states of collections, remembered for a while."""

import secrets
import threading
import time
from collections.abc import Callable

from runtime.deadline import Deadline
from runtime.store.documents import NEVER, Collection
from runtime.store.dynamodb.actions import MISSING, Item, Key, Put
from runtime.store.dynamodb.failures import ConditionFailedError
from runtime.store.dynamodb.items import in_version
from runtime.store.dynamodb.keys import Keys
from runtime.store.dynamodb.state import State
from runtime.store.dynamodb.table import Table

LEASE_SECONDS = 5.0
"""How long a process goes by a state without looking again."""

WRITE_SECONDS = 5.0
"""How long a write by one state is tried."""

SETTLE_SECONDS = 15.0
"""From a change of a state on until nobody writes by the one before: the lease, the write, and the longest request."""


class States:
    """Safe from many threads. `lease` is in seconds."""

    def __init__(self, table: Table, lease: float = LEASE_SECONDS) -> None:
        self._table = table
        self._lease = lease
        self._lock = threading.Lock()
        # By app and type: what was read, and when, by the monotonic clock and by that of the day.
        self._known: dict[tuple[str, str], tuple[State, float, float]] = {}

    def remembered(self, collection: Collection) -> State | None:
        """The state that may still be gone by."""
        with self._lock:
            known = self._known.get((collection.app, collection.type))
        # By both clocks: the monotonic one may stand still while an instance of Lambda or a machine is asleep, and that
        # of the day may be set back.
        if known and time.monotonic() - known[1] < self._lease and time.time() - known[2] < self._lease:
            return known[0]
        return None

    def forget(self, collection: Collection) -> None:
        """Go by no state any more that was read before."""
        with self._lock:
            self._known.pop((collection.app, collection.type), None)

    def read(self, collection: Collection, deadline: Deadline = NEVER) -> State | None:
        """The state that is there now; None for a collection that nobody has used."""
        asked_at = time.monotonic()
        return self.note(collection, self._table.get(Keys(collection.app, collection.type).state, deadline), asked_at)

    def read_with(self, collection: Collection, key: Key, deadline: Deadline) -> tuple[State | None, Item | None]:
        """The same, and what is at a key, in one request."""
        asked_at = time.monotonic()
        state_key = Keys(collection.app, collection.type).state
        items = self._table.get_many([state_key, key], deadline)
        return self.note(collection, items.get(state_key), asked_at), items.get(key)

    def note(self, collection: Collection, item: Item | None, asked_at: float) -> State | None:
        """The state in an item that was asked for at that moment of the monotonic clock."""
        if item is None:
            return None
        known = self.remembered(collection)
        # Whoever reads along with documents does so all the time; to read the text again would take longer.
        state = known if known and str(known.revision) == item["n"]["N"] else State.read(item)
        with self._lock:
            before = self._known.get((collection.app, collection.type))
            if before is None or before[1] <= asked_at:  # else another thread has asked later
                day = time.time() - (time.monotonic() - asked_at)
                self._known[collection.app, collection.type] = (state, asked_at, day)
        return state

    def created(self, collection: Collection, deadline: Deadline) -> State:
        """The state of a collection that nobody has used, or what somebody else has made of it meanwhile."""
        return self.change(collection, lambda state: state, deadline)

    def change(self, collection: Collection, made: Callable[[State], State], deadline: Deadline) -> State:
        """Write what `made` makes of the state that is there; it is called again if another changes it meanwhile."""
        key = Keys(collection.app, collection.type).state
        while True:
            before = self.read(collection, deadline)
            after = made(before or State.new(collection))
            if before is not None and after is before:
                return before
            revision = secrets.randbits(53)
            item = after.item(key, revision)
            condition = MISSING if before is None or before.revision is None else in_version(before.revision)
            asked_at = time.monotonic()
            try:
                self._table.write(Put(item, condition), deadline)
            except ConditionFailedError:
                continue
            written = self.note(collection, item, asked_at)
            assert written is not None, "an item was noted"
            return written
