"""GET: items, one item, or their number (protocol sections 3.2 and 3.3)."""

from contextlib import closing
from typing import Any

from runtime.data.operation import Operation
from runtime.data.policy import owns, permissions
from runtime.data.request import DataAnswer
from runtime.data.serialised import serialised, too_large, utf_8_bytes
from runtime.data.system_fields import with_meta
from runtime.query.invalid import answered_with
from runtime.query.location import value_at
from runtime.query.ordering import MISSING
from runtime.query.path import Path
from runtime.query.projection import Projection
from runtime.store.documents import Query


def check_read(operation: Operation) -> None:
    """Raises what `read` raises for the request itself."""
    operation.selection()
    View(operation)


def read(operation: Operation) -> DataAnswer:
    """Raises ReliveError 801 for an id that is not there, 608, 616 and 601; 601 also for an answer too large."""
    request, selection, view = operation.request, operation.selection(), View(operation)
    if request.count_only:
        return DataAnswer(200, _count(operation, selection.query))
    if selection.item_id is not None:
        document = operation.get(selection.item_id, selection)
        if document is None:
            raise operation.missing()
        return DataAnswer(200, view.of_item(document.value))
    items, size = [], 0
    with closing(operation.find(selection)) as documents:
        for document in documents:
            items.append(view.of_item(document.value))
            text = serialised(items[-1])
            operation.hold.add_json(text)
            size += utf_8_bytes(text)
            if size > operation.answer_bytes:
                raise too_large("read", operation.answer_bytes)
    count = None
    if request.include_count:
        count = len(items) if _is_all(selection.query, len(items)) else _count(operation, selection.query)
    return DataAnswer(200, items, count=count)


class View:
    """What of an item the caller gets to see; the single field, too, is one of those that are left.

    Raises ReliveError 616 for the fields, 601 for the single field.
    """

    def __init__(self, operation: Operation) -> None:
        self._principal = operation.request.principal
        self._permissions = permissions(operation.content_type.definition.policy, self._principal)
        self._projection = Projection.parse(operation.request.fields)
        self._single = _single_field(operation.request.single_field)

    def of_item(self, item: dict[str, Any]) -> Any:
        is_own = owns(self._principal, item.get("Owner"))
        shown = self._projection.apply(item if is_own else with_meta(item, self._permissions))
        if self._single is None:
            return shown
        value = value_at(shown, self._single)
        return None if value is MISSING else value


def _count(operation: Operation, query: Query) -> int:
    return operation.documents.count(operation.content_type.collection, query.filter, operation.deadline)


def _is_all(query: Query, found: int) -> bool:
    """Whether a page shows by itself that nothing comes before or after it."""
    return query.skip == 0 and (query.take is None or found < query.take)


def _single_field(name: str | None) -> Path | None:
    with answered_with(601):
        return None if name is None else Path.parse(name, "The single field")
