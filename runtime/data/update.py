"""PUT: change one item, or all that a filter finds (protocol section 3.4)."""

from dataclasses import replace
from typing import Any

from runtime.data.field_values import conform
from runtime.data.limits import check_item
from runtime.data.operands import update_as_kept
from runtime.data.operation import Operation
from runtime.data.request import DataAnswer
from runtime.data.system_fields import now, stamp_update, without_system_fields
from runtime.data.validator import check_fields, check_update
from runtime.data.writing import ItemWriter
from runtime.errors import ReliveError
from runtime.query.filter_syntax import is_operators
from runtime.query.invalid import kind
from runtime.query.update import Update
from runtime.store.documents import Document


def begun(operation: Operation) -> dict[str, Any]:
    """The body as the operation begins with it: what it sets declared fields to as they are kept.

    Raises ReliveError 601 for what is no update, values that their fields do not take, and rules that do not hold.
    """
    data, content_type = operation.request.data, operation.content_type
    Change(operation)
    if not is_operators(data):
        body = conform(data, content_type.definition, where=content_type.name)
    elif isinstance(data.get("$set"), dict):
        body = {**data, "$set": conform(data["$set"], content_type.definition, where=content_type.name)}
    else:
        body = data
    check_update(body, content_type.definition.validation)
    return body


def update(operation: Operation) -> DataAnswer:
    """Raises ReliveError 801 for an id that is not there, 107, 601 and 608; see ItemWriter for those of several."""
    change = Change(operation)
    writer = ItemWriter(operation, operation.selection(), change.make, operation.documents.replace)
    updated = writer.run()
    return DataAnswer(200, updated, modified_at=change.modified_at)


class Change:
    """What a body makes of an item. Raises ReliveError 601 for a body that is no update."""

    def __init__(self, operation: Operation) -> None:
        request = operation.request
        if not isinstance(request.data, dict):
            raise ReliveError(601, f"An update must be an object, not {kind(request.data)}.")
        body = update_as_kept(request.data, operation.content_type.definition)
        self._update = Update.parse(without_system_fields(body, request.item_id, operation.overrides_system_fields))
        self._fields = {path.names[0] for path in self._update.paths}
        self._content_type = operation.content_type
        self._principal = request.principal
        self._now = now()
        self._latest = ""

    @property
    def modified_at(self) -> str:
        """The latest moment that items were stamped with; that of the request if there were none."""
        return self._latest or self._now

    def make(self, document: Document) -> Document:
        """The document as it is afterwards. Raises ReliveError 601."""
        value = self._update.apply(document.value)
        stamped = stamp_update(value, document.value, self._principal, self._now, changed=self._fields)
        value = conform(value, self._content_type.definition, only=self._fields, where=self._content_type.name)
        check_fields(value, self._fields, self._content_type.definition.validation)
        check_item(value, unique=self._content_type.collection.unique, where=self._content_type.name)
        self._latest = max(self._latest, stamped)
        return replace(document, value=value)
