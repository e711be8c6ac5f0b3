"""Reads and writes the items of content types."""

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, overload

class PendingItems(list[dict[str, Any]], Coroutine[Any, Any, list[dict[str, Any]]]):
    """A list of items that may still be on its way. `await` it; any other use of it waits right there."""

class PendingItem(dict[str, Any], Coroutine[Any, Any, dict[str, Any]]):
    """An item that may still be on its way. `await` it; any other use of it waits right there."""

class PendingIds(list[str], Coroutine[Any, Any, list[str]]):
    """A list of Ids that may still be on its way. `await` it; any other use of it waits right there."""

class PendingNumber(int, Coroutine[Any, Any, int]):
    """A number that may still be on its way. `await` it; any other use of it waits right there."""

class ContentType:
    """The items of a content type; operations on them run as the caller of this request, or with all rights.

    In an `async def`, await what they answer; operations that are awaited together, as with asyncio.gather, run side by
    side. They raise CloudError with the code that the operation ended with.
    """

    name: str
    master: bool

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
    def first(
        self,
        filter: Mapping[str, Any] | None = None,
        *,
        sort: Mapping[str, Any] | None = None,
        fields: Mapping[str, Any] | None = None,
        skip: int | None = None,
    ) -> Any:
        """The first item that matches `filter`, a dict, or None when there is none."""
    def get(self, id: str, *, fields: Mapping[str, Any] | None = None) -> Any:
        """The item with that Id, a dict, or None when there is none."""
    def count(self, filter: Mapping[str, Any] | None = None) -> PendingNumber:
        """How many items match `filter`, or how many there are."""
    def aggregate(self, expression: Mapping[str, Any], *, filter: Mapping[str, Any] | None = None) -> PendingItems:
        """Figures about the items that match `filter`, or about all: a dict for each group.

        `expression` is such as `{"GroupBy": "City", "Aggregate": {"N": {"count": None}, "Total": {"sum": "Amount"}}}`.
        There are count, min, max, avg and sum. Without `GroupBy` all items are one group.
        """
    @overload
    def create(self, data: Mapping[str, Any]) -> PendingItem:
        """Create an item, or all items of a list or none; answers its `{"Id", "CreatedAt"}`, or a list of those."""
    @overload
    def create(self, data: Sequence[Mapping[str, Any]]) -> PendingItems: ...
    @overload
    def create(self, data: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> PendingItem | PendingItems: ...
    def update(self, id_or_filter: str | Mapping[str, Any], changes: Mapping[str, Any]) -> PendingNumber:
        """Change the item with an Id, or all that match a filter; answers how many there were.

        `changes` are fields with their new values, or operators such as `$set`. An empty filter is for every item.
        Raises CloudError 801 for an Id that no item has.
        """
    def delete(self, id_or_filter: str | Mapping[str, Any]) -> PendingNumber:
        """Delete the item with an Id, or all that match a filter; answers how many there were.

        An empty filter is for every item. Raises CloudError 801 for an Id that no item has.
        """

def data(name: str, *, master: bool = False) -> ContentType:
    """The content type `name`: as the caller of this request sees it, or with the rights of the master key."""
