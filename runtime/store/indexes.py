"""Which indexes a collection has."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from runtime.store.documents import Collection


@dataclass(frozen=True)
class Index:
    """The entries of one field; `number` stands for it where they are kept.

    `unique` tells whether no two documents may have the same value, whoever writes them; `arrays` whether a document
    ever had an array there, and so may have several entries; `cut` whether a key ever was too long to be kept whole;
    `many` whether an array ever had too many elements to have an entry for each.
    Documents beyond `reached`, in the engine's own count, may lack entries; None: it is complete, and may be read.
    """

    field: str
    number: int
    unique: bool = False
    arrays: bool = False
    cut: bool = False
    many: bool = False
    reached: int | None = None

    @property
    def is_complete(self) -> bool:
        return self.reached is None


@dataclass
class Marks:
    """The fields that hold an array, a value too long for its key, and an array with too many elements for entries."""

    arrays: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)
    many: set[str] = field(default_factory=set)

    def add(self, other: "Marks") -> None:
        self.arrays |= other.arrays
        self.cut |= other.cut
        self.many |= other.many


Own = TypeVar("Own", bound="Indexes")


@dataclass(frozen=True)
class Indexes:
    """By the field that each is for."""

    by_field: Mapping[str, Index]

    def of(self: Own, indexes: Iterable[Index]) -> Own:
        """These, of the same collection; of several for one field the last."""
        return replace(self, by_field={index.field: index for index in indexes})

    def __iter__(self) -> Iterator[Index]:
        return iter(self.by_field.values())

    def numbered(self, number: int) -> Index:
        return next(index for index in self if index.number == number)

    def complete(self: Own) -> Own:
        """Those of them that may be read."""
        if all(index.is_complete for index in self):
            return self
        return self.of(index for index in self if index.is_complete)

    def described(self, app: str, type: str, shards: int = 1) -> Collection:
        """The collection that asks for these."""
        unique = tuple(index.field for index in self if index.unique)
        return Collection(app, type, unique, tuple(index.field for index in self if not index.unique), shards)

    def serve(self, collection: Collection) -> bool:
        """Whether all that the collection asks for are there to be read; there may be more."""
        complete = self.complete().by_field
        return all(field in complete for field in wanted(collection))

    def enforce(self, collection: Collection) -> bool:
        """Whether all fields that the collection wants to be unique are so; there may be more."""
        return all(field in self.by_field and self.by_field[field].unique for field in collection.unique)

    def exceed(self, collection: Collection) -> bool:
        """Whether there is an index that the collection does not ask for, or not as a unique one."""
        return any(index.field not in wanted(collection) for index in self) or any(self.no_longer_unique(collection))

    def no_longer_unique(self, collection: Collection) -> list[Index]:
        return [index for index in self if index.unique and index.field not in collection.unique]

    def having(self: Own, *indexes: Index) -> Own:
        """The same with these, in place of others of the same fields."""
        return self.of([*self, *indexes])

    def without(self: Own, field: str) -> Own:
        return self.of(index for index in self if index.field != field)

    def marked(self: Own, marks: "Marks") -> Own:
        """The same, once documents came with such values."""
        if all(
            index.arrays >= (index.field in marks.arrays)
            and index.cut >= (index.field in marks.cut)
            and index.many >= (index.field in marks.many)
            for index in self
        ):
            return self
        return self.of(
            replace(
                index,
                arrays=index.arrays or index.field in marks.arrays,
                cut=index.cut or index.field in marks.cut,
                many=index.many or index.field in marks.many,
            )
            for index in self
        )


def wanted(collection: Collection) -> dict[str, None]:
    """The fields that are to have an index, each once."""
    return dict.fromkeys((*collection.indexed, *collection.unique))
