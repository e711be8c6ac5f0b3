"""Ways to find documents of a collection without looking at them: by their ids, and by the entries of an index."""

from dataclasses import dataclass

from runtime.store.indexes import Index


@dataclass(frozen=True)
class Ids:
    """The documents with one of these ids."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class AnyKey:
    """The documents that have an entry with one of these keys."""

    index: Index
    keys: tuple[bytes, ...]


@dataclass(frozen=True)
class KeyRange:
    """The documents that have an entry whose key is at least `low` and less than `high`.

    Neither of them begins with a key that is there and ends in bytes below 255. So whatever follows the keys where they
    are kept, a bound is on the same side of it as of the key, if it begins with a byte below 255.
    """

    index: Index
    low: bytes = b""
    high: bytes = b"\xff"

    def narrowed(self, other: "KeyRange") -> "KeyRange":
        """Where both hold: of the same entry, so of the same document only if it has no other."""
        return KeyRange(self.index, max(self.low, other.low), min(self.high, other.high))


@dataclass(frozen=True)
class Either:
    """The documents that are in any of the parts."""

    parts: "tuple[Lookup, ...]"


@dataclass(frozen=True)
class Everything:
    """All documents."""


Lookup = Ids | AnyKey | KeyRange | Either | Everything


def size(lookup: Lookup) -> int:
    """How many ids and keys it names."""
    match lookup:
        case Ids(ids):
            return len(ids)
        case AnyKey(keys=keys):
            return len(keys)
        case KeyRange():
            return 2
        case Either(parts):
            return sum(map(size, parts))
        case Everything():
            return 0
