"""Documents as one read gets them: of entries, of keys, or all of them."""

import itertools
import time
from collections.abc import Iterable, Iterator

from runtime.deadline import Deadline
from runtime.errors import ReliveError
from runtime.store.documents import Collection
from runtime.store.dynamodb.actions import Condition, Key
from runtime.store.dynamodb.batch_marks import BatchMarks
from runtime.store.dynamodb.items import Stored, stored
from runtime.store.dynamodb.keys import Keys
from runtime.store.dynamodb.state import State
from runtime.store.dynamodb.states import States
from runtime.store.dynamodb.table import READ_ITEMS, Table

SHARE_BYTES = 4 * 1024 * 1024
"""How large documents may be that are read together, as soon as it is known how large they are."""


class StaleStateError(Exception):
    """Somebody has changed the state of the collection since it was read; `state` is the new one."""

    def __init__(self, state: State) -> None:
        super().__init__("The state of the collection is another one.")
        self.state = state


class StoredDocuments:
    """For one read of a collection, by a state that may be a little older than the documents.

    The first documents that entries lead to come together with the state that is there by then; if it is another one,
    the entries may have been looked for in the wrong way, and StaleStateError is raised.
    """

    def __init__(
        self, table: Table, collection: Collection, states: States, state: State, marks: BatchMarks, deadline: Deadline
    ) -> None:
        self._table = table
        self._collection = collection
        self._states = states
        self._state = state
        self._keys = Keys(collection.app, collection.type, state.shards)
        self._marks = marks
        self._deadline = deadline
        self._verified = False
        self.looked_at = 0

    def of(self, keys: Iterable[Key], hint: int | None) -> Iterator[Stored]:
        """Those that are there, in the order of the keys. `hint` is how many are likely to be needed; None: all."""
        remaining = iter(keys)
        # One of the keys that a request takes is that of the state.
        share = READ_ITEMS - 1 if hint is None else min(READ_ITEMS - 1, max(1, hint))
        while asked := list(itertools.islice(remaining, share)):
            found = self._get(asked)
            for key in asked:
                if document := found.get(key):
                    yield document
            size = sum(document.size for document in found.values())
            share = max(1, min(READ_ITEMS, share * 4 if size * 4 <= SHARE_BYTES else share * SHARE_BYTES // size))

    def all(self, filter: Condition | None) -> Iterator[Stored]:
        """All of them that pass the filter, in no order. Counts in `looked_at` what the filter was asked about."""
        for shard in range(self._keys.shards):
            for page in self._table.query(self._keys.documents(shard), self._deadline, filter=filter):
                self.looked_at += page.scanned
                self._marks.look_up(page.items)
                for item in page.items:
                    self.require_time()
                    if self._marks.counts(item):
                        yield stored(item)

    def verify(self) -> None:
        """Raise StaleStateError if the state is another one, unless it has been looked at since."""
        if not self._verified:
            self._get([])

    def require_time(self) -> None:
        """Raises ReliveError 650."""
        if self._deadline.expired:
            raise ReliveError(650)

    def _get(self, keys: list[Key]) -> dict[Key, Stored]:
        """The documents, and the state with the first of them: one request."""
        self.require_time()
        with_state = [] if self._verified else [self._keys.state]
        asked_at = time.monotonic()
        items = self._table.get_many([*with_state, *keys], self._deadline)
        if with_state:
            there = self._states.note(self._collection, items.pop(self._keys.state, None), asked_at)
            if there and there.revision != self._state.revision:
                raise StaleStateError(there)
            self._verified = True
        self._marks.look_up(items.values())
        return {key: stored(item) for key, item in items.items() if self._marks.counts(item)}
