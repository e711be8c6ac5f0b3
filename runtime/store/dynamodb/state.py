"""What is known of a collection as a whole: its indexes, how far they are made, and its shards."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from runtime.store.documents import Collection
from runtime.store.dynamodb.actions import VERSION, Item, Key
from runtime.store.indexes import Index, Indexes, Marks, wanted

LAYOUT = 1
"""Which way to keep documents and entries this is."""

STATE = "j"


@dataclass(frozen=True)
class Making:
    """Something that is made from the documents that are there: entries of an index, or claims of unique values.

    `began` is in seconds since the epoch. Documents up to the sort key `after` in `shard` are done, and those of all
    shards before it; `after` is in hexadecimal digits.
    """

    began: float
    shard: int = 0
    after: str = ""


@dataclass(frozen=True)
class Dropped:
    """Entries (`x`) or claims (`u`) that nobody needs any more, and since when."""

    kind: str
    number: int
    at: float


@dataclass(frozen=True)
class State:
    """`claims` has the fields whose values are claimed by every write, and the number under which they are.

    A field of `claims` whose index is not unique is about to become so. `entries_made` and `claims_made` are for what
    is not complete yet, by field. `revision` is random, another one after each change; None: not written yet.
    """

    indexes: Indexes
    shards: int
    claims: Mapping[str, int] = field(default_factory=dict)
    entries_made: Mapping[str, Making] = field(default_factory=dict)
    claims_made: Mapping[str, Making] = field(default_factory=dict)
    dropped: tuple[Dropped, ...] = ()
    last_number: int = 0
    revision: int | None = None

    @classmethod
    def new(cls, collection: Collection) -> "State":
        """That of a collection without documents: all its indexes are complete."""
        fields = list(wanted(collection))
        indexes = {name: Index(name, number, unique=name in collection.unique) for number, name in enumerate(fields, 1)}
        claims = {name: number for number, name in enumerate(collection.unique, len(fields) + 1)}
        return cls(Indexes(indexes), collection.shards, claims, last_number=len(fields) + len(claims))

    @classmethod
    def read(cls, item: Item) -> "State":
        kept = json.loads(item[STATE]["S"])
        return cls(
            Indexes({index["field"]: Index(**index) for index in kept["indexes"]}),
            kept["shards"],
            kept["claims"],
            {name: Making(**making) for name, making in kept["entries_made"].items()},
            {name: Making(**making) for name, making in kept["claims_made"].items()},
            tuple(Dropped(**dropped) for dropped in kept["dropped"]),
            kept["last_number"],
            int(item[VERSION]["N"]),
        )

    def item(self, key: Key, revision: int) -> Item:
        kept: dict[str, Any] = {
            "layout": LAYOUT,
            "indexes": [asdict(index) for index in self.indexes],
            "shards": self.shards,
            "claims": dict(self.claims),
            "entries_made": {name: asdict(making) for name, making in self.entries_made.items()},
            "claims_made": {name: asdict(making) for name, making in self.claims_made.items()},
            "dropped": [asdict(dropped) for dropped in self.dropped],
            "last_number": self.last_number,
        }
        return {**key.item, STATE: {"S": json.dumps(kept)}, VERSION: {"N": str(revision)}}

    @property
    def written(self) -> Indexes:
        """The indexes as writes keep them up: also what is not complete, with unique what is about to be."""
        return self.indexes.of(replace(index, unique=index.field in self.claims) for index in self.indexes)

    def marked(self, marks: Marks) -> "State":
        indexes = self.indexes.marked(marks)
        return self if indexes is self.indexes else replace(self, indexes=indexes)

    def begun(self, collection: Collection, now: float) -> "State":
        """The same, and those indexes that the collection asks for and that are not there, with no entries yet."""
        fields = [name for name in wanted(collection) if name not in self.indexes.by_field]
        if not fields:
            return self
        begun = [Index(name, number, reached=0) for number, name in enumerate(fields, self.last_number + 1)]
        return replace(
            self,
            indexes=self.indexes.having(*begun),
            entries_made={**self.entries_made, **{name: Making(now) for name in fields}},
            last_number=self.last_number + len(fields),
        )

    def claiming(self, collection: Collection, now: float) -> "State":
        """The same, and the values of those fields claimed that the collection wants to be unique."""
        fields = [name for name in collection.unique if name not in self.claims]
        if not fields:
            return self
        return replace(
            self,
            claims={**self.claims, **{name: number for number, name in enumerate(fields, self.last_number + 1)}},
            claims_made={**self.claims_made, **{name: Making(now) for name in fields}},
            last_number=self.last_number + len(fields),
        )

    def number(self, kind: str, field: str) -> int | None:
        """Under which number that of a field is made."""
        if kind == "claims_made":
            return self.claims.get(field)
        index = self.indexes.by_field.get(field)
        return index.number if index else None

    def advanced(self, kind: str, fields: Iterable[str], shard: int, after: str) -> "State":
        """The same, once what is made of these fields has come so far."""
        makings: Mapping[str, Making] = getattr(self, kind)
        come = {name: replace(makings[name], shard=shard, after=after) for name in fields if name in makings}
        return _with(self, kind, {**makings, **come})

    def made(self, kind: str, fields: Sequence[str]) -> "State":
        """The same, once what is made of these fields is complete."""
        makings: Mapping[str, Making] = getattr(self, kind)
        made = {"reached": None} if kind == "entries_made" else {"unique": True}
        indexes = self.indexes.having(*(replace(index, **made) for index in self.indexes if index.field in fields))
        left = {name: making for name, making in makings.items() if name not in fields}
        return replace(_with(self, kind, left), indexes=indexes)

    def without_claims(self, fields: Mapping[str, int], now: float) -> "State":
        """The same, once these fields are not unique any more, nor about to be."""
        given_up = {name: number for name, number in fields.items() if self.claims.get(name) == number}
        return replace(
            self,
            indexes=self.indexes.having(
                *(replace(index, unique=False) for index in self.indexes if index.field in given_up)
            ),
            claims={name: number for name, number in self.claims.items() if name not in given_up},
            claims_made={name: making for name, making in self.claims_made.items() if name not in given_up},
            dropped=(*self.dropped, *(Dropped("u", number, now) for number in given_up.values())),
        )

    def reduced(self, collection: Collection, now: float) -> "State":
        """The same without what the collection does not ask for."""
        unwanted = {name: number for name, number in self.claims.items() if name not in collection.unique}
        state = self.without_claims(unwanted, now) if unwanted else self
        unasked = [index for index in state.indexes if index.field not in wanted(collection)]
        for index in unasked:
            state = replace(
                state,
                indexes=state.indexes.without(index.field),
                entries_made=_without(state.entries_made, index.field),
                dropped=(*state.dropped, Dropped("x", index.number, now)),
            )
        return state

    def cleared(self, dropped: Sequence[Dropped]) -> "State":
        """The same, once these are deleted."""
        return replace(self, dropped=tuple(each for each in self.dropped if each not in dropped))


def _with(state: State, kind: str, makings: Mapping[str, Making]) -> State:
    return replace(state, entries_made=makings) if kind == "entries_made" else replace(state, claims_made=makings)


def _without(makings: Mapping[str, Making], field: str) -> dict[str, Making]:
    return {name: making for name, making in makings.items() if name != field}
