"""Reads and writes the items of content types."""

from collections.abc import Mapping, Sequence
from typing import Any

from cloud.calls import ask
from relive_guest.pending import Pending


class PendingItems(Pending):
    """A list of items that may still be on its way. `await` it; any other use of it waits right there."""

    __slots__ = ()


class PendingItem(Pending):
    """An item that may still be on its way. `await` it; any other use of it waits right there."""

    __slots__ = ()


class PendingIds(Pending):
    """A list of Ids that may still be on its way. `await` it; any other use of it waits right there."""

    __slots__ = ()


class PendingNumber(Pending):
    """A number that may still be on its way. `await` it; any other use of it waits right there."""

    __slots__ = ()


class ContentType:
    """The items of a content type; operations on them run as the caller of this request, or with all rights.

    In an `async def`, await what they answer; operations that are awaited together, as with asyncio.gather, run side by
    side. They raise CloudError with the code that the operation ended with.
    """

    __slots__ = ("master", "name")

    name: str
    master: bool

    def __init__(self, name: str, master: bool) -> None:
        self.name = name
        self.master = master

    def find(
        self,
        filter: Mapping[str, Any] | None = None,
        *,
        sort: Mapping[str, Any] | None = None,
        fields: Mapping[str, Any] | None = None,
        skip: int | None = None,
        take: int | None = None,
    ) -> PendingItems:
        """The items that match `filter`, or all."""
        query = {"filter": filter, "sort": sort, "fields": fields, "skip": skip, "take": take}
        return self._ask("data.find", query, PendingItems)  # type: ignore[no-any-return]

    def first(
        self,
        filter: Mapping[str, Any] | None = None,
        *,
        sort: Mapping[str, Any] | None = None,
        fields: Mapping[str, Any] | None = None,
        skip: int | None = None,
    ) -> Any:
        """The first item that matches `filter`, a dict, or None when there is none."""
        query = {"filter": filter, "sort": sort, "fields": fields, "skip": skip, "take": 1}
        return ask("data.find", self._arguments(query), _first, PendingItem)

    def get(self, id: str, *, fields: Mapping[str, Any] | None = None) -> Any:
        """The item with that Id, a dict, or None when there is none."""
        if not isinstance(id, str):
            raise TypeError(f"get takes an Id, which is a text, not {id!r}.")
        return self._ask("data.get", {"id": id, "fields": fields}, PendingItem)

    def count(self, filter: Mapping[str, Any] | None = None) -> PendingNumber:
        """How many items match `filter`, or how many there are."""
        return self._ask("data.count", {"filter": filter}, PendingNumber)  # type: ignore[no-any-return]

    def aggregate(self, expression: Mapping[str, Any], *, filter: Mapping[str, Any] | None = None) -> PendingItems:
        """Figures about the items that match `filter`, or about all: a dict for each group.

        `expression` is such as `{"GroupBy": "City", "Aggregate": {"N": {"count": None}, "Total": {"sum": "Amount"}}}`.
        There are count, min, max, avg and sum. Without `GroupBy` all items are one group.
        """
        arguments = {"aggregate": expression, "filter": filter}
        return self._ask("data.aggregate", arguments, PendingItems)  # type: ignore[no-any-return]

    def create(self, data: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> PendingItem | PendingItems:
        """Create an item, or all items of a list or none; answers its `{"Id", "CreatedAt"}`, or a list of those."""
        return self._ask("data.create", {"data": data}, PendingItem)  # type: ignore[no-any-return]

    def update(self, id_or_filter: str | Mapping[str, Any], changes: Mapping[str, Any]) -> PendingNumber:
        """Change the item with an Id, or all that match a filter; answers how many there were.

        `changes` are fields with their new values, or operators such as `$set`. An empty filter is for every item.
        Raises CloudError 801 for an Id that no item has.
        """
        arguments = {**_which("update", id_or_filter), "data": changes}
        return self._ask("data.update", arguments, PendingNumber)  # type: ignore[no-any-return]

    def delete(self, id_or_filter: str | Mapping[str, Any]) -> PendingNumber:
        """Delete the item with an Id, or all that match a filter; answers how many there were.

        An empty filter is for every item. Raises CloudError 801 for an Id that no item has.
        """
        return self._ask("data.delete", _which("delete", id_or_filter), PendingNumber)  # type: ignore[no-any-return]

    def _ask(self, capability: str, arguments: dict[str, Any], kind: type[Pending]) -> Any:
        return ask(capability, self._arguments(arguments), lambda value: value, kind)

    def _arguments(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {"type": self.name, **arguments, "master": self.master}

    def __repr__(self) -> str:
        return f"<ContentType {self.name}>"


def data(name: str, *, master: bool = False) -> ContentType:
    """The content type `name`: as the caller of this request sees it, or with the rights of the master key."""
    if not isinstance(name, str):
        raise TypeError(f"The name of a content type is a text, not {name!r}.")
    return ContentType(name, master)


def _first(items: list[Any]) -> Any:
    return items[0] if items else None


def _which(operation: str, id_or_filter: Any) -> dict[str, Any]:
    """The arguments that say which items are meant."""
    if isinstance(id_or_filter, str):
        # An empty text could be taken for "no Id", and with that for every item.
        if not id_or_filter:
            raise ValueError(f"{operation} takes an Id or a filter, and an Id is not empty.")
        return {"id": id_or_filter, "filter": None}
    if isinstance(id_or_filter, Mapping):
        return {"id": None, "filter": id_or_filter}
    raise TypeError(f"{operation} takes an Id (a text) or a filter (a dict), not {id_or_filter!r}.")
