"""DELETE: one item, or all that a filter finds (protocol section 3.5)."""

from runtime.data.operation import Operation
from runtime.data.request import DataAnswer
from runtime.data.writing import ItemWriter
from runtime.store.documents import Document


def delete(operation: Operation) -> DataAnswer:
    """Raises ReliveError 801 for an id that is not there, 601 and 608; see ItemWriter for those of several."""
    return DataAnswer(200, ItemWriter(operation, operation.selection(), _same, operation.documents.delete).run())


def _same(document: Document) -> Document:
    return document
