"""Tells a handler which items its update or delete is about."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from runtime.cloudcode.capability import CallContext, CapabilityError
from runtime.data.affected import Affected
from runtime.data.request import DataRequest


class _OfThisOperation:
    """Arguments: `filter`, `skip` and `take` as the handler has set them by now; the item and the sort too.

    Made for one operation and offered to its handlers alone.
    """

    runs_user_code = False

    def __init__(self, request: DataRequest, look_up: Callable[[DataRequest], list[Any]]) -> None:
        self._request = request
        self._look_up = look_up

    def __call__(self, arguments: dict[str, Any], context: CallContext) -> list[Any]:  # noqa: ARG002
        names = ("filter", "sort", "skip", "take")
        changed = {name: arguments[name] for name in names if name in arguments}
        if not set(arguments) <= {*names, "item_id"}:
            raise CapabilityError("InvalidArguments", "The selection is told as filter, sort, skip and take.")
        return self._look_up(replace(self._request, **changed))


class AffectedIds(_OfThisOperation):
    """The ids of the items. Raises ReliveError 608, 601."""

    name = "event.affected_ids"

    def __init__(self, affected: Affected, request: DataRequest) -> None:
        super().__init__(request, affected.ids)


class Originals(_OfThisOperation):
    """The items as they are before the operation. Raises ReliveError 608, 601."""

    name = "event.originals"

    def __init__(self, affected: Affected, request: DataRequest) -> None:
        super().__init__(request, affected.originals)
