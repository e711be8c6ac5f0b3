"""What a document puts into the indexes of its collection."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from runtime.query.ordered_key import encoded
from runtime.query.ordering import MISSING
from runtime.store.indexes import Index, Marks

WHOLE_KEY_BYTES = 868
"""A longer key is cut here, and its hash follows. In SQLite four such entries fit into a page; beyond, each takes pages
of its own. In DynamoDB a sort key has 1024 bytes, and the place of the document follows, too."""

TOO_MANY = b"\xff"
"""The key of a document whose array has more: it may match whatever is looked for, and is looked at each time."""


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

    `marks` names the fields whose values are special.
    """

    keys: set[tuple[int, bytes]] = field(default_factory=set)
    unique: set[tuple[int, bytes]] = field(default_factory=set)
    marks: Marks = field(default_factory=Marks)

    @classmethod
    def of(cls, document: dict[str, Any], indexes: Iterable[Index], most_elements: int) -> "Entries":
        """One for each value that a condition on the field would look at: of an array its elements and the whole.

        An array with more than `most_elements` has no entry for each of them, but one that stands for any.
        """
        entries = cls()
        for index in indexes:
            value = document.get(index.field, MISSING)
            key = entries._add(index, value)
            if isinstance(value, list):
                entries.marks.arrays.add(index.field)
                entries._add_elements(index, value, most_elements)
            if index.unique and value is not None and value is not MISSING:
                entries.unique.add((index.number, key))
        return entries

    def _add_elements(self, index: Index, elements: list[Any], most_elements: int) -> None:
        if len(elements) > most_elements:
            self.marks.many.add(index.field)
            self.keys.add((index.number, TOO_MANY))
            return
        for element in elements:
            self._add(index, element)

    def _add(self, index: Index, value: Any) -> bytes:
        key = entry_key(value)
        if is_cut(key):
            self.marks.cut.add(index.field)
        self.keys.add((index.number, key))
        return key
