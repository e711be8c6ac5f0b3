"""Documents in DynamoDB."""

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any

from runtime.deadline import Deadline
from runtime.query.filter import Filter
from runtime.store.documents import INSERT_LIMIT, NEVER, Collection, Document, Query, ShardsChangedError
from runtime.store.dynamodb.actions import Condition, Key
from runtime.store.dynamodb.batch_marks import BatchMarks
from runtime.store.dynamodb.duplicates import first_duplicate
from runtime.store.dynamodb.finding import Finding
from runtime.store.dynamodb.insertion_order import InsertionOrder
from runtime.store.dynamodb.items import stored
from runtime.store.dynamodb.keys import STATES, Keys, collection_of, sort_key_of
from runtime.store.dynamodb.making import Makers
from runtime.store.dynamodb.state import State
from runtime.store.dynamodb.states import LEASE_SECONDS, SETTLE_SECONDS, States
from runtime.store.dynamodb.stored_documents import StaleStateError
from runtime.store.dynamodb.table import Table
from runtime.store.dynamodb.writer import Writer
from runtime.store.port import StoreBusyError

READS = 5
"""How often a read begins anew because the state of its collection changes; each index that is made changes it."""


class DynamoDocuments:
    """Documents in a table, which whoever made it closes.

    `lease` is how long, in seconds, it goes by what it knows of a collection; `settle` how long an older one may still
    be written by, which is at least the lease.
    """

    def __init__(self, table: Table, *, lease: float = LEASE_SECONDS, settle: float = SETTLE_SECONDS) -> None:
        self._table = table
        self._states = States(table, lease)
        self._makers = Makers(table, self._states, settle)
        self._order = InsertionOrder()
        # Definitions whose unique fields were all unique once. What of them is not so any more was given up since.
        self._enforced: set[Collection] = set()

    def prepare(self, collection: Collection) -> None:
        self._enforced.discard(collection)
        self._make(collection, NEVER)
        self._makers.drop(collection)
        state = self._states.read(collection)
        if state and state.shards != collection.shards:
            raise ShardsChangedError(collection.type, state.shards, collection.shards)

    def duplicates(self, collection: Collection) -> tuple[str, Any] | None:
        state = self._states.read(collection)
        return first_duplicate(self._table, self._states, state, collection, NEVER) if state else None

    def collections(self) -> Iterator[Collection]:
        """As the port has it. It reads the whole table, which DynamoDB charges for in full."""
        states = Condition("begins_with(pk, :states)", values={":states": {"S": STATES}})
        for page in self._table.scan(NEVER, filter=states):
            for item in page.items:
                state = State.read(item)
                yield state.indexes.complete().described(*collection_of(Key.of(item)), state.shards)

    def get(self, collection: Collection, id: str, deadline: Deadline = NEVER) -> Document | None:
        sort = sort_key_of(id)
        key = Keys(collection.app, collection.type, collection.shards).document(sort)
        state = self._states.remembered(collection)
        if state:
            item = self._table.get(Keys(collection.app, collection.type, state.shards).document(sort), deadline)
        else:
            # The number of shards is what the collection says, unless it has been another one for long.
            state, item = self._states.read_with(collection, key, deadline)
            if state and state.shards != collection.shards:
                item = self._table.get(Keys(collection.app, collection.type, state.shards).document(sort), deadline)
        if item is None or not BatchMarks(self._table, deadline).counts(item):
            return None
        return stored(item).document

    def find(self, collection: Collection, query: Query, deadline: Deadline) -> Generator[Document, None, None]:
        state = self._readable(collection, deadline)
        for _ in range(READS):
            try:
                for document in Finding(self._table, collection, self._states, state, deadline).find(query):
                    yield document.document
                return
            except StaleStateError:
                state = self._readable(collection, deadline)
        raise _always_changed(collection)

    def count(self, collection: Collection, filter: Filter, deadline: Deadline) -> int:
        state = self._readable(collection, deadline)
        for _ in range(READS):
            try:
                return Finding(self._table, collection, self._states, state, deadline).count(filter)
            except StaleStateError:
                state = self._readable(collection, deadline)
        raise _always_changed(collection)

    def insert(self, collection: Collection, values: Sequence[dict[str, Any]], deadline: Deadline = NEVER) -> None:
        if len(values) > INSERT_LIMIT:
            raise ValueError(f"An insert takes at most {INSERT_LIMIT} documents, not {len(values)}.")
        self._writer(collection, deadline).insert(values)

    def replace(self, collection: Collection, documents: Sequence[Document], deadline: Deadline = NEVER) -> None:
        self._writer(collection, deadline).replace(documents)

    def delete(self, collection: Collection, documents: Sequence[Document], deadline: Deadline = NEVER) -> None:
        self._writer(collection, deadline).delete(documents)

    def _readable(self, collection: Collection, deadline: Deadline) -> State:
        """A state by which may be read: with the indexes that the collection asks for, or more."""
        return self._having(
            collection, lambda state: self._enforces(state, collection) and state.indexes.serve(collection), deadline
        )

    def _writer(self, collection: Collection, deadline: Deadline) -> Writer:
        def writable() -> State:
            return self._having(collection, lambda state: self._enforces(state, collection), deadline)

        return Writer(self._table, collection, self._states, writable, self._order, deadline)

    def _having(self, collection: Collection, suffices: Callable[[State], bool], deadline: Deadline) -> State:
        """A state that suffices: the one that is remembered, the one that is there, or what is made of it."""
        if (state := self._states.remembered(collection)) and suffices(state):
            return state
        if (state := self._states.read(collection, deadline)) and suffices(state):
            return state
        self._make(collection, deadline)
        state = self._states.read(collection, deadline)
        assert state is not None, "the state of a collection is never deleted"
        return state

    def _make(self, collection: Collection, deadline: Deadline) -> None:
        if collection in self._enforced:
            self._makers.complete(collection, deadline)
        else:
            self._makers.make_unique(collection, deadline)
            self._enforced.add(collection)

    def _enforces(self, state: State, collection: Collection) -> bool:
        if state.indexes.enforce(collection):
            self._enforced.add(collection)
            return True
        return collection in self._enforced


def _always_changed(collection: Collection) -> StoreBusyError:
    return StoreBusyError(f"The indexes of {collection.type} change all the time.")
