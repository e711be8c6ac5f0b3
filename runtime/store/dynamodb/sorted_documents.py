"""Documents in an order in which the table does not have them."""

from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import Any

from runtime.store.dynamodb.actions import Key
from runtime.store.dynamodb.items import Stored
from runtime.store.dynamodb.native import NotNativeError, native
from runtime.store.dynamodb.sizes import value_bytes

HELD_BYTES = 16 * 1024 * 1024
"""Documents are held until they are this large together, as DynamoDB counts. Further ones are read twice."""

Place = Callable[[Stored], bytes]


class SortedDocuments:
    """`place` gives bytes that sort as the documents do; those with the same keep the order of insertion.

    `read` gets documents once more, in the order of their keys. With `needed`, only so many are asked for.
    """

    def __init__(self, place: Place, needed: int | None, read: Callable[[Iterable[Key]], Iterator[Stored]]) -> None:
        self._place = place
        self._needed = needed
        self._read = read
        self._held_bytes = 0
        # Places, keys, and the documents that are held, with their sizes.
        self._rows: list[tuple[bytes, bytes, Key, Stored | None, int]] = []

    def of(self, documents: Iterable[Stored]) -> Iterator[Stored]:
        for document in documents:
            self._add(document)
        self._cut()
        yield from self._in_turn()

    def _add(self, document: Stored) -> None:
        size = _bytes(document.value)
        held = document if self._held_bytes + size <= HELD_BYTES else None
        self._rows.append((self._place(document), document.order, document.key, held, size if held else 0))
        self._held_bytes += size if held else 0
        if self._needed is not None and len(self._rows) > 2 * self._needed + 1000:
            self._cut()

    def _cut(self) -> None:
        self._rows.sort(key=itemgetter(0, 1))
        if self._needed is not None:
            self._held_bytes -= sum(row[4] for row in self._rows[self._needed :])
            del self._rows[self._needed :]

    def _in_turn(self) -> Iterator[Stored]:
        again: Iterator[Stored] | None = None
        rows = iter(self._rows)
        for row in rows:
            if row[3] is not None:
                yield row[3]
                continue
            # From here on all are read, which keeps them in order.
            again = self._read([row[2], *(later[2] for later in rows)])
        if again is not None:
            yield from again


def _bytes(value: dict[str, Any]) -> int:
    try:
        return value_bytes(native(value)[0])
    except NotNativeError:
        return len(str(value))
