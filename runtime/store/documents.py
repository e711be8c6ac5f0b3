"""The port for documents: the items of content types, in the shape that every engine can keep.

A document is a JSON object with a text `Id`. Nothing here joins collections, and no transaction goes beyond one call.
"""

import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from runtime.deadline import Deadline
from runtime.query.filter import Filter
from runtime.query.sort import Sort
from runtime.store.port import StoreError

INSERT_LIMIT = 100
"""Documents that one insert takes (DynamoDB: 100 items in a transaction)."""

NEVER = Deadline(math.inf)
"""The deadline of what may take as long as it takes."""


@dataclass(frozen=True)
class Collection:
    """The documents of one content type of one app.

    `unique` and `indexed` name top-level fields: no two documents have the same value in a unique one, and a filter or
    a sort by an indexed one need not look at every document. A unique field need not be named twice. `Id` is unique in
    every collection. What is missing or null is never a duplicate.

    `shards` is over how many parts of the engine the documents are spread, if it needs to be told; it stays what it was
    when the collection got its first document.
    """

    app: str
    type: str
    unique: tuple[str, ...] = ()
    indexed: tuple[str, ...] = ()
    shards: int = 1


@dataclass(frozen=True)
class Document:
    """`version` is opaque: each write changes it, and no number comes back after a delete.

    `as_read` is the engine's own. Who carries it along to a write (`dataclasses.replace`) spares it another read.
    """

    value: dict[str, Any]
    version: int
    as_read: Any = field(default=None, repr=False, compare=False)

    @property
    def id(self) -> str:
        return str(self.value["Id"])


@dataclass(frozen=True)
class Query:
    """Which documents, in which order. Without a sort they come in the order in which they were inserted."""

    filter: Filter
    sort: Sort = field(default_factory=lambda: Sort(()))
    skip: int = 0
    take: int | None = None


class DuplicateValueError(StoreError):
    """A unique field already holds that value in another document.

    `position` is that of the document in the call; what a `replace` was given before it is written.
    """

    def __init__(self, field: str, value: Any, position: int) -> None:
        super().__init__(f"{field} has the value {value!r} already.")
        self.field = field
        self.value = value
        self.position = position


class DuplicatesExistError(DuplicateValueError):
    """A field is to be unique, and documents that are there already have the same value in it."""

    def __init__(self, field: str, value: Any) -> None:
        super().__init__(field, value, 0)


class DocumentChangedError(StoreError):
    """A document is not in the version that was read: somebody else wrote or deleted it.

    `position` is that of the document in the call; those before it are done.
    """

    def __init__(self, position: int) -> None:
        super().__init__("The document was changed or deleted in the meantime.")
        self.position = position


class ShardsChangedError(StoreError):
    """A collection is to have another number of shards than the one with which its documents are kept."""

    def __init__(self, type: str, there: int, wanted: int) -> None:
        super().__init__(
            f"The items of {type} are kept in {there} shards, not in {wanted}, and go on to be. For another number, set"
            " up a new table with the app as it is to be, and move the data there with `relive copy`."
        )


class Documents(Protocol):
    """Safe for use from many threads, and from several processes on the same data.

    A write that returned survives a power cut. Every operation may raise StoreUnavailableError. A document must be what
    JSON can say, with a text as its `Id`: TypeError or ValueError otherwise.

    A deadline ends all that is not yet a write: reading and making indexes with ReliveError 650, waiting for others to
    let go of a lock with StoreBusyError. Nothing is written then.

    One collection may be used by several definitions at once: a new version of an app is applied while requests of the
    old one still run, or two programs share the data. None of them undoes what another one needs:

    * An operation makes the indexes that its definition asks for and that are missing, but for `get`, and for writes
      those alone whose fields are to be unique. It drops none. What is there is maintained by every write.
    * A field that is unique is so for every definition, also for one that does not ask for it, until `prepare` is
      called with such a one. Operations of definitions that were in use before do not make it unique again: the
      definition that was prepared last has the say. Those of a definition that is new to this object do.
    * An operation that has to make a field unique that holds duplicates raises DuplicatesExistError.
    """

    def prepare(self, collection: Collection) -> None:
        """Make the indexes that the collection asks for and does not have yet, and drop those it does not ask for.

        For the definition that is to count from now on. It takes as long as it takes; others can read and write
        meanwhile. Raises DuplicatesExistError if a field that is to be unique holds duplicates; then no field has
        become unique or ceased to be, and no index is dropped. Raises ShardsChangedError at the end, once the rest is
        done.
        """
        ...

    def duplicates(self, collection: Collection) -> tuple[str, Any] | None:
        """A field that the collection wants to be unique and a value that several documents have in it.

        Only reads, so that a definition can be looked at that is not to count.
        """
        ...

    def collections(self) -> Iterator[Collection]:
        """All that were ever used, in no order, each as it is now: its unique and indexed fields and its shards.

        It may look at all that is stored: for copies and other rare things.
        """
        ...

    def get(self, collection: Collection, id: str, deadline: Deadline = NEVER) -> Document | None: ...

    def find(self, collection: Collection, query: Query, deadline: Deadline) -> Generator[Document, None, None]:
        """The documents, each at most once, loaded as they are asked for. Close the iterator when done with it early.

        Writes in the meantime are allowed; whether what they write is found is not defined.
        """
        ...

    def count(self, collection: Collection, filter: Filter, deadline: Deadline) -> int: ...

    def insert(self, collection: Collection, values: Sequence[dict[str, Any]], deadline: Deadline = NEVER) -> None:
        """Write up to INSERT_LIMIT new documents, all or none. Raises DuplicateValueError, for `Id` as well.

        The value of a unique field that is an array counts as a whole.
        """
        ...

    def replace(self, collection: Collection, documents: Sequence[Document], deadline: Deadline = NEVER) -> None:
        """Write each value over the document with its `Id`, which was read in `version`.

        Goes in order and stops at the first that cannot be written; those before it are. Raises DuplicateValueError,
        DocumentChangedError.
        """
        ...

    def delete(self, collection: Collection, documents: Sequence[Document], deadline: Deadline = NEVER) -> None:
        """Delete each document, which was read in `version`; in order, like `replace`. Raises DocumentChangedError."""
        ...
