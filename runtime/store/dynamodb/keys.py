"""Where the items of a collection are in the table.

| Partition | Sort key | What is there |
| --- | --- | --- |
| `d/APP/TYPE/SHARD` | id | a document |
| `o/APP/TYPE/SHARD` | order of insertion | the id of a document |
| `x/APP/TYPE/SHARD/INDEX` | key of a value, order of insertion | the id of a document that has the value |
| `u/APP/TYPE/CLAIMS/PART` | key of a value | the id of the document that alone may have the value |
| `c/APP/TYPE/SHARD` | number of a slot | a part of the number of documents |
| `s/APP/TYPE` | | which indexes there are |
| `b/BATCH` | | whether a batch is done |
"""

from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote, unquote
from zlib import crc32

from runtime.store.dynamodb.actions import SORT_KEY_BYTES, Key

STATES = "s/"
"""What the partitions of states begin with."""

ONLY = b"\0"
"""The sort key in a partition with one item."""

COUNTER_SLOTS = 32
"""Counters of each shard: transactions on one item get into each other's way."""

CLAIM_PARTS = 256

_WHOLE = b"\1"
_HASHED = b"\2"


def sort_key_of(id: str) -> bytes:
    """The sort key of the document with that id: any text has one, and no two have the same."""
    content = id.encode("utf-8", "surrogatepass")
    return _WHOLE + content if len(content) < SORT_KEY_BYTES else _HASHED + sha256(content).digest()


def collection_of(key: Key) -> tuple[str, str]:
    """App and type of the collection whose state has this key."""
    _, app, type = key.partition.split("/")
    return unquote(app, errors="surrogatepass"), unquote(type, errors="surrogatepass")


def batch_key(batch: bytes) -> Key:
    return Key(f"b/{batch.hex()}", ONLY)


@dataclass(frozen=True)
class Keys:
    """The keys of one collection, whose documents are spread over so many shards by their ids."""

    app: str
    type: str
    shards: int = 1

    def document(self, sort: bytes) -> Key:
        """The key of the document whose sort key this is."""
        return Key(self.documents(self.shard(sort)), sort)

    def shard(self, sort: bytes) -> int:
        return crc32(sort) % self.shards

    def documents(self, shard: int) -> str:
        return self._partition("d", str(shard))

    def order(self, shard: int) -> str:
        return self._partition("o", str(shard))

    def entries(self, shard: int, index: int) -> str:
        return self._partition("x", str(shard), str(index))

    def claims(self, claims: int, part: int) -> str:
        return self._partition("u", str(claims), f"{part:02x}")

    def claim(self, claims: int, key: bytes) -> Key:
        return Key(self.claims(claims, crc32(key) % CLAIM_PARTS), key)

    def counters(self, shard: int) -> str:
        return self._partition("c", str(shard))

    def counter(self, shard: int, slot: int) -> Key:
        return Key(self.counters(shard), bytes([slot]))

    @property
    def state(self) -> Key:
        return Key(self._partition("s"), ONLY)

    def _partition(self, kind: str, *more: str) -> str:
        return "/".join((kind, _escaped(self.app), _escaped(self.type), *more))


def _escaped(name: str) -> str:
    return quote(name.encode("utf-8", "surrogatepass"), safe="")
