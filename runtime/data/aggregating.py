"""GET of `_aggregate`: figures about items, in groups (protocol section 3.13)."""

from contextlib import closing
from dataclasses import replace

from runtime.data.operation import Operation
from runtime.data.request import DataAnswer
from runtime.data.serialised import serialised_bytes, too_large
from runtime.query.aggregation import Aggregation

CONSIDERED = 100_000
"""Items that an aggregation looks at, at most; those are the first that match (protocol section 3.13)."""


def check_aggregate(operation: Operation) -> None:
    """Raises what `aggregate` raises for the request itself."""
    _first(operation).selection()
    Aggregation.parse(operation.request.aggregate)


def aggregate(operation: Operation) -> DataAnswer:
    """Raises ReliveError 608, and 601; 601 also for too many groups and for an answer too large."""
    operation = _first(operation)
    aggregation = Aggregation.parse(operation.request.aggregate)
    with closing(operation.find(operation.selection())) as documents:
        results = aggregation.run(document.value for document in documents)
    if serialised_bytes(results) > operation.answer_bytes:
        raise too_large("aggregate", operation.answer_bytes)
    return DataAnswer(200, results)


def _first(operation: Operation) -> Operation:
    """The same for the first items alone. An aggregation has no order and no pages (protocol section 3.13)."""
    return operation.on(replace(operation.request, sort=None, skip=None, take=CONSIDERED))
