"""Values that several documents have in a field that is to be unique."""

import itertools
from operator import itemgetter
from typing import Any

from runtime.deadline import Deadline
from runtime.store.documents import Collection
from runtime.store.dynamodb.actions import Key
from runtime.store.dynamodb.batch_marks import BatchMarks
from runtime.store.dynamodb.items import stored
from runtime.store.dynamodb.state import State
from runtime.store.dynamodb.states import States
from runtime.store.dynamodb.stored_documents import StoredDocuments
from runtime.store.dynamodb.table import Table
from runtime.store.entries import entry_key


def first_duplicate(
    table: Table, states: States, state: State, collection: Collection, deadline: Deadline
) -> tuple[str, Any] | None:
    """A field that the collection wants to be unique, and a value that several documents have there.

    Raises ReliveError 650.
    """
    fields = [field for field in collection.unique if not _is_unique(state, field)]
    if not fields:
        return None
    # For each field the keys of all values, and the places of the documents. Values would take too much room.
    found: dict[str, list[tuple[bytes, bytes, Key]]] = {field: [] for field in fields}
    documents = StoredDocuments(table, collection, states, state, BatchMarks(table, deadline), deadline)
    for document in documents.all(None):
        for field in fields:
            value = document.value.get(field)
            if value is not None:
                found[field].append((entry_key(value), document.order, document.key))
    for field in fields:
        for _, group in itertools.groupby(sorted(found[field]), key=itemgetter(0)):
            *others, (_, _, last) = group
            if others and (item := table.get(last, deadline)):
                return field, stored(item).value.get(field)
    return None


def _is_unique(state: State, field: str) -> bool:
    index = state.indexes.by_field.get(field)
    return index is not None and index.unique
