"""Makes indexes and claims of unique values from the documents that are there, and drops them.

Others read and write meanwhile. What is to be made belongs to every write once the state says so and nobody goes by an
older one any more; then each document is looked at. How far that has come is in the state, so that nothing is lost if
it ends early, and another process can go on.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Literal

from runtime.deadline import Deadline
from runtime.errors import ReliveError
from runtime.store.documents import NEVER, Collection, DuplicatesExistError
from runtime.store.dynamodb.actions import Key, successor
from runtime.store.dynamodb.batch_marks import BatchMarks
from runtime.store.dynamodb.duplicates import first_duplicate
from runtime.store.dynamodb.filling import Filling
from runtime.store.dynamodb.items import unmarked
from runtime.store.dynamodb.keys import CLAIM_PARTS, Keys
from runtime.store.dynamodb.state import Dropped, Making, State
from runtime.store.dynamodb.states import SETTLE_SECONDS, States
from runtime.store.dynamodb.table import Table
from runtime.store.indexes import Marks, wanted

CLEAR_SECONDS = 120.0
"""When entries and claims that were dropped are deleted: whoever reads by an older state has ended by then."""

PAGE = 100
"""Documents after which it is noted how far the making has come."""

PAUSE_SECONDS = 0.1

Kind = Literal["entries_made", "claims_made"]


class Makers:
    """Makes what collections need. `settle` is how long writes may go by an older state, in seconds."""

    def __init__(self, table: Table, states: States, settle: float = SETTLE_SECONDS) -> None:
        self._table = table
        self._states = states
        self._settle = settle

    def complete(self, collection: Collection, deadline: Deadline) -> None:
        """Make the indexes that the collection asks for and that are missing, unique or not.

        Raises ReliveError 650; what is made by then is kept.
        """
        state = self._states.read(collection, deadline) or self._states.created(collection, deadline)
        if state.indexes.serve(collection):
            return
        state = self._states.change(collection, lambda there: there.begun(collection, time.time()), deadline)
        while not state.indexes.serve(collection):
            incomplete = [field for field in wanted(collection) if field in state.entries_made]
            state = self._advanced(collection, state, "entries_made", incomplete, deadline)
            if not set(wanted(collection)) <= set(state.indexes.by_field):  # another definition was prepared meanwhile
                state = self._states.change(collection, lambda there: there.begun(collection, time.time()), deadline)

    def make_unique(self, collection: Collection, deadline: Deadline) -> None:
        """Make all indexes that are missing, and those unique that are to be: all of them, or none.

        Raises DuplicatesExistError and ReliveError 650.
        """
        while True:
            self.complete(collection, deadline)
            state = self._states.read(collection, deadline)
            assert state is not None, "it was made"
            if state.indexes.enforce(collection):
                return
            if duplicate := first_duplicate(self._table, self._states, state, collection, deadline):
                raise DuplicatesExistError(*duplicate)
            state = self._states.change(collection, lambda there: there.claiming(collection, time.time()), deadline)
            claims = {field: state.claims[field] for field in collection.unique if field in state.claims_made}
            try:
                while fields := [field for field in claims if field in state.claims_made]:
                    state = self._advanced(collection, state, "claims_made", fields, deadline)
            except DuplicatesExistError:
                self._give_up(collection, claims)
                raise

    def _give_up(self, collection: Collection, claims: Mapping[str, int]) -> None:
        self._states.change(collection, lambda there: there.without_claims(claims, time.time()), NEVER)

    def drop(self, collection: Collection) -> None:
        """Drop what the collection does not ask for; no field stays unique that it does not want so."""
        state = self._states.change(
            collection,
            lambda there: (
                there.reduced(collection, time.time())
                if there.indexes.exceed(collection) or not set(there.claims) <= set(collection.unique)
                else there
            ),
            NEVER,
        )
        overdue = [dropped for dropped in state.dropped if dropped.at + CLEAR_SECONDS < time.time()]
        for dropped in overdue:
            self._clear(Keys(collection.app, collection.type, state.shards), dropped)
        if overdue:
            self._states.change(collection, lambda there: there.cleared(overdue), NEVER)

    def _advanced(
        self, collection: Collection, state: State, kind: Kind, fields: Sequence[str], deadline: Deadline
    ) -> State:
        """The state, once what is furthest behind of this has come further. Raises DuplicatesExistError."""
        made: Mapping[str, Making] = getattr(state, kind)
        behind = min((made[field].shard, made[field].after) for field in fields)
        advancing = [field for field in fields if (made[field].shard, made[field].after) == behind]
        self._wait(max(made[field].began for field in advancing), deadline)
        shard, after = behind
        filling = Filling(self._table, Keys(collection.app, collection.type, state.shards), state, deadline)
        marks, last = self._fill_page(filling, kind, advancing, shard, bytes.fromhex(after), deadline)
        if last is None:
            shard, last = shard + 1, b""

        def noted(there: State) -> State:
            same = [field for field in advancing if there.number(kind, field) == state.number(kind, field)]
            if shard == there.shards:
                return there.marked(marks).made(kind, same)
            return there.marked(marks).advanced(kind, same, shard, last.hex())

        return self._states.change(collection, noted, deadline)

    def _fill_page(
        self, filling: Filling, kind: Kind, fields: Sequence[str], shard: int, after: bytes, deadline: Deadline
    ) -> tuple[Marks, bytes | None]:
        """What is special in the documents of a page, and the last one; None after the last page."""
        low = successor(after) if after else None
        page = next(self._table.query(filling.keys.documents(shard), deadline, low=low, limit=PAGE))
        marks = BatchMarks(self._table, deadline)
        marks.look_up(page.items)
        documents = [unmarked(item) for item in page.items if marks.counts(item)]
        if kind == "entries_made":
            filling.fill_entries(documents, fields)
        else:
            filling.fill_claims(documents, fields)
        return filling.marks, page.last.sort if page.last else None

    def _wait(self, began: float, deadline: Deadline) -> None:
        """Until nobody writes by a state of before that moment any more."""
        while (left := began + self._settle - time.time()) > 0:
            if deadline.expired:
                raise ReliveError(650)
            time.sleep(min(left, PAUSE_SECONDS))

    def _clear(self, keys: Keys, dropped: Dropped) -> None:
        if dropped.kind == "x":
            partitions = [keys.entries(shard, dropped.number) for shard in range(keys.shards)]
        else:
            partitions = [keys.claims(dropped.number, part) for part in range(CLAIM_PARTS)]
        for partition in partitions:
            for page in self._table.query(partition, NEVER, projection=()):
                self._table.write_many(NEVER, deletes=[Key.of(item) for item in page.items])
