"""Documents as items of the table."""

import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

from runtime.store.documents import Document
from runtime.store.dynamodb.actions import VERSION, AttributeValue, Condition, Item, Key
from runtime.store.dynamodb.native import NotNativeError, json_value, native
from runtime.store.dynamodb.sizes import ITEM_BYTES, item_bytes
from runtime.store.port import TooLargeError

VALUE = "v"
"""The document as a map of DynamoDB, if it can be one."""

SHAPE = "f"
JSON = "j"
"""The document as text, if it cannot."""

ORDER = "o"
ID = "i"
"""Of items that lead to a document: its sort key."""

BATCH = "b"
"""Of items that count only if a batch is done: which one."""

ENDS = "g"
"""Of items that count only as long as a batch is not done: which one."""

_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Stored:
    """A document with what the table knows of it. `batch` is the one that it came in, if that is still marked.

    `size` is that of the item that it was read from, `item`.
    """

    value: dict[str, Any]
    version: int
    key: Key
    order: bytes
    batch: bytes | None = None
    size: int = 0
    item: Item | None = field(default=None, repr=False, compare=False)

    @property
    def document(self) -> Document:
        return Document(self.value, self.version, self.item)


def document_item(stored: Stored) -> Item:
    """Raises TypeError or ValueError for what JSON cannot say, TooLargeError."""
    item = stored.key.item
    try:
        item[VALUE], shape = native(stored.value)
        if shape:
            item[SHAPE] = {"B": shape}
    except NotNativeError:
        item.pop(VALUE, None)
        item[JSON] = {"S": _to_json(stored.value)}
    item[VERSION] = {"N": str(stored.version)}
    item[ORDER] = {"B": stored.order}
    item |= of_batch(stored.batch)
    size = item_bytes(item)
    if size > ITEM_BYTES:
        raise TooLargeError(ITEM_BYTES, size)
    return item


def stored(item: Item) -> Stored:
    if JSON in item:
        value = json.loads(item[JSON]["S"])
    else:
        value = json_value(item[VALUE], bytes(item[SHAPE]["B"]) if SHAPE in item else b"")
    order = bytes(item[ORDER]["B"])
    return Stored(value, int(item[VERSION]["N"]), Key.of(item), order, batch_of(item), item_bytes(item), item)


def unmarked(item: Item) -> Stored:
    """A document that came with a batch that is done, if with any: what is written for it counts at once.

    Whoever takes the marks of the batch away does not know of it, so it must have none.
    """
    return replace(stored(item), batch=None)


def stored_as_read(document: Document, key: Key) -> Stored | None:
    """What is stored of a document that was read here and comes with no batch; None for others."""
    item: Item | None = document.as_read
    if not item or BATCH in item or Key.of(item) != key or int(item[VERSION]["N"]) != document.version:
        return None
    return stored(item)


def of_batch(batch: bytes | None) -> dict[str, AttributeValue]:
    return {BATCH: {"B": batch}} if batch else {}


def batch_of(item: Item, mark: str = BATCH) -> bytes | None:
    return bytes(item[mark]["B"]) if mark in item else None


def in_version(version: int) -> Condition:
    """The item is there in this version."""
    return Condition("#version = :version", {"#version": VERSION}, {":version": {"N": str(version)}})


def in_batch(batch: bytes) -> Condition:
    """The item is there, and still marked as one that comes with the batch."""
    return _marked(BATCH, batch)


def ends_with(batch: bytes) -> Condition:
    """The item is there, and still marked as one that goes with the batch."""
    return _marked(ENDS, batch)


def _marked(mark: str, batch: bytes) -> Condition:
    return Condition("#mark = :batch", {"#mark": mark}, {":batch": {"B": batch}})


def _to_json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text if text.isascii() else _SURROGATES.sub(lambda half: f"\\u{ord(half[0]):04x}", text)
