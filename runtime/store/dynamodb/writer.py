"""Writes documents: several in one transaction, each together with all that leads to it."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from random import SystemRandom
from typing import Any, TypeVar

from runtime.deadline import Deadline
from runtime.store.documents import Collection, Document, DocumentChangedError, DuplicateValueError
from runtime.store.dynamodb.actions import Action, Item, Key, Put
from runtime.store.dynamodb.batch_marks import BatchMarks, is_overdue
from runtime.store.dynamodb.batches import AgainError, Batches
from runtime.store.dynamodb.changes import Change, Changes
from runtime.store.dynamodb.counters import counting
from runtime.store.dynamodb.failures import CancelledError, ConditionFailedError
from runtime.store.dynamodb.insertion_order import InsertionOrder
from runtime.store.dynamodb.items import Stored, batch_of, stored, stored_as_read
from runtime.store.dynamodb.keys import Keys, sort_key_of
from runtime.store.dynamodb.requests import PATIENCE_SECONDS, UNKNOWN
from runtime.store.dynamodb.state import State
from runtime.store.dynamodb.states import WRITE_SECONDS, States
from runtime.store.dynamodb.table import Table
from runtime.store.dynamodb.transactions import first_failure, fits, groups, is_done
from runtime.store.port import StoreBusyError, StoreUnavailableError

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 0.5

Result = TypeVar("Result")


class Writer:
    """For the documents of one collection. `state` gives the state to go by, which is not older than the lease."""

    def __init__(
        self,
        table: Table,
        collection: Collection,
        states: States,
        state: Callable[[], State],
        order: InsertionOrder,
        deadline: Deadline,
    ) -> None:
        self._table = table
        self._collection = collection
        self._states = states
        self._state = state
        self._order = order
        self._deadline = deadline
        self._random = SystemRandom()

    def insert(self, values: Sequence[dict[str, Any]]) -> None:
        """All or none. Raises DuplicateValueError, TypeError and ValueError, TooLargeError."""
        for value in values:
            if not isinstance(value.get("Id"), str):
                raise TypeError(f"The Id of a document must be a text, not {value.get('Id')!r}.")
        if values:
            # The same at each attempt, so that one that was done is recognised.
            orders = self._order.next(len(values))
            versions = [_new_version() for _ in values]
            self._until_done(lambda: self._insert(values, orders, versions))

    def replace(self, documents: Sequence[Document]) -> None:
        """In order, up to the first that cannot be. Raises DuplicateValueError, DocumentChangedError, TooLargeError."""
        versions = [_new_version() for _ in documents]

        def made(changes: Changes, old: Stored, position: int) -> Change:
            new = replace(old, value=documents[position].value, version=versions[position], batch=None)
            return changes.replace(old, new, position)

        self._change(documents, made, counted=0)

    def delete(self, documents: Sequence[Document]) -> None:
        """In order, up to the first that cannot be. Raises DocumentChangedError."""
        self._change(documents, lambda changes, old, position: changes.delete(old, position), counted=-1)

    def _insert(self, values: Sequence[dict[str, Any]], orders: Sequence[bytes], versions: Sequence[int]) -> None:
        changes = self._changes(values)
        inserted = [
            changes.insert(Stored(value, version, changes.keys.document(sort_key_of(value["Id"])), order), position)
            for position, (value, order, version) in enumerate(zip(values, orders, versions, strict=True))
        ]
        if duplicate := _first_twice(inserted):
            self._require_free(inserted[: duplicate.position + 1])
            raise duplicate
        actions = [action for change in inserted for action in change.actions]
        if fits(actions):
            self._transact(inserted, [*actions, counting(changes.keys, len(inserted))])
        else:
            self._batches(changes).insert(inserted, self._require_free)

    def _change(
        self, documents: Sequence[Document], made: Callable[[Changes, Stored, int], Change], *, counted: int
    ) -> None:
        keys = Keys(self._collection.app, self._collection.type, self._state().shards)
        wanted = [keys.document(sort_key_of(document.id)) for document in documents]
        there = self._read(dict(zip(wanted, documents, strict=True)))
        missing = DocumentChangedError(len(documents))
        for position, (key, document) in enumerate(zip(wanted, documents, strict=True)):
            if key not in there or there[key].version != document.version:
                missing = DocumentChangedError(position)
                break
        possible = documents[: missing.position]
        done = 0
        while done < len(possible):
            some = partial(self._change_some, possible, done, wanted, there, made, counted)
            done += self._until_done(some)
        if missing.position < len(documents):
            raise missing

    def _change_some(
        self,
        documents: Sequence[Document],
        start: int,
        keys: Sequence[Key],
        there: Mapping[Key, Stored],
        made: Callable[[Changes, Stored, int], Change],
        counted: int,
    ) -> int:
        """Change as many as one transaction takes, from the one at `start` on; how many these were."""
        changes = self._changes([] if counted else [document.value for document in documents[start:]])
        possible = (made(changes, there[keys[position]], position) for position in range(start, len(documents)))
        group = next(groups(possible))
        try:
            self._change_group(changes, group, counted)
        except (DuplicateValueError, DocumentChangedError) as error:
            # Those before it can be; it is met again at the next attempt.
            before = [change for change in group if change.position < error.position]
            if not before:
                raise
            self._change_group(changes, before, counted)
            return len(before)
        return len(group)

    def _change_group(self, changes: Changes, group: Sequence[Change], counted: int) -> None:
        actions = [action for change in group for action in change.actions]
        if not fits(actions):
            self._batches(changes).change(group[0], counted, self._meaning)
        elif counted:
            self._transact(group, [*actions, counting(changes.keys, counted * len(group))])
        elif len(actions) == 1:
            self._put(group[0])
        else:
            self._transact(group, actions)

    def _put(self, change: Change) -> None:
        """Write a document to which all leads that led there before."""
        assert isinstance(change.document, Put), "what is deleted has something that leads to it"
        try:
            self._table.write(change.document, self._deadline.at_most(WRITE_SECONDS))
        except ConditionFailedError as error:
            if error.repeated:
                # The first attempt may have been applied, and somebody else may have written over it since.
                raise StoreUnavailableError(f"The item {change.id} was not confirmed. {UNKNOWN}") from error
            raise DocumentChangedError(change.position) from error

    def _transact(self, group: Sequence[Change], actions: Sequence[Action]) -> None:
        try:
            self._table.transact(actions, self._deadline.at_most(WRITE_SECONDS))
        except CancelledError as error:
            if is_done(group, error):
                return
            failure = first_failure(group, error)
            raise (self._meaning(*failure) if failure else AgainError(pause=True)) from error

    def _meaning(self, change: Change, key: Key, there: Item | None) -> Exception:
        """What it means that the condition of one of the change's actions does not hold for what is there."""
        if there and (batch := batch_of(there)) and not BatchMarks(self._table, self._deadline).counts(there):
            return self._until_cleared(there, batch)
        if key in change.claims:
            field, value, _ = change.claims[key]
            return DuplicateValueError(field, value, change.position)
        if key != change.document.key:
            return AgainError(pause=True)
        if change.is_new:
            return DuplicateValueError("Id", change.id, change.position)
        return DocumentChangedError(change.position)

    def _until_cleared(self, there: Item, batch: bytes) -> Exception:
        """Clear what was left by a process that ended in the middle of a batch; others get the time to end theirs."""
        if not is_overdue(batch):
            return AgainError(pause=True)
        self._batches(self._changes([])).clear(there, batch)
        return AgainError(pause=False)

    def _require_free(self, inserted: Sequence[Change]) -> None:
        """Raise DuplicateValueError for the first of them that has something that is taken."""
        needed = [(change, action.key) for change in inserted for action in change.conditional]
        there = self._table.get_many({key for _, key in needed}, self._deadline)
        for change, key in needed:
            if key in there:
                raise self._meaning(change, key, there[key])

    def _changes(self, values: Sequence[dict[str, Any]]) -> Changes:
        """What changes are made with, once the state of the collection has the marks of these values."""
        state = self._state()
        changes = Changes(Keys(self._collection.app, self._collection.type, state.shards), state)
        marks = changes.marks(values)
        if state.marked(marks) is state:
            return changes
        state = self._states.change(self._collection, lambda there: there.marked(marks), self._deadline)
        return Changes(changes.keys, state)

    def _batches(self, changes: Changes) -> Batches:
        return Batches(self._table, changes, self._deadline)

    def _read(self, documents: Mapping[Key, Document]) -> dict[Key, Stored]:
        """The documents as they were read, if they say so; whether they are still so, the write itself finds out."""
        known = {key: there for key, document in documents.items() if (there := stored_as_read(document, key))}
        marks = BatchMarks(self._table, self._deadline)
        found = self._table.get_many(documents.keys() - known.keys(), self._deadline)
        return known | {key: stored(item) for key, item in found.items() if marks.counts(item)}

    def _until_done(self, attempt: Callable[[], Result]) -> Result:
        pause = FIRST_PAUSE_SECONDS
        patience = self._deadline.at_most(PATIENCE_SECONDS)
        while True:
            try:
                return attempt()
            except AgainError as again:
                if again.pause:
                    time.sleep(min(self._random.uniform(0, pause), patience.remaining()))
                    pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                if patience.expired:
                    raise StoreBusyError("Others write to the same documents all the time.") from again
                # What the next attempt goes by is what is there, however long the lease still is.
                self._states.forget(self._collection)


def _first_twice(inserted: Sequence[Change]) -> DuplicateValueError | None:
    """The first that has something that one before it has, too."""
    taken: set[Key] = set()
    for change in inserted:
        if change.document.key in taken:
            return DuplicateValueError("Id", change.id, change.position)
        for key, (field, value, _) in change.claims.items():
            if key in taken:
                return DuplicateValueError(field, value, change.position)
        taken |= {change.document.key, *change.claims}
    return None


def _new_version() -> int:
    # Random, so that a document deleted and made again never shows a version that somebody still holds.
    return secrets.randbits(53)
