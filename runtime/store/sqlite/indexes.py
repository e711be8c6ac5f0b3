"""Which indexes a collection has, as its row in the table `collections` says."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace

from runtime.store.documents import Collection


@dataclass(frozen=True)
class Index:
    """The entries of one field; `number` stands for it in the tables.

    `unique` tells whether no two documents may have the same value, whoever writes them; `arrays` whether a document
    ever had an array there, and so may have several entries; `cut` whether a key ever was too long to be kept whole;
    `many` whether an array ever had too many elements to have an entry for each.
    Documents with a number beyond `reached` may lack entries; None: it is complete, and may be read.
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

    def complete(self) -> "Indexes":
        """Those of them that may be read."""
        if all(index.is_complete for index in self):
            return self
        return Indexes.of(self.collection, (index for index in self if index.is_complete))

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

    def begun(self, collection: Collection) -> "Indexes":
        """The same, and those that the collection asks for and that are not there, with no entries yet."""
        last = max((index.number for index in self), default=0)
        fields = [field for field in wanted(collection) if field not in self.by_field]
        return self.having(*(Index(field, number, reached=0) for number, field in enumerate(fields, last + 1)))

    def having(self, *indexes: Index) -> "Indexes":
        """The same with these, in place of others of the same fields."""
        return Indexes.of(self.collection, [*self, *indexes])

    def without(self, field: str) -> "Indexes":
        return Indexes.of(self.collection, (index for index in self if index.field != field))

    def marked(self, marks: "Marks") -> "Indexes":
        """The same, once documents came with such values."""
        if all(
            index.arrays >= (index.field in marks.arrays)
            and index.cut >= (index.field in marks.cut)
            and index.many >= (index.field in marks.many)
            for index in self
        ):
            return self
        return Indexes.of(
            self.collection,
            (
                replace(
                    index,
                    arrays=index.arrays or index.field in marks.arrays,
                    cut=index.cut or index.field in marks.cut,
                    many=index.many or index.field in marks.many,
                )
                for index in self
            ),
        )


def wanted(collection: Collection) -> dict[str, None]:
    """The fields that are to have an index, each once."""
    return dict.fromkeys((*collection.indexed, *collection.unique))


def row_of(connection: sqlite3.Connection, collection: Collection) -> tuple[int, str] | None:
    """The number of a collection and the text of its indexes; None for one that nobody has used."""
    row: tuple[int, str] | None = connection.execute(
        "SELECT number, indexes FROM collections WHERE app = ? AND type = ?", (collection.app, collection.type)
    ).fetchone()
    return row
