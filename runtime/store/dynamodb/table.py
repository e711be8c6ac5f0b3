"""One table of DynamoDB, by its keys `pk` (text) and `sk` (bytes)."""

import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from runtime.deadline import Deadline
from runtime.store.dynamodb.actions import SORT, VERSION, Action, Condition, Delete, Item, Key, Put, Update
from runtime.store.dynamodb.client import DynamoDBClient
from runtime.store.dynamodb.failures import CancelledError, ConditionFailedError, Failure
from runtime.store.dynamodb.requests import PATIENCE_SECONDS, Requests
from runtime.store.dynamodb.sizes import item_bytes
from runtime.store.dynamodb.syntax import in_range, reading, single, transacted
from runtime.store.port import TooLargeError

READ_ITEMS = 100
"""Items of one BatchGetItem (AWS: "Quotas in Amazon DynamoDB", like the next three)."""

WRITE_ITEMS = 25
"""Items of one BatchWriteItem."""

TRANSACTION_ITEMS = 100
TRANSACTION_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Page:
    """What one request of a query or scan found. `last` is the key up to which it looked; None: to the end.

    `scanned` counts the items that were looked at, before the filter.
    """

    items: Sequence[Item]
    last: Key | None
    scanned: int


class Table:
    """Operations on items, each safe from many threads. Reads are strongly consistent.

    A request that fails for a reason which passes is sent again, with growing pauses, until the deadline or `patience`
    seconds are over. Reads raise ReliveError 650 then, if it was the deadline. All raise StoreBusyError,
    StoreUnavailableError; writes TooLargeError.
    """

    def __init__(self, client: Callable[[], DynamoDBClient], name: str, *, patience: float = PATIENCE_SECONDS) -> None:
        self.name = name
        self._requests = Requests(client, name, patience)

    def get(self, key: Key, deadline: Deadline) -> Item | None:
        request = {"TableName": self.name, "Key": key.item, "ConsistentRead": True}
        item: Item | None = self._requests.read("get_item", request, deadline).get("Item")
        return item

    def get_many(self, keys: Collection[Key], deadline: Deadline) -> dict[Key, Item]:
        """The items that are there. One request for each READ_ITEMS, more if they are beyond 16 MB."""
        distinct = list(dict.fromkeys(keys))
        found: dict[Key, Item] = {}
        for start in range(0, len(distinct), READ_ITEMS):
            asked: Any = {"Keys": [key.item for key in distinct[start : start + READ_ITEMS]], "ConsistentRead": True}
            for answer in self._until_processed("batch_get_item", asked, "UnprocessedKeys", deadline, writes=False):
                for item in answer["Responses"].get(self.name, ()):
                    found[Key.of(item)] = item
        return found

    def query(
        self,
        partition: str,
        deadline: Deadline,
        *,
        low: bytes | None = None,
        high: bytes | None = None,
        descending: bool = False,
        limit: int | None = None,
        filter: Condition | None = None,
        projection: Sequence[str] | None = None,
    ) -> Iterator[Page]:
        """The items of a partition with sort keys from `low` up to below `high`, in order; a page for each request.

        A request looks at `limit` items at most, and at 1 MB. The next one is sent when the next page is asked for; to
        go on from a page later, the range begins at the `successor` of its last key (descending: ends below it).
        """
        if low is not None and high is not None and low >= high:
            return
        request = reading(self.name, in_range(partition, low, high), filter, projection)
        request["ScanIndexForward"] = not descending
        for page in self._pages("query", request, limit, deadline):
            if low and high and page.items:  # BETWEEN takes in both ends
                items = [item for item in page.items if item[SORT]["B"] != high]
                page = Page(items, page.last, page.scanned)
            yield page

    def count(
        self,
        partition: str,
        deadline: Deadline,
        *,
        low: bytes | None = None,
        high: bytes | None = None,
        filter: Condition | None = None,
    ) -> tuple[int, int]:
        """How many items there are with sort keys from `low` up to below `high`, which is none itself.

        First those that pass the filter, then all. One request for each 1 MB of items.
        """
        if low is not None and high is not None and low >= high:
            return 0, 0
        request = reading(self.name, in_range(partition, low, high), filter, None) | {"Select": "COUNT"}
        passed = looked_at = 0
        while True:
            answer = self._requests.read("query", request, deadline)
            passed += answer["Count"]
            looked_at += answer["ScannedCount"]
            if not (last := answer.get("LastEvaluatedKey")):
                return passed, looked_at
            request["ExclusiveStartKey"] = last

    def scan(
        self,
        deadline: Deadline,
        *,
        filter: Condition | None = None,
        projection: Sequence[str] | None = None,
        after: Key | None = None,
    ) -> Iterator[Page]:
        """All items of the table, in no order that means anything; a page for each request, of 1 MB at most.

        `after` is the last key of an earlier page.
        """
        request = reading(self.name, None, filter, projection)
        if after:
            request["ExclusiveStartKey"] = after.item
        yield from self._pages("scan", request, None, deadline)

    def write(self, action: Put | Update | Delete, deadline: Deadline, *, returning: str = "NONE") -> Item | None:
        """Do one of these writes; answer the item as `returning` says (ALL_OLD, ALL_NEW, NONE).

        Raises ConditionFailedError. If the answer was lost, the write is repeated: a conditional Put that finds its own
        version is done; after others, the error says so in `repeated`. So an Update without condition must come to the
        same when it is applied twice; one that does not, as ADD, belongs into a transaction.
        """
        operation, request = single(action)
        request |= {"TableName": self.name, "ReturnValues": returning}
        if action.condition:
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        try:
            with _told_sizes([action]):
                item: Item | None = self._requests.write(operation, request, deadline).get("Attributes")
        except ConditionFailedError as error:
            if error.repeated and isinstance(action, Put) and _is_own(action, error.item):
                return None
            raise
        return item or None

    def transact(self, actions: Sequence[Action], deadline: Deadline) -> None:
        """Do all of these, or none; up to TRANSACTION_ITEMS with TRANSACTION_BYTES, each for another item.

        Raises CancelledError. A repeated request has the same token, by which DynamoDB knows for 10 minutes that it has
        been done. A Put that finds its own version counts as done, too, with all that went with it.
        """
        items = [transacted(action, self.name) for action in actions]
        request = {"TransactItems": items, "ClientRequestToken": secrets.token_hex(16)}
        try:
            with _told_sizes(actions):
                self._requests.write("transact_write_items", request, deadline)
        except CancelledError as error:
            pairs = zip(actions, error.reasons, strict=True)
            if error.repeated and any(isinstance(put, Put) and _is_own(put, reason.item) for put, reason in pairs):
                return
            raise

    def write_many(self, deadline: Deadline, *, puts: Sequence[Item] = (), deletes: Sequence[Key] = ()) -> None:
        """Write and delete items without conditions, in no order; if it fails, some may be written.

        A write whose answer was lost is repeated, also over what others have written meanwhile.
        """
        writes: list[dict[str, Any]] = [{"PutRequest": {"Item": item}} for item in puts]
        writes += [{"DeleteRequest": {"Key": key.item}} for key in deletes]
        for start in range(0, len(writes), WRITE_ITEMS):
            batch = writes[start : start + WRITE_ITEMS]
            with _told_sizes([Put(item) for item in puts]):
                for _ in self._until_processed("batch_write_item", batch, "UnprocessedItems", deadline, writes=True):
                    pass

    def close(self) -> None:
        """Refuse all further requests. The client is its owner's."""
        self._requests.close()

    def _pages(self, operation: str, request: dict[str, Any], limit: int | None, deadline: Deadline) -> Iterator[Page]:
        if limit is not None:
            request["Limit"] = limit
        while True:
            answer = self._requests.read(operation, request, deadline)
            last = answer.get("LastEvaluatedKey")
            yield Page(answer["Items"], Key.of(last) if last else None, answer["ScannedCount"])
            if not last:
                return
            request["ExclusiveStartKey"] = last

    def _until_processed(
        self, operation: str, asked: Any, left_over: str, deadline: Deadline, *, writes: bool
    ) -> Iterator[Any]:
        """The answers of a batch, of which DynamoDB may do a part only, until nothing is left over."""
        send = self._requests.write if writes else self._requests.read
        patience = self._requests.patience(deadline)
        attempt = 0
        while asked:
            answer = send(operation, {"RequestItems": {self.name: asked}}, deadline)
            yield answer
            left = answer.get(left_over, {}).get(self.name)
            if left and _size(left) == _size(asked) and not self._requests.pause(attempt, patience):
                busy = Failure(f"The table {self.name} takes no more requests at the moment.", busy=True)
                raise self._requests.out_of_time(deadline, busy, writes=writes)
            attempt = attempt + 1 if left and _size(left) == _size(asked) else 0
            asked = left


@contextmanager
def _told_sizes(actions: Sequence[Action]) -> Iterator[None]:
    """What is too large is told with the size of the largest item that was to be put."""
    try:
        yield
    except TooLargeError as error:
        sizes = [item_bytes(action.item) for action in actions if isinstance(action, Put)]
        raise TooLargeError(error.limit, max(sizes, default=None)) from error


def _size(asked: Any) -> int:
    return len(asked["Keys"] if isinstance(asked, dict) else asked)


def _is_own(put: Put, item: Item | None) -> bool:
    """Whether the item is the one that was to be put: versions are random, so no other has the same."""
    return bool(item) and VERSION in put.item and item.get(VERSION) == put.item[VERSION]  # type: ignore[union-attr]
