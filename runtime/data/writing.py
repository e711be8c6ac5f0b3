"""Writes items one after the other, each of them whole or not at all."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing

from runtime.data.operation import Operation, about_item
from runtime.data.request import PARTICIPLES
from runtime.data.selection import Selection
from runtime.data.serialised import serialised, utf_8_bytes
from runtime.data.store_failure import store_failure
from runtime.deadline import Deadline
from runtime.errors import ReliveError
from runtime.held import Hold
from runtime.query.invalid import shown
from runtime.store.documents import Collection, Document, DocumentChangedError, DuplicateValueError
from runtime.store.port import StoreUnavailableError

logger = logging.getLogger(__name__)

BATCH = 100
"""Documents that are written at once (DynamoDB: 100 items in a transaction)."""

BATCH_BYTES = 1024 * 1024
"""Where a batch ends at the latest, but for its last document: while one is written, all other writers wait."""

Make = Callable[[Document], Document]
Write = Callable[[Collection, Sequence[Document], Deadline], None]


class ItemWriter:
    """Writes what `make` makes of each selected item.

    An item that somebody else changes in the meantime is looked at again: it is written if it is still selected, as it
    is by then.
    """

    def __init__(self, operation: Operation, selection: Selection, make: Make, write: Write) -> None:
        self._operation = operation
        self._selection = selection
        self._make = make
        self._write = write
        self._done = 0

    def run(self) -> int:
        """The number of items written.

        Stops at the first that cannot be. Raises ReliveError for it, which tells how many were written before, 801 if
        the one that was named is not there, and 650.
        """
        try:
            with closing(self._operation.find(self._selection)) as documents:
                for batch in _batches(documents, self._operation.hold):
                    self._write_batch(batch)
        except ReliveError as error:
            raise self._but_written(error) from None
        except StoreUnavailableError as error:
            if not self._done:
                raise
            logger.error("An operation on several items could not go on: %s", error)
            raise self._but_written(store_failure(error)) from error
        if self._selection.item_id is not None and not self._done:
            raise self._operation.missing()
        return self._done

    def _write_batch(self, batch: list[Document]) -> None:
        while batch:
            if self._operation.deadline.expired:
                raise ReliveError(650)
            written = len(batch)
            try:
                made = [self._made(document) for document in batch]
                self._write(self._operation.content_type.collection, made, self._operation.deadline)
            except DocumentChangedError as error:
                written = error.position
            except DuplicateValueError as error:
                self._note(batch[: error.position])
                raise self._operation.duplicate(error) from None
            self._note(batch[:written])
            batch = list(self._seen_again(batch[written:]))

    def _made(self, document: Document) -> Document:
        try:
            return self._make(document)
        except ReliveError as error:
            raise (
                about_item(error, f"Item {shown(document.id)}") if self._selection.item_id is None else error
            ) from None

    def _seen_again(self, batch: list[Document]) -> Iterator[Document]:
        """What is left of a batch whose first item was changed or deleted by somebody else."""
        if not batch:
            return
        first = self._operation.get(batch[0].id, self._selection)
        if first is not None:
            yield first
        yield from batch[1:]

    def _note(self, written: list[Document]) -> None:
        self._done += len(written)
        for document in written:
            self._operation.affected.record(document)

    def _but_written(self, error: ReliveError) -> ReliveError:
        action = self._operation.request.action
        return error.but_written(self._done, PARTICIPLES[action]) if self._done else error


def _batches(documents: Iterable[Document], hold: Hold) -> Iterator[list[Document]]:
    batch: list[Document] = []
    size = 0
    with hold.beside() as hold_of_batch:
        for document in documents:
            batch.append(document)
            text = serialised(document.value)
            hold_of_batch.add_json(text)
            size += utf_8_bytes(text)
            if len(batch) == BATCH or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
                hold_of_batch.give_back()
        if batch:
            yield batch
