"""POST: one item, or several of them, all or none (protocol section 3.1)."""

from collections.abc import Callable
from functools import partial
from typing import Any

from runtime.data.field_values import conform
from runtime.data.limits import check_count, check_item, check_together
from runtime.data.operation import Operation, about_item
from runtime.data.request import DataAnswer
from runtime.data.system_fields import for_create, now
from runtime.data.validator import check_fields, completed, completed_items
from runtime.errors import ReliveError
from runtime.query.invalid import kind
from runtime.store.documents import DuplicatesExistError, DuplicateValueError


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


def begun(operation: Operation) -> Any:
    """The body as the operation begins with it: values of declared fields as they are kept, defaults filled in.

    Raises ReliveError 601 for what is no item, values that their fields do not take, and rules that do not hold.
    """
    data, rules = operation.request.data, operation.content_type.definition.validation
    items = items_to_create(data)
    if not isinstance(data, list):
        return completed(_conformed(operation, items[0]), rules)
    conformed = [_in_its_place(number, partial(_conformed, operation, item)) for number, item in enumerate(items, 1)]
    return completed_items(conformed, rules)


def create(operation: Operation) -> DataAnswer:
    """Raises ReliveError 107 and 601, which name the item and the field, and 650; then nothing is written."""
    data, created_at = operation.request.data, now()
    items = items_to_create(data)
    several = isinstance(data, list)
    documents = [
        _in_its_place(number if several else None, partial(_document, operation, item, created_at))
        for number, item in enumerate(items, 1)
    ]
    check_together(documents)
    try:
        operation.documents.insert(operation.content_type.collection, documents, operation.deadline)
    except DuplicatesExistError:
        raise
    except DuplicateValueError as error:
        duplicate = operation.duplicate(error)
        raise (about_item(duplicate, f"Item {error.position + 1}") if several else duplicate) from None
    results = [{"Id": document["Id"], "CreatedAt": document["CreatedAt"]} for document in documents]
    return DataAnswer(201, results if several else results[0])


def _document(operation: Operation, item: dict[str, Any], created_at: str) -> dict[str, Any]:
    principal, content_type = operation.request.principal, operation.content_type
    document = _conformed(operation, for_create(item, principal, created_at, operation.overrides_system_fields))
    check_fields(document, list(content_type.definition.validation.fields), content_type.definition.validation)
    check_item(document, unique=content_type.collection.unique, where=content_type.name)
    return document


def _conformed(operation: Operation, item: dict[str, Any]) -> dict[str, Any]:
    content_type = operation.content_type
    return conform(item, content_type.definition, where=content_type.name)


def _in_its_place(number: int | None, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What is made of one item; an error says which one it is, if there are several."""
    try:
        return make()
    except ReliveError as error:
        raise (error if number is None else about_item(error, f"Item {number}")) from None
