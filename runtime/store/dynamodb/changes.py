"""What a write of one document consists of: the document, and all items that lead to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from runtime.store.dynamodb.actions import MISSING, Action, Condition, Delete, Item, Key, Put
from runtime.store.dynamodb.items import ID, Stored, document_item, in_version, of_batch
from runtime.store.dynamodb.keys import Keys
from runtime.store.dynamodb.state import State
from runtime.store.entries import Entries
from runtime.store.indexes import Marks

MOST_ELEMENTS = 20
"""Elements of an array that have an entry each: a transaction takes 100 items, and each is paid for."""


@dataclass(frozen=True)
class Change:
    """The change of the document at a `position` of the call.

    `document` is the write of the document itself. `claims` are those of unique values that it takes, with field and
    value. `others` are items that lead to the document.
    """

    position: int
    id: str
    document: Put | Delete
    claims: Mapping[Key, tuple[str, Any, Put]]
    others: tuple[Action, ...]

    @property
    def is_new(self) -> bool:
        return self.document.condition is MISSING

    @property
    def conditional(self) -> list[Action]:
        return [self.document, *(put for _, _, put in self.claims.values())]

    @property
    def actions(self) -> list[Action]:
        return [*self.conditional, *self.others]

    @property
    def keys(self) -> set[Key]:
        return {action.key for action in self.actions}


class Changes:
    """Makes changes of documents, by a state of their collection."""

    def __init__(self, keys: Keys, state: State) -> None:
        self.keys = keys
        self.state = state
        self._written = state.written

    def entries(self, value: Mapping[str, Any]) -> Entries:
        return Entries.of(dict(value), self._written, MOST_ELEMENTS)

    def marks(self, values: Iterable[Mapping[str, Any]]) -> Marks:
        marks = Marks()
        for value in values:
            marks.add(self.entries(value).marks)
        return marks

    def insert(self, new: Stored, position: int) -> Change:
        """Raises TypeError and ValueError for what is not JSON, TooLargeError."""
        entries = self.entries(new.value)
        document = Put(document_item(new), MISSING)
        return Change(
            position,
            new.value["Id"],
            document,
            self._claims(entries.unique, new),
            (self._order(new), *self._entries(entries.keys, new)),
        )

    def replace(self, old: Stored, new: Stored, position: int) -> Change:
        """Raises TypeError and ValueError for what is not JSON, TooLargeError."""
        before, after = self.entries(old.value), self.entries(new.value)
        return Change(
            position,
            new.value["Id"],
            Put(document_item(new), in_version(old.version)),
            self._claims(after.unique - before.unique, new),
            (
                *self._entries(after.keys - before.keys, new),
                *self._no_entries(before.keys - after.keys, old),
                *self._no_claims(before.unique - after.unique, old),
            ),
        )

    def delete(self, old: Stored, position: int) -> Change:
        entries = self.entries(old.value)
        return Change(
            position,
            old.value["Id"],
            Delete(old.key, in_version(old.version)),
            {},
            (
                Delete(Key(self.keys.order(self.keys.shard(old.key.sort)), old.order)),
                *self._no_entries(entries.keys, old),
                *self._no_claims(entries.unique, old),
            ),
        )

    def missing_entries(self, document: Stored, indexes: Iterable[int]) -> list[Action]:
        """Those of some indexes alone, by their numbers."""
        numbers = set(indexes)
        return self._entries({pair for pair in self.entries(document.value).keys if pair[0] in numbers}, document)

    def missing_claims(self, document: Stored, fields: Iterable[str]) -> list[Action]:
        """Those of some fields alone."""
        numbers = {self._written.by_field[field].number for field in fields}
        unique = {pair for pair in self.entries(document.value).unique if pair[0] in numbers}
        return [put for _, _, put in self._claims(unique, document).values()]

    def _order(self, new: Stored) -> Put:
        key = Key(self.keys.order(self.keys.shard(new.key.sort)), new.order)
        return Put(self._leading(key, new))

    def _entries(self, pairs: Iterable[tuple[int, bytes]], document: Stored) -> list[Action]:
        return [Put(self._leading(self._entry(pair, document), document)) for pair in pairs]

    def _no_entries(self, pairs: Iterable[tuple[int, bytes]], document: Stored) -> list[Action]:
        return [Delete(self._entry(pair, document)) for pair in pairs]

    def _entry(self, pair: tuple[int, bytes], document: Stored) -> Key:
        number, key = pair
        return Key(self.keys.entries(self.keys.shard(document.key.sort), number), key + document.order)

    def _claims(self, pairs: Iterable[tuple[int, bytes]], new: Stored) -> dict[Key, tuple[str, Any, Put]]:
        claims = {}
        for pair in pairs:
            field = self._written.numbered(pair[0]).field
            key = self._claim(pair)
            claims[key] = (field, new.value[field], Put(self._leading(key, new), MISSING))
        return claims

    def _no_claims(self, pairs: Iterable[tuple[int, bytes]], old: Stored) -> list[Action]:
        # While claims are being made, there may be another document with the same value.
        own = Condition("attribute_not_exists(pk) OR #id = :id", {"#id": ID}, {":id": {"B": old.key.sort}})
        return [Delete(self._claim(pair), own) for pair in pairs]

    def _claim(self, pair: tuple[int, bytes]) -> Key:
        number, key = pair
        return self.keys.claim(self.state.claims[self._written.numbered(number).field], key)

    def _leading(self, key: Key, document: Stored) -> Item:
        """An item that leads to the document."""
        return {**key.item, ID: {"B": document.key.sort}, **of_batch(document.batch)}
