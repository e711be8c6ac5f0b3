"""POST: one item, or several of them, all or none (protocol section 3.1)."""

from typing import Any

from runtime.data.field_values import conform
from runtime.data.limits import check_count, check_item, check_together
from runtime.data.operation import Operation, about_item
from runtime.data.request import DataAnswer
from runtime.data.system_fields import for_create, now
from runtime.errors import ReliveError
from runtime.query.invalid import kind
from runtime.store.documents import DuplicateValueError


def items_to_create(data: Any) -> list[dict[str, Any]]:
    """The items in a body. Raises ReliveError 601 if it is neither an object nor a list of objects."""
    items = data if isinstance(data, list) else [data]
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict):
            what = f"Item {number}" if isinstance(data, list) else "The item"
            raise ReliveError(601, f"{what} must be an object, not {kind(item)}.")
    if not items:
        raise ReliveError(601, "The list of items is empty.")
    check_count(items)
    return items


def create(operation: Operation) -> DataAnswer:
    """Raises ReliveError 107 and 601, which names the item and the field; then nothing is written."""
    data, created_at = operation.request.data, now()
    items = items_to_create(data)
    several = isinstance(data, list)
    documents = [
        _document(operation, item, created_at, f"Item {number}" if several else "")
        for number, item in enumerate(items, 1)
    ]
    check_together(documents)
    try:
        operation.documents.insert(operation.content_type.collection, documents)
    except DuplicateValueError as error:
        raise operation.duplicate(error) from None
    results = [{"Id": document["Id"], "CreatedAt": document["CreatedAt"]} for document in documents]
    return DataAnswer(201, results if several else results[0])


def _document(operation: Operation, item: dict[str, Any], created_at: str, where: str) -> dict[str, Any]:
    request, content_type = operation.request, operation.content_type
    try:
        document = for_create(item, request.principal, created_at, operation.overrides_system_fields)
        conformed = conform(document, content_type.definition, where=content_type.name)
        check_item(conformed, unique=content_type.collection.unique, where=content_type.name)
    except ReliveError as error:
        raise (about_item(error, where) if where else error) from None
    return conformed
