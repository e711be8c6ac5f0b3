"""The items that an update or a delete changes, for the user code around it."""

from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any

from runtime.data.request import DataRequest
from runtime.data.serialised import serialised, serialised_bytes, utf_8_bytes
from runtime.errors import ReliveError
from runtime.held import Hold
from runtime.store.documents import Document

Find = Callable[[DataRequest], Generator[Document, None, None]]


class Affected:
    """Looks the items up before the operation, and remembers those that it changed for afterwards.

    What was told before the operation is what it then changes: an item that comes to match in the meantime stays as it
    is, since nobody has looked at it.
    """

    def __init__(self, find: Find, limit_bytes: int, hold: Hold) -> None:
        self._find = find
        self._limit = limit_bytes
        self._hold = hold
        self._told: tuple[DataRequest, list[str]] | None = None
        self._recorded_ids: list[str] | None = None
        self._recorded: list[dict[str, Any]] = []
        self._recorded_bytes = 0
        self._recorded_id_bytes = 0

    def ids(self, request: DataRequest) -> list[str]:
        """Their ids. Raises ReliveError 601 when they are too many to tell, and what reading the request raises."""
        if self._recorded_ids is None:
            return self._look_up(request, lambda document: document.id)
        if self._recorded_id_bytes > self._limit:
            raise self._too_many()
        return self._recorded_ids

    def originals(self, request: DataRequest) -> list[dict[str, Any]]:
        """The items as they were before the operation. Raises as `ids` does."""
        if self._recorded_ids is None:
            return self._look_up(request, lambda document: document.value)
        if self._recorded_bytes > self._limit:
            raise self._too_many()
        return self._recorded

    def told_ids(self, request: DataRequest) -> list[str] | None:
        """What was told of the items that this very request selects; None if nobody asked."""
        if self._told is None or _selection(self._told[0]) != _selection(request):
            return None
        return self._told[1]

    def begin_recording(self) -> None:
        """From now on the operation tells with `record` what it changes."""
        self._recorded_ids = []

    def record(self, document: Document) -> None:
        if self._recorded_ids is None:
            return
        self._recorded_id_bytes += serialised_bytes(document.id)
        if self._recorded_id_bytes <= self._limit:
            self._recorded_ids.append(document.id)
        text = serialised(document.value)
        self._recorded_bytes += utf_8_bytes(text)
        if self._recorded_bytes <= self._limit and self._hold.has_room_for_json(text):
            self._recorded.append(document.value)
        else:
            self._recorded_bytes = max(self._recorded_bytes, self._limit + 1)
            self._recorded.clear()

    def _look_up(self, request: DataRequest, tell: Callable[[Document], Any]) -> list[Any]:
        ids: list[str] = []
        told: list[Any] = []
        size = 0
        with closing(self._find(request)) as documents:
            for document in documents:
                ids.append(document.id)
                told.append(tell(document))
                text = serialised(told[-1])
                self._hold.add_json(text)
                size += utf_8_bytes(text)
                if size > self._limit:
                    raise self._too_many()
        self._told = (request, ids)
        return told

    def _too_many(self) -> ReliveError:
        return ReliveError(
            601, "The items that are affected are too large together to be handed over; filter for fewer."
        )


def _selection(request: DataRequest) -> tuple[Any, ...]:
    return request.item_id, request.filter, request.sort, request.skip, request.take
