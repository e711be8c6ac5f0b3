"""Writes that are too large for one transaction, and still happen as a whole or not at all.

What such a write adds is marked as coming with a batch, and what it takes away as going with it. Then one transaction
decides: from now on the one counts, and the other does not any more. The marks are taken away afterwards. A process
that ends in the middle leaves nothing that counts.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from runtime.deadline import Deadline
from runtime.store.dynamodb.actions import EXISTS, Action, Check, Condition, Delete, Item, Key, Put, Update
from runtime.store.dynamodb.batch_marks import gave_up, is_decided, is_overdue, new_batch, outcome
from runtime.store.dynamodb.changes import Change, Changes
from runtime.store.dynamodb.counters import counting
from runtime.store.dynamodb.failures import CancelledError, ConditionFailedError
from runtime.store.dynamodb.items import BATCH, ENDS, ID, batch_of, ends_with, in_batch, in_version, of_batch, stored
from runtime.store.dynamodb.states import WRITE_SECONDS
from runtime.store.dynamodb.table import Table
from runtime.store.dynamodb.transactions import chunks
from runtime.store.port import StoreError, StoreUnavailableError

logger = logging.getLogger(__name__)

CLEANING_SECONDS = 10.0
"""How long is tried to take marks away. If that fails, everything counts as it should, but costs more to read."""

Meaning = Callable[[Change, Key, Item | None], Exception]


class AgainError(Exception):
    """What stood in the way is gone, or may be gone soon; `pause` tells whether to wait before another attempt."""

    def __init__(self, *, pause: bool) -> None:
        super().__init__("Another attempt may succeed.")
        self.pause = pause


class Batches:
    """Writes of one collection, by a state of it, within a deadline."""

    def __init__(self, table: Table, changes: Changes, deadline: Deadline) -> None:
        self._table = table
        self._changes = changes
        self._deadline = deadline

    def insert(self, inserted: Sequence[Change], require_free: Callable[[Sequence[Change]], None]) -> None:
        """Write all of them. `require_free` raises for the first that has something that is taken.

        Raises AgainError if another one was faster, and it is not known at what.
        """
        batch = new_batch()
        conditional = [_coming(put, batch) for change in inserted for put in change.conditional]
        others = [_coming(put, batch) for change in inserted for put in change.others]
        try:
            for chunk in chunks(conditional):
                self._put_new(chunk, batch)
            self._table.write_many(self._patience(), puts=[put.item for put in others])
            self._decide(batch, [counting(self._changes.keys, len(inserted))])
        except (StoreError, AgainError) as error:
            if not self._is_done_after_all(batch, error):
                self._take_back(batch, [*conditional, *others])
                if isinstance(error, CancelledError):
                    require_free(inserted)
                    raise AgainError(pause=True) from error
                raise
        self._clean([_unmarked(put.key, batch) for put in (*conditional, *others)])

    def change(self, change: Change, counted: int, meaning: Meaning) -> None:
        """Replace or delete a document. `meaning` says what it means that a condition of the change does not hold."""
        batch = new_batch()
        leading = {key: action for action in change.others if (key := action.key) and not action.condition}
        coming = [_coming(action, batch) for action in leading.values() if isinstance(action, Put)]
        going = [key for key, action in leading.items() if isinstance(action, Delete)]
        unique = [action for action in change.others if action.condition]
        counter = [counting(self._changes.keys, counted)] if counted else []
        try:
            going = self._mark_as_going(going, batch)
            self._table.write_many(self._patience(), puts=[put.item for put in coming])
            self._decide(batch, [*change.conditional, *unique, *counter], change, meaning)
        except Exception as error:
            if not self._is_done_after_all(batch, error):
                self._take_back(batch, coming, going)
                raise
        unmarking: list[Action] = [_unmarked(put.key, batch) for put in coming]
        self._clean([*unmarking, *(_gone(key, batch) for key in going)])

    def clear(self, there: Item, batch: bytes) -> None:
        """Take away a document or claim that came with a batch that was not done in time, and all that came with it."""
        if not gave_up(self._table, batch, self._deadline):
            return
        claims, leading = [Key.of(there)], []
        if ID not in there:
            change = self._changes.insert(stored(there), 0)
            claims = [put.key for put in change.conditional]
            leading = [action.key for action in change.others]
        self._table.write_many(self._patience(), deletes=leading)
        for key in reversed(claims):
            self._delete(key, batch)

    def _put_new(self, chunk: Sequence[Action], batch: bytes) -> None:
        try:
            self._table.transact(chunk, self._patience())
        except CancelledError as error:
            failed = [reason.item for reason in error.reasons if reason.is_condition]
            if not all(item and batch_of(item) == batch for item in failed):  # else the answer was lost
                raise

    def _decide(
        self, batch: bytes, actions: Sequence[Action], change: Change | None = None, meaning: Meaning | None = None
    ) -> None:
        """Have the batch done together with these actions, if the state is still the one that it went by."""
        state = self._changes.state
        assert state.revision is not None, "the state of a collection with documents is written"
        same_state = Check(self._changes.keys.state, in_version(state.revision))
        try:
            self._table.transact([outcome(batch, done=True), same_state, *actions], self._patience())
        except CancelledError as error:
            for action, reason in zip(actions, error.reasons[2:], strict=True):
                if reason.is_condition and change and meaning and not isinstance(action, Update | Check):
                    raise meaning(change, action.key, reason.item) from error
            raise AgainError(pause=False) from error

    def _is_done_after_all(self, batch: bytes, error: Exception) -> bool:
        """Give the batch up; True if it was done nevertheless, and only its answer was lost.

        Raises `error` if even that fails and the table was the reason before: it tells whether the batch may be done.
        """
        try:
            return not gave_up(self._table, batch, Deadline.after(CLEANING_SECONDS))
        except StoreError:
            if isinstance(error, StoreUnavailableError):
                raise error from None
            raise

    def _take_back(self, batch: bytes, coming: Iterable[Put], going: Iterable[Key] = ()) -> None:
        deletes: list[Action] = [Delete(put.key, in_batch(batch)) for put in coming]
        unmarking = [_staying(key, batch) for key in going]
        self._do_what_holds([*deletes, *unmarking], Deadline.after(CLEANING_SECONDS))

    def _mark_as_going(self, keys: Sequence[Key], batch: bytes) -> list[Key]:
        """Those of the items that are there. Raises AgainError if another batch is about to take them away."""
        free = EXISTS & Condition("attribute_not_exists(#mark) OR #mark = :batch")
        mark = [
            Update(key, "SET #mark = :batch", {"#mark": ENDS}, {":batch": {"B": batch}}, condition=free) for key in keys
        ]
        failed = dict(self._do_what_holds(mark, self._patience()))
        taken = {key: other for key, there in failed.items() if there and (other := batch_of(there, ENDS))}
        if taken:
            raise AgainError(pause=not self._free(taken))
        return [key for key in keys if key not in failed]

    def _free(self, taken: Mapping[Key, bytes]) -> bool:
        """Let go of items that other batches have marked as going, whose processes have ended; False if not of all."""
        decided: dict[bytes, Callable[[Key], Action]] = {}
        for other in set(taken.values()):
            if is_overdue(other) or is_decided(self._table, other, self._deadline):
                gone = not gave_up(self._table, other, self._deadline)
                decided[other] = partial(_gone if gone else _staying, batch=other)
        free = [decided[other](key) for key, other in taken.items() if other in decided]
        self._do_what_holds(free, self._patience())
        return len(free) == len(taken)

    def _clean(self, cleaning: Sequence[Action]) -> None:
        """Take the marks of a batch away that is done. What somebody else has changed since has none.

        That it is done is known for good: a request that was repeated may arrive late, and bring a mark back.
        """
        patience = Deadline.after(CLEANING_SECONDS)
        try:
            self._do_what_holds(cleaning, patience)
        except StoreError as error:
            logger.warning("The marks of a batch are left: %s", error)

    def _do_what_holds(self, actions: Sequence[Action], patience: Deadline) -> list[tuple[Key, Item | None]]:
        """Do those whose conditions hold, in no order; of the others the keys, and what is there."""
        failed: list[tuple[Key, Item | None]] = []
        for chunk in chunks(actions):
            while chunk:
                try:
                    self._table.transact(chunk, patience)
                    break
                except CancelledError as error:
                    reasons = list(zip(chunk, error.reasons, strict=True))
                    failed += [(action.key, reason.item) for action, reason in reasons if reason.is_condition]
                    chunk = [action for action, reason in reasons if not reason.is_condition]
        return failed

    def _delete(self, key: Key, batch: bytes) -> None:
        with suppress(ConditionFailedError):
            self._table.write(Delete(key, in_batch(batch)), self._patience())

    def _patience(self) -> Deadline:
        return self._deadline.at_most(WRITE_SECONDS)


def _coming(action: Action, batch: bytes) -> Put:
    assert isinstance(action, Put), "what is added is put"
    return Put({**action.item, **of_batch(batch)}, action.condition)


def _unmarked(key: Key, batch: bytes, mark: str = BATCH) -> Update:
    condition = in_batch(batch) if mark == BATCH else ends_with(batch)
    return Update(key, "REMOVE #mark", {"#mark": mark}, condition=condition)


def _gone(key: Key, batch: bytes) -> Action:
    return Delete(key, ends_with(batch))


def _staying(key: Key, batch: bytes) -> Action:
    return _unmarked(key, batch, ENDS)
