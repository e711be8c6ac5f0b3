"""Which items an operation is about."""

from dataclasses import dataclass

from runtime.data.content_type import ContentType
from runtime.data.operands import filter_as_kept
from runtime.data.policy import Scope
from runtime.data.request import DataRequest
from runtime.errors import ReliveError
from runtime.query.expression import And, Expression
from runtime.query.filter import Filter
from runtime.query.invalid import shown
from runtime.query.sort import Sort
from runtime.store.documents import Query

LARGEST = 2**31 - 1
"""What skip and take may be at most: every engine and every client can count that far."""


@dataclass(frozen=True)
class Selection:
    """`item_id` names the one item that it can be, which must match the filter of `query` as well."""

    item_id: str | None
    query: Query

    @classmethod
    def of(cls, request: DataRequest, content_type: ContentType, scope: Scope) -> "Selection":
        """Raises ReliveError 608 for the filter, 601 for the sort and the page, and where a filter is required."""
        if request.action in ("update", "delete"):
            _require_filter(request, content_type)
        parts = [Filter.parse(filter_as_kept(request.filter, content_type.definition)).expression]
        if scope == "own":
            parts.append(Filter.parse({"Owner": request.principal.id}).expression)
        sort = Sort.parse(request.sort)
        if request.item_id is not None:
            return cls(request.item_id, Query(_joined(parts)))
        return cls(
            None, Query(_joined(parts), sort, _natural("skip", request.skip) or 0, _natural("take", request.take))
        )

    def within(self, ids: list[str]) -> "Selection":
        """The same, of these items alone."""
        only = Filter.parse({"Id": {"$in": ids}}).expression
        return Selection(self.item_id, Query(_joined([only, self.query.filter.expression]), self.query.sort))


def _require_filter(request: DataRequest, content_type: ContentType) -> None:
    if content_type.definition.bulk == "filtered" and request.item_id is None and not request.filter:
        raise ReliveError(601, f"To {request.action} items of the type {content_type.name}, send a filter or an id.")


def _joined(parts: list[Expression]) -> Filter:
    """All parts, flat, so that a store sees each condition."""
    flat: list[Expression] = []
    for part in parts:
        flat += part.parts if isinstance(part, And) else [part]
    return Filter(flat[0] if len(flat) == 1 else And(tuple(flat)))


def _natural(name: str, value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST:
        raise ReliveError(601, f"{name} must be a whole number from 0 to {LARGEST}, not {shown(value)}.")
    return value
