"""Records in DynamoDB.

A record is the item with the partition key `r/<partition>` and the bytes of its key as sort key. `j` is the value as
JSON, `n` the version and `e` the moment of expiry; `ttl` is that in whole seconds, after which DynamoDB deletes the
item some time or other. Until then it is left out here.
"""

import json
import math
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from runtime.store.documents import NEVER
from runtime.store.dynamodb.actions import (
    EXISTS,
    EXPIRY,
    MISSING,
    SORT_KEY_BYTES,
    VERSION,
    Condition,
    Delete,
    Item,
    Key,
    Put,
    successor,
)
from runtime.store.dynamodb.failures import CancelledError, ConditionFailedError
from runtime.store.dynamodb.requests import UNKNOWN
from runtime.store.dynamodb.table import Table
from runtime.store.port import (
    Record,
    RecordExistsError,
    StoreUnavailableError,
    VersionConflictError,
    check_names,
)

PREFIX = "r/"
VALUE = "j"
EXPIRES_AT = "e"

Bounds = tuple[bytes | None, bytes | None]


class DynamoStore:
    """A Store in a table. It waits for the table for as long as that is patient; `close` closes it."""

    def __init__(self, table: Table, *, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def get(self, partition: str, key: str) -> Record | None:
        check_names(partition, key)
        item = self._table.get(_key(partition, key), NEVER)
        return _record(partition, item) if item and self._is_live(item) else None

    def insert(self, partition: str, key: str, value: dict[str, Any], *, expires_at: float | None = None) -> Record:
        record = _new_record(partition, key, value, expires_at)
        # An expired record that DynamoDB has not deleted yet does not exist, so it may be written over.
        expired = Condition(f"{MISSING.expression} OR #e <= :now", {"#e": EXPIRES_AT}, {":now": self._now()})
        try:
            self._table.write(Put(_item(record), expired), NEVER)
        except ConditionFailedError:
            raise RecordExistsError(f"There is a record {key} in {partition}.") from None
        return record

    def replace(
        self, partition: str, key: str, value: dict[str, Any], *, version: int, expires_at: float | None = None
    ) -> Record:
        record = _new_record(partition, key, value, expires_at)
        try:
            self._table.write(Put(_item(record), self._is_version(version)), NEVER)
        except ConditionFailedError as error:
            if error.repeated and _version(error.item) != version:
                # The first attempt may have been applied, and somebody else may have written over it since.
                raise StoreUnavailableError(f"The record {key} in {partition} was not confirmed. {UNKNOWN}") from error
            raise VersionConflictError(
                f"The record {key} in {partition} is not in the expected version any more."
            ) from None
        return record

    def put(self, partition: str, key: str, value: dict[str, Any], *, expires_at: float | None = None) -> Record:
        record = _new_record(partition, key, value, expires_at)
        # As a transaction, which is not applied twice: repeated, a mere put could undo what others wrote in between.
        self._table.transact([Put(_item(record))], NEVER)
        return record

    def put_all(
        self, partition: str, values: Mapping[str, dict[str, Any]], *, expires_at: float | None = None
    ) -> Sequence[Record]:
        records = [_new_record(partition, key, value, expires_at) for key, value in values.items()]
        self._table.write_many(NEVER, puts=[_item(record) for record in records])
        return records

    def restore(self, records: Iterable[Record]) -> None:
        renewed = [replace(record, version=_new_version()) for record in records]
        self._table.write_many(NEVER, puts=[_item(record) for record in renewed])

    def delete(self, partition: str, key: str, *, version: int | None = None) -> bool:
        check_names(partition, key)
        condition = self._exists() if version is None else self._is_version(version)
        try:
            # As a transaction, which knows again that it was done: of several that delete, one alone is told so.
            self._table.transact([Delete(_key(partition, key), condition)], NEVER)
        except CancelledError:
            return False
        return True

    def page(
        self, partition: str, *, after: str | None = None, limit: int = 100, descending: bool = False
    ) -> Sequence[Record]:
        check_names(partition)
        if limit <= 0 or (descending and after == ""):
            return []
        live = self._live(partition, _bounds(after, descending), limit, descending=descending)
        return [_record(partition, item) for item in islice(live, limit)]

    def trim(self, partition: str, keep: int) -> int:
        """As the port has it. It reads the whole partition, which DynamoDB charges for in full."""
        check_names(partition)
        live = self._live(partition, (None, None), None, descending=True, projection=(EXPIRES_AT,))
        surplus = [Key.of(item) for position, item in enumerate(live) if position >= keep]
        self._table.write_many(NEVER, deletes=surplus)
        return len(surplus)

    def partitions(self) -> Iterator[str]:
        """As the port has it. It reads the whole table, which DynamoDB charges for in full."""
        seen: set[str] = set()
        records = Condition("begins_with(pk, :prefix)", values={":prefix": {"S": PREFIX}}) & self._unexpired()
        for page in self._table.scan(NEVER, filter=records, projection=(EXPIRES_AT,)):
            found = {Key.of(item).partition.removeprefix(PREFIX) for item in page.items if self._is_live(item)} - seen
            yield from found
            seen |= found

    def close(self) -> None:
        self._table.close()

    def _live(
        self,
        partition: str,
        bounds: Bounds,
        limit: int | None,
        *,
        descending: bool,
        projection: Sequence[str] | None = None,
    ) -> Iterator[Item]:
        """The items that have not expired, in order. The first request is for `limit` of them, all others for more."""
        low, high = bounds
        pages = self._table.query(
            PREFIX + partition,
            NEVER,
            low=low,
            high=high,
            descending=descending,
            limit=limit,
            filter=self._unexpired(),
            projection=projection,
        )
        for page in pages:
            yield from (item for item in page.items if self._is_live(item))
            if limit is not None and page.last:
                rest = (low, page.last.sort) if descending else (successor(page.last.sort), high)
                yield from self._live(partition, rest, None, descending=descending, projection=projection)
                return

    def _is_live(self, item: Item) -> bool:
        expires_at = _expires_at(item)
        return expires_at is None or expires_at > self._clock()

    def _unexpired(self) -> Condition:
        return Condition("attribute_not_exists(#e) OR #e > :now", {"#e": EXPIRES_AT}, {":now": self._now()})

    def _exists(self) -> Condition:
        return EXISTS & self._unexpired()

    def _is_version(self, version: int) -> Condition:
        return Condition("#n = :version", {"#n": VERSION}, {":version": {"N": str(version)}}) & self._unexpired()

    def _now(self) -> dict[str, str]:
        return {"N": repr(self._clock())}


def _new_record(partition: str, key: str, value: dict[str, Any], expires_at: float | None) -> Record:
    check_names(partition, key)
    return Record(partition, key, value, _new_version(), expires_at)


def _new_version() -> int:
    # Random, so that a record deleted and made again never shows a version that somebody still holds.
    return secrets.randbits(53)


def _key(partition: str, key: str) -> Key:
    return Key(PREFIX + partition, key.encode())


def _item(record: Record) -> Item:
    text = json.dumps(record.value, allow_nan=False, separators=(",", ":"))
    item = {**_key(record.partition, record.key).item, VALUE: {"S": text}, VERSION: {"N": str(record.version)}}
    if record.expires_at is not None:
        item[EXPIRES_AT] = {"N": repr(record.expires_at)}
        item[EXPIRY] = {"N": str(math.ceil(record.expires_at))}
    return item


def _record(partition: str, item: Item) -> Record:
    key = Key.of(item).sort.decode()
    return Record(partition, key, json.loads(item[VALUE]["S"]), int(item[VERSION]["N"]), _expires_at(item))


def _version(item: Item | None) -> int | None:
    return int(item[VERSION]["N"]) if item else None


def _expires_at(item: Item) -> float | None:
    return float(item[EXPIRES_AT]["N"]) if EXPIRES_AT in item else None


def _bounds(after: str | None, descending: bool) -> Bounds:
    """The range of sort keys that follow `after`, which may be longer than any key, in the order asked for."""
    if after is None:
        return None, None
    key = after.encode()
    if not descending:
        return successor(key[:SORT_KEY_BYTES]), None
    return None, key if len(key) <= SORT_KEY_BYTES else successor(key[:SORT_KEY_BYTES])
