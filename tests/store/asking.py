"""Short ways to ask a store of documents."""

from typing import Any

from runtime.deadline import Deadline
from runtime.query.filter import Filter
from runtime.query.sort import Sort
from runtime.store.documents import Collection, Document, Documents, Query


def in_time() -> Deadline:
    return Deadline.after(60)


def query(filter: Any = None, sort: Any = None, skip: int = 0, take: int | None = None) -> Query:
    return Query(Filter.parse(filter), Sort.parse(sort), skip, take)


def found(documents: Documents, collection: Collection, *args: Any, **kwargs: Any) -> list[Document]:
    return list(documents.find(collection, query(*args, **kwargs), in_time()))


def values(documents: Documents, collection: Collection, *args: Any, **kwargs: Any) -> list[dict[str, Any]]:
    return [document.value for document in found(documents, collection, *args, **kwargs)]


def ids(documents: Documents, collection: Collection, *args: Any, **kwargs: Any) -> str:
    """The ids of what is found, one after the other: short ones are meant."""
    return "".join(document.id for document in found(documents, collection, *args, **kwargs))


def counted(documents: Documents, collection: Collection, filter: Any = None) -> int:
    return documents.count(collection, Filter.parse(filter), in_time())
