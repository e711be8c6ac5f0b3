"""Whether batches are done: items that are marked with one count from then on."""

import secrets
import time
from collections.abc import Iterable

from runtime.deadline import Deadline
from runtime.store.dynamodb.actions import EXPIRY, MISSING, VERSION, Item, Put
from runtime.store.dynamodb.failures import ConditionFailedError
from runtime.store.dynamodb.items import BATCH, ENDS, batch_of
from runtime.store.dynamodb.keys import batch_key
from runtime.store.dynamodb.table import Table

DONE = "done"
"""The attribute that tells whether the batch was done, or given up."""

OVERDUE_SECONDS = 120.0
"""When others may take a batch that is not done for one whose process has ended: no request lasts as long."""

KEPT_SECONDS = 24 * 60 * 60
"""How long it is known of a batch that it was given up. One of which nothing is known was not done either."""


def new_batch() -> bytes:
    """The name of a batch that begins now."""
    return int(time.time() * 1000).to_bytes(8, "big") + secrets.token_bytes(8)


def is_overdue(batch: bytes) -> bool:
    return time.time() > int.from_bytes(batch[:8], "big") / 1000 + OVERDUE_SECONDS


def outcome(batch: bytes, *, done: bool) -> Put:
    """Decides a batch that nobody has decided."""
    item: Item = {**batch_key(batch).item, DONE: {"BOOL": done}, VERSION: {"N": str(secrets.randbits(53))}}
    if not done:
        item[EXPIRY] = {"N": str(int(time.time() + KEPT_SECONDS))}
    return Put(item, MISSING)


class BatchMarks:
    """What became of batches, looked up once each: for one read, within a deadline."""

    def __init__(self, table: Table, deadline: Deadline) -> None:
        self._table = table
        self._deadline = deadline
        self._done: dict[bytes, bool] = {}

    def look_up(self, items: Iterable[Item]) -> None:
        """Whatever batches these are of, in one request."""
        batches = {batch for item in items for mark in (BATCH, ENDS) if (batch := batch_of(item, mark))}
        unknown = {batch_key(batch): batch for batch in batches if batch not in self._done}
        if unknown:
            found = self._table.get_many(list(unknown), self._deadline)
            for key, batch in unknown.items():
                self._done[batch] = is_done(found.get(key))

    def counts(self, item: Item) -> bool:
        """Whether it is there for readers: it came with a batch that is done, and has not gone with one."""
        if BATCH not in item and ENDS not in item:
            return True
        self.look_up([item])
        came, ends = batch_of(item), batch_of(item, ENDS)
        return (came is None or self._done[came]) and (ends is None or not self._done[ends])


def is_done(outcome: Item | None) -> bool:
    """Whether the batch was done whose outcome this is; without one, nobody knows yet."""
    return outcome is not None and bool(outcome[DONE]["BOOL"])


def is_decided(table: Table, batch: bytes, deadline: Deadline) -> bool:
    return table.get(batch_key(batch), deadline) is not None


def gave_up(table: Table, batch: bytes, deadline: Deadline) -> bool:
    """Give up a batch whose process has ended; False if it was done after all."""
    try:
        table.write(outcome(batch, done=False), deadline)
    except ConditionFailedError as error:
        return not is_done(error.item)
    return True
