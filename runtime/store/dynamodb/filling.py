"""Gives documents that are there the entries and claims that they lack."""

from collections.abc import Callable, Iterable, Sequence

from runtime.deadline import Deadline
from runtime.store.documents import DuplicatesExistError
from runtime.store.dynamodb.actions import Action, Check, Condition, Put
from runtime.store.dynamodb.batch_marks import BatchMarks
from runtime.store.dynamodb.changes import Changes
from runtime.store.dynamodb.failures import CancelledError
from runtime.store.dynamodb.items import ID, Stored, in_version, stored, unmarked
from runtime.store.dynamodb.keys import Keys
from runtime.store.dynamodb.state import State
from runtime.store.dynamodb.table import TRANSACTION_ITEMS, Table
from runtime.store.entries import entry_key
from runtime.store.indexes import Marks

Missing = Callable[[Stored], Sequence[Action]]


class Filling:
    """Each document is checked to be as it was read: whoever writes it meanwhile sees to its entries and claims.

    `marks` are those of the values that were met.
    """

    def __init__(self, table: Table, keys: Keys, state: State, deadline: Deadline) -> None:
        self.keys = keys
        self.marks = Marks()
        self._table = table
        self._state = state
        self._changes = Changes(keys, state)
        self._deadline = deadline

    def fill_entries(self, documents: Iterable[Stored], fields: Iterable[str]) -> None:
        numbers = {self._state.indexes.by_field[field].number for field in fields}
        self._fill(documents, lambda document: self._changes.missing_entries(document, numbers))

    def fill_claims(self, documents: Iterable[Stored], fields: Sequence[str]) -> None:
        """Raises DuplicatesExistError."""
        self._fill(documents, lambda document: self._changes.missing_claims(document, fields))

    def _fill(self, documents: Iterable[Stored], missing: Missing) -> None:
        chunk: list[Stored] = []
        count = 0
        for document in documents:
            self.marks.add(self._changes.entries(document.value).marks)
            added = 1 + len(missing(document))
            if chunk and count + added > TRANSACTION_ITEMS:
                self._fill_together(chunk, missing)
                chunk, count = [], 0
            chunk.append(document)
            count += added
        if chunk:
            self._fill_together(chunk, missing)

    def _fill_together(self, documents: Sequence[Stored], missing: Missing) -> None:
        actions = [action for document in documents for action in self._checked(document, missing(document))]
        if not actions:
            return
        if len(documents) > 1 and len(actions) <= TRANSACTION_ITEMS:
            try:
                self._table.transact(actions, self._deadline)
            except CancelledError:
                pass
            else:
                return
        for document in documents:
            self._fill_one(document, missing)

    def _fill_one(self, document: Stored, missing: Missing) -> None:
        there: Stored | None = document
        while there is not None:
            actions = missing(there)
            self.marks.add(self._changes.entries(there.value).marks)
            try:
                for start in range(0, len(actions), TRANSACTION_ITEMS - 1):
                    part = actions[start : start + TRANSACTION_ITEMS - 1]
                    self._table.transact(self._checked(there, part), self._deadline)
                return
            except CancelledError as error:
                self._require_no_duplicate(there, error)
            item = self._table.get(document.key, self._deadline)
            # What comes with a batch that is not done brings its entries and claims itself.
            there = unmarked(item) if item and BatchMarks(self._table, self._deadline).counts(item) else None

    def _require_no_duplicate(self, document: Stored, error: CancelledError) -> None:
        """Raise DuplicatesExistError if a claim of the document is that of another one that really has the value."""
        for reason in error.reasons:
            if not reason.is_condition or not reason.item or ID not in reason.item:
                continue
            item = self._table.get(self.keys.document(bytes(reason.item[ID]["B"])), self._deadline)
            owner = stored(item).value if item else {}
            for field in self._state.claims_made:
                value, other = document.value.get(field), owner.get(field)
                if value is not None and other is not None and entry_key(value) == entry_key(other):
                    raise DuplicatesExistError(field, value)

    def _checked(self, document: Stored, actions: Sequence[Action]) -> list[Action]:
        if not actions:
            return []
        own = Condition("attribute_not_exists(pk) OR #id = :id", {"#id": ID}, {":id": {"B": document.key.sort}})
        puts = [Put(action.item, own) if isinstance(action, Put) and action.condition else action for action in actions]
        return [Check(document.key, in_version(document.version)), *puts]
