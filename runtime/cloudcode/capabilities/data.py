"""Lets user code work with the items of its app: `cloud.data`."""

from collections.abc import Callable, Iterator
from typing import Any

from runtime.budget import Budget
from runtime.cloudcode.capability import CallContext, Capability, CapabilityError
from runtime.cloudcode.error_by_hand import error_by_hand
from runtime.data.operation import ItemMissingError
from runtime.data.request import Action, DataAnswer, DataRequest
from runtime.principal import MASTER

Execute = Callable[[DataRequest, Budget], DataAnswer]

SELECTS = ("filter", "sort", "fields", "skip", "take")


class DataCall:
    """One operation, as the caller of the request or, with `master`, with the rights of the master key.

    It fires the events of its type, within the budget of the request and one level deeper. `argument_names` are those
    it takes besides `type`, `id` and `master`.

    Raises ReliveError with what the operation fails with, 617 beyond the depth limit, and 960 with the status that a
    handler has answered with when that is 400 or more.
    """

    runs_user_code = True

    def __init__(self, execute: Execute, name: str, action: Action, *argument_names: str) -> None:
        self.name = name
        self._execute = execute
        self._action = action
        self._argument_names = argument_names

    def __call__(self, arguments: dict[str, Any], context: CallContext) -> Any:
        item_id = arguments.get("id")
        selects: dict[str, Any] = {name: arguments.get(name) for name in self._argument_names}
        if self._action in ("update", "delete") and item_id is None and selects["filter"] is None:
            raise CapabilityError("InvalidArguments", "An id or a filter is needed; {} stands for every item.")
        request = DataRequest(
            app=context.app,
            type=_text("type", arguments.get("type")),
            action=self._action,
            principal=MASTER if arguments.get("master") is True else context.principal,
            item_id=None if item_id is None else _text("id", item_id),
            include_count=False,
            count_only=self.name == "data.count",
            api_url=context.api_url,
            **selects,
        )
        answer = self._execute(request, context.budget.nested())
        if answer.status >= 400:
            raise error_by_hand(answer.status, answer.result, "The operation")
        return answer.result


class GetItem(DataCall):
    """Like the others; there being no such item is no error, but None."""

    def __call__(self, arguments: dict[str, Any], context: CallContext) -> Any:
        try:
            return super().__call__(arguments, context)
        except ItemMissingError:
            return None


def data_calls(execute: Execute) -> Iterator[Capability]:
    """All that user code may ask of data."""
    yield DataCall(execute, "data.find", "read", *SELECTS)
    yield DataCall(execute, "data.count", "read", "filter")
    yield GetItem(execute, "data.get", "read", "fields")
    yield DataCall(execute, "data.aggregate", "aggregate", "aggregate", "filter")
    yield DataCall(execute, "data.create", "create", "data")
    yield DataCall(execute, "data.update", "update", "filter", "data")
    yield DataCall(execute, "data.delete", "delete", "filter")


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise CapabilityError("InvalidArguments", f"The {name} is a text, not {value!r}.")
    return value
