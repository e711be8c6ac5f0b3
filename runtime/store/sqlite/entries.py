"""What a document puts into the indexes of its collection."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from runtime.query.ordered_key import encoded
from runtime.query.ordering import MISSING
from runtime.store.sqlite.indexes import Index

WHOLE_KEY_BYTES = 868
"""A longer key is cut here, and its hash follows. Four such entries fit into a page; beyond, each takes pages of its
own."""


def entry_key(value: Any) -> bytes:
    """The key of a value's entry. Equal values have equal keys, and others different ones, however long they are.

    The order is that of the values up to `WHOLE_KEY_BYTES`.
    """
    key = encoded(value)
    return key[:WHOLE_KEY_BYTES] + sha256(key).digest() if len(key) > WHOLE_KEY_BYTES else key


def is_cut(key: bytes) -> bool:
    return len(key) > WHOLE_KEY_BYTES


@dataclass
class Entries:
    """`keys` and `unique` are pairs of an index's number and a key; the latter of the unique fields that have a value.

    `arrays` and `cut` name the fields that hold an array, or a value too long for its key.
    """

    keys: set[tuple[int, bytes]] = field(default_factory=set)
    unique: set[tuple[int, bytes]] = field(default_factory=set)
    arrays: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, document: dict[str, Any], indexes: Iterable[Index]) -> "Entries":
        """One for each value that a condition on the field would look at: of an array its elements and the whole."""
        entries = cls()
        for index in indexes:
            value = document.get(index.field, MISSING)
            key = entries._add(index, value)
            if isinstance(value, list):
                entries.arrays.add(index.field)
                for element in value:
                    entries._add(index, element)
            if index.unique and value is not None and value is not MISSING:
                entries.unique.add((index.number, key))
        return entries

    def _add(self, index: Index, value: Any) -> bytes:
        key = entry_key(value)
        if is_cut(key):
            self.cut.add(index.field)
        self.keys.add((index.number, key))
        return key
