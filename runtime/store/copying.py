"""A copy of all records and documents, from one place where they are kept to another."""

import hashlib
import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from runtime.deadline import Deadline
from runtime.query.filter import Filter
from runtime.store import documents as port
from runtime.store.documents import NEVER, Documents, DuplicateValueError, Query
from runtime.store.insertable import insertable
from runtime.store.port import RecordExistsError, Store, StoreBusyError, StoreError

MARKER = ("copy", "from")
"""Partition and key of the record that makes its place an unfinished copy, and tells of what, and how far it is."""

RECORDS_AT_ONCE = 100

RECORDS_UNTIL_NOTE = 1000
"""After so many records it is noted how far the copy is: so many are copied again at most when it goes on."""

WAIT_SECONDS = 180.0
"""How long it is waited for the rest of an insert in whose middle a run was killed: after two minutes it is cleared."""

MARGIN_SECONDS = 600.0
"""Records that expire so soon are copied but not compared: one side could be read before, the other one after."""

EVERYTHING = Filter.parse(None)

Progress = Callable[[str, int, int | None], None]
"""Told what is being done, how many records or documents of that are done, and how many there are, if that is known."""


class CopyError(StoreError):
    """A copy cannot be begun or is not right; the message is for the operator."""


@dataclass(frozen=True)
class Side:
    """Where data is kept. `name` tells it from all others."""

    name: str
    records: Store
    documents: Documents


@dataclass(frozen=True)
class Part:
    """What there is of one partition or collection: how many, and the SHA-256 of their JSON in their order."""

    name: str
    count: int
    checksum: str


