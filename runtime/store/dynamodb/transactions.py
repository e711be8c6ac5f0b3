"""Changes of documents put together into transactions, and what it means when one is cancelled."""

from collections.abc import Iterable, Iterator, Sequence

from runtime.store.dynamodb.actions import VERSION, Action, Item, Key, Put
from runtime.store.dynamodb.changes import Change
from runtime.store.dynamodb.failures import CancelledError
from runtime.store.dynamodb.sizes import item_bytes
from runtime.store.dynamodb.table import TRANSACTION_BYTES, TRANSACTION_ITEMS

MOST_BYTES = TRANSACTION_BYTES - TRANSACTION_ITEMS * 1024
"""Room for conditions and keys."""


def fits(actions: Sequence[Action]) -> bool:
    """Whether one transaction can do all of these, and one more that counts."""
    if len(actions) >= TRANSACTION_ITEMS:
        return False
    return sum(_bytes(action) for action in actions) <= MOST_BYTES


def groups(changes: Iterable[Change]) -> Iterator[list[Change]]:
    """The changes in order, in as few transactions as they fit into; none has two for one item.

    A change that does not fit into any is a group of its own.
    """
    group: list[Change] = []
    actions: list[Action] = []
    keys: set[Key] = set()
    for change in changes:
        if group and (not keys.isdisjoint(change.keys) or not fits([*actions, *change.actions])):
            yield group
            group, actions, keys = [], [], set()
        group.append(change)
        actions += change.actions
        keys |= change.keys
    if group:
        yield group


def chunks(actions: Iterable[Action]) -> Iterator[list[Action]]:
    """The actions in order, in as few transactions as they fit into."""
    chunk: list[Action] = []
    size = 0
    for action in actions:
        added = _bytes(action)
        if len(chunk) == TRANSACTION_ITEMS or size + added > MOST_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(action)
        size += added
    if chunk:
        yield chunk


def first_failure(changes: Sequence[Change], error: CancelledError) -> tuple[Change, Key, Item | None] | None:
    """The first change of a transaction whose conditions do not hold, the key for which they do not, what is there.

    None if something else of the transaction is to blame.
    """
    reasons = iter(error.reasons)
    for change in changes:
        for action, reason in zip(change.actions, reasons, strict=False):
            if reason.is_condition:
                return change, action.key, reason.item
    return None


def is_done(changes: Sequence[Change], error: CancelledError) -> bool:
    """Whether the transaction was applied before: a document is there in the version that was to be written."""
    reasons = iter(error.reasons)
    for change in changes:
        for action, reason in zip(change.actions, reasons, strict=False):
            if isinstance(action, Put) and _is_own(action.item, reason.item):
                return True
    return False


def _is_own(put: Item, there: Item | None) -> bool:
    return there is not None and VERSION in put and there.get(VERSION) == put[VERSION]


def _bytes(action: Action) -> int:
    return item_bytes(action.item) if isinstance(action, Put) else 1024
