"""Documents in an order in which the table does not have them."""

from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter

from runtime.store.dynamodb.actions import Key
from runtime.store.dynamodb.items import Stored

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
        # Places, keys, and the documents that are held.
        self._rows: list[tuple[bytes, bytes, Key, Stored | None]] = []

    def of(self, documents: Iterable[Stored]) -> Iterator[Stored]:
        for document in documents:
            self._add(document)
        self._cut()
        yield from self._in_turn()

    def _add(self, document: Stored) -> None:
        held = document if self._held_bytes + document.size <= HELD_BYTES else None
        self._rows.append((self._place(document), document.order, document.key, held))
        self._held_bytes += document.size if held else 0
        if self._needed is not None and len(self._rows) > 2 * self._needed + 1000:
            self._cut()

    def _cut(self) -> None:
        self._rows.sort(key=itemgetter(0, 1))
        if self._needed is not None:
            self._held_bytes -= sum(row[3].size for row in self._rows[self._needed :] if row[3])
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