class Copy:
    """Copies everything but the partitions `own`, which belong to a place and not to its data.

    The target holds nothing else when it begins. It is marked as an unfinished copy until both sides were read again
    and are the same; until then, another run goes on with it. Neither side may be written to by others meanwhile.
    Versions are not copied.
    """

    def __init__(
        self,
        source: Side,
        target: Side,
        *,
        own: Collection[str] = (),
        progress: Progress = lambda *_: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._source = source
        self._target = target
        self._own = {MARKER[0], *own}
        self._progress = progress
        self._clock = clock

    def run(self) -> list[Part]:
        """Copy what is not copied yet, and compare. Raises CopyError and other StoreErrors."""
        noted = self._claim()
        partitions = sorted(set(self._source.records.partitions()) - self._own)
        collections = sorted(self._source.documents.collections(), key=lambda one: (one.app, one.type))
        # In the target, they may have been prepared for the app already.
        prepared = {(one.app, one.type): one for one in self._target.documents.collections()}
        pairs = [
            (collection, prepared.get((collection.app, collection.type), collection)) for collection in collections
        ]
        for partition in partitions:
            self._copy_records(partition, noted)
        for pair in pairs:
            self._copy_documents(*pair)
        parts = [self._compared_records(partition) for partition in partitions]
        parts += [self._compared_documents(*pair) for pair in pairs]
        self._check_for_others(set(partitions), {(collection.app, collection.type) for collection in collections})
        self._target.records.delete(*MARKER)
        return parts

    def _claim(self) -> dict[str, Any]:
        """Mark the target as the unfinished copy of the source; what is noted there if it is so already."""
        source, target = self._source, self._target
        if source.records.get(*MARKER):
            raise CopyError(f"{source.name} is itself an unfinished copy.")
        marker = target.records.get(*MARKER)
        if marker is None:
            self._check_for_others(set(), set())
            try:
                marker = target.records.insert(*MARKER, {"source": source.name})
            except RecordExistsError:
                raise CopyError(f"Another copy into {target.name} has just begun.") from None
        of = marker.value["source"]
        if of != source.name:
            raise CopyError(f"{target.name} is an unfinished copy of {of}, not of {source.name}.")
        return marker.value

    def _check_for_others(self, partitions: set[str], types: set[tuple[str, str]]) -> None:
        """Raises CopyError if the target holds anything but these."""
        for partition in self._target.records.partitions():
            if partition not in self._own | partitions:
                raise self._occupied(f"records in {partition}")
        for collection in self._target.documents.collections():
            if (collection.app, collection.type) not in types and self._number(self._target, collection):
                raise self._occupied(f"items of {collection.app}/{collection.type}")

    def _occupied(self, what: str) -> CopyError:
        return CopyError(
            f"{self._target.name} holds {what} that are no part of this copy. It has to be empty at first."
        )

    def _copy_records(self, partition: str, noted: dict[str, Any]) -> None:
        """Copy the records of a partition, from where it is noted that the ones before are done."""
        if partition < noted.get("partition", ""):
            return
        after = noted.get("after") if partition == noted.get("partition") else None
        done = unnoted = 0
        while records := self._source.records.page(partition, after=after, limit=RECORDS_AT_ONCE):
            self._target.records.restore(records)
            after = records[-1].key
            done, unnoted = done + len(records), unnoted + len(records)
            self._progress(f"Copying {partition}", done, None)
            if unnoted >= RECORDS_UNTIL_NOTE:
                self._note({"partition": partition, "after": after})
                unnoted = 0
        self._note({"partition": partition, "after": after})

    def _note(self, position: dict[str, Any]) -> None:
        self._target.records.put(*MARKER, {"source": self._source.name, **position})

    def _copy_documents(self, collection: port.Collection, into: port.Collection) -> None:
        """Copy the documents that follow those that are there: an insert writes all of its documents, or none."""
        self._target.documents.prepare(into)
        done = self._number(self._target, into)
        total = self._number(self._source, collection)
        name = f"{collection.app}/{collection.type}"
        query = Query(EVERYTHING, skip=done)
        with closing(self._source.documents.find(collection, query, NEVER)) as found:
            for batch in insertable((document.value for document in found), into):
                try:
                    self._insert(into, batch)
                except DuplicateValueError as error:
                    item = batch[error.position]["Id"]
                    raise CopyError(
                        f"{name}, item {item}: {error} Either {self._source.name} has been written to since the copy "
                        f"began, or {self._target.name} wants {error.field} to be unique."
                    ) from error
                done += len(batch)
                self._progress(f"Copying {name}", done, total)

    def _insert(self, into: port.Collection, batch: list[dict[str, Any]]) -> None:
        """Insert them, once nothing that a run before has left is in the way."""
        name = f"{into.app}/{into.type}"
        patience = Deadline.after(WAIT_SECONDS)
        while True:
            try:
                self._target.documents.insert(into, batch)
            except StoreBusyError:
                if patience.expired:
                    raise
                self._progress(
                    f"Waiting for {name}: it is busy, or a copy was killed in the middle of a write", 0, None
                )
            else:
                return

    def _number(self, side: Side, collection: port.Collection) -> int:
        return side.documents.count(collection, EVERYTHING, NEVER)

    def _compared_records(self, partition: str) -> Part:
        soon = self._clock() + MARGIN_SECONDS
        sides = (_records(side.records, partition, soon) for side in (self._source, self._target))
        return self._compared(partition, *sides)

    def _compared_documents(self, collection: port.Collection, into: port.Collection) -> Part:
        name = f"{collection.app}/{collection.type}"
        return self._compared(name, _values(self._source, collection), _values(self._target, into))

    def _compared(self, name: str, source: Iterable[Any], target: Iterable[Any]) -> Part:
        """The part, which is the same on both sides. Raises CopyError if it is not."""
        ours, theirs = self._summed(name, source), self._summed(name, target)
        if ours != theirs:
            self._note({})  # so that records are copied again
            raise CopyError(
                f"{name} is not the same on both sides: {ours.count} with checksum {ours.checksum[:16]} in "
                f"{self._source.name}, {theirs.count} with {theirs.checksum[:16]} in {self._target.name}. "
                f"One of them was written to meanwhile. Empty {self._target.name}, see that nothing writes, "
                "and copy again."
            )
        return ours

    def _summed(self, name: str, values: Iterable[Any]) -> Part:
        checksum = hashlib.sha256()
        count = 0
        for value in values:
            checksum.update(json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n")
            count += 1
            if count % RECORDS_AT_ONCE == 0:
                self._progress(f"Comparing {name}", count, None)
        self._progress(f"Comparing {name}", count, count)
        return Part(name, count, checksum.hexdigest())


def _records(store: Store, partition: str, soon: float) -> Iterator[Any]:
    after = None
    while records := store.page(partition, after=after, limit=RECORDS_AT_ONCE):
        for record in records:
            if record.expires_at is None or record.expires_at > soon:
                yield [record.key, record.value, record.expires_at]
        after = records[-1].key


def _values(side: Side, collection: port.Collection) -> Iterator[Any]:
    with closing(side.documents.find(collection, Query(EVERYTHING), NEVER)) as found:
        yield from (document.value for document in found)
