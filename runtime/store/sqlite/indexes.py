"""Which indexes a collection has, as its row in the table `collections` says."""

import json
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import asdict, dataclass, replace

from runtime.store.documents import Collection


@dataclass(frozen=True)
class Index:
    """The entries of one field; `number` stands for it in the tables.

    `arrays` tells whether a document ever had an array there, and so may have several entries; `cut` whether a key
    ever was too long to be kept whole.
    """

    field: str
    number: int
    unique: bool
    arrays: bool = False
    cut: bool = False


@dataclass(frozen=True)
class Indexes:
    """`collection` is the collection's number in the tables."""

    collection: int
    by_field: Mapping[str, Index]

    @classmethod
    def read(cls, collection: int, text: str) -> "Indexes":
        return cls.of(collection, (Index(**index) for index in json.loads(text)))

    @classmethod
    def of(cls, collection: int, indexes: Iterable[Index]) -> "Indexes":
        return cls(collection, {index.field: index for index in indexes})

    def __iter__(self) -> Iterator[Index]:
        return iter(self.by_field.values())

    def numbered(self, number: int) -> Index:
        return next(index for index in self if index.number == number)

    def as_text(self) -> str:
        return json.dumps([asdict(index) for index in self], separators=(",", ":"))

    def serve(self, collection: Collection) -> bool:
        """Whether they are those that the collection asks for."""
        return {index.field: index.unique for index in self} == wanted(collection)

    def marked(self, arrays: Set[str], cut: Set[str]) -> "Indexes":
        """The same, once a document came with arrays or long values in these fields."""
        if all(self.by_field[field].arrays for field in arrays) and all(self.by_field[field].cut for field in cut):
            return self
        return Indexes.of(
            self.collection,
            (
                replace(index, arrays=index.arrays or index.field in arrays, cut=index.cut or index.field in cut)
                for index in self
            ),
        )


def wanted(collection: Collection) -> dict[str, bool]:
    """The fields that are to have an index, and whether it is a unique one."""
    return {**dict.fromkeys(collection.indexed, False), **dict.fromkeys(collection.unique, True)}
