"""The `request` that the handlers of data events are called with."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NoReturn

from relive_guest import cancellation
from relive_guest.answers import is_status
from relive_guest.data_response import DataResponse
from relive_guest.headers import Headers
from relive_guest.pending import value_of
from relive_guest.requests import Principal

if TYPE_CHECKING:
    from cloud.data import PendingIds, PendingItems

CHANGEABLE = ("data", "filter", "sort", "fields", "aggregate", "skip", "take")

READ_ONLY = (
    "action", "api_url", "custom_parameters", "event", "headers", "id", "is_sync", "item_id", "principal",
    "query_string", "specific_action", "type_name",
)  # fmt: skip

type Ask = Callable[[str, dict[str, Any]], Any]
"""Asks the host: the name of a capability and its arguments."""


class DataRequest:
    """An operation on the items of a content type, before or after it has taken place.

    `event` is the handler's name, `type_name` the content type's; `action` is the HTTP method, and `specific_action` is
    "GetCount" when items are only counted. `item_id` names the one item that is meant; it is None when a filter says
    which, or all are meant. `data` is what the client sent: an item or a list of them to create, or an update.
    `aggregate` is what an aggregation works out; besides it, only `filter` counts there.

    A before handler can change `data`, `filter`, `sort`, `fields`, `aggregate`, `skip` and `take`, in place or by
    assigning to them.

    `query_string` and `headers` hold texts by name, `custom_parameters` the JSON object that came with the request.
    `is_sync` is true for the offline sync of a client. `api_url` is the address of the app's own API, and `id` names
    the request in the log.
    """

    # No other attributes: a misspelt one would be lost without a word.
    __slots__ = (*READ_ONLY, *CHANGEABLE, "_answer", "_ask", "_response")

    data: Any
    filter: dict[str, Any] | None
    sort: dict[str, Any] | None
    fields: dict[str, Any] | None
    aggregate: dict[str, Any] | None
    skip: int | None
    take: int | None
    event: Final[str]
    type_name: Final[str]
    action: Final[str]
    specific_action: Final[str | None]
    item_id: Final[str | None]
    query_string: Final[dict[str, str]]
    headers: Final[Headers]
    principal: Final[Principal]
    custom_parameters: Final[dict[str, Any]]
    api_url: Final[str]
    is_sync: Final[bool]
    id: Final[str]

    def __init__(self, values: dict[str, Any], ask: Ask, response: DataResponse | None = None) -> None:
        self.data = values["data"]
        self.filter = values["filter"]
        self.sort = values["sort"]
        self.fields = values["fields"]
        self.aggregate = values["aggregate"]
        self.skip = values["skip"]
        self.take = values["take"]
        self.event = values["event"]
        self.type_name = values["type_name"]
        self.action = values["action"]
        self.specific_action = values["specific_action"]
        self.item_id = values["item_id"]
        self.query_string = values["query_string"]
        self.headers = Headers(values["headers"])
        self.principal = Principal(values["principal"])
        self.custom_parameters = values["custom_parameters"]
        self.api_url = values["api_url"]
        self.is_sync = values["is_sync"]
        self.id = values["id"]
        self._ask = ask
        self._response = response
        self._answer: dict[str, Any] | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        if name in READ_ONLY and hasattr(self, name):
            raise AttributeError(f"request.{name} cannot be changed; {', '.join(CHANGEABLE[:-1])} and take can.")
        super().__setattr__(name, value)

    @property
    def affected_ids(self) -> PendingIds:
        """The Ids of the items that an update or a delete is about to change, or has changed.

        The host is asked when this is read, and again when `filter`, `sort`, `skip` or `take` have changed. In an
        `async def`, await it. Raises AttributeError in other events.
        """
        return self._affected("affected_ids")  # type: ignore[no-any-return]

    @property
    def originals(self) -> PendingItems:
        """The items that an update or a delete changes, as they are before it; see `affected_ids`."""
        return self._affected("originals")  # type: ignore[no-any-return]

    def cancel(self, message: object = None) -> NoReturn:
        """End the call here with error 910, and with `message` if one is given. Nothing is written.

        Raises RuntimeError after the operation.
        """
        if self._response is not None:
            raise RuntimeError(
                "The operation is done and cannot be cancelled anymore. Raise CloudError to answer with an error."
            )
        cancellation.cancel(message)

    def answer(self, result: Any, status: int = 200, additional_data: Mapping[str, Any] | None = None) -> None:
        """Before the operation: answer with `result` in its place. After it: answer with `result` instead of its own.

        `additional_data` stands beside the result. The handler goes on; of several calls the last one counts.
        Raises ValueError for a status that is not from 200 to 599, TypeError for `additional_data` that is no dict.
        """
        status, additional = value_of(status), value_of(additional_data)
        if not is_status(status):
            raise ValueError(f"The status of an answer is a number from 200 to 599, not {status!r}.")
        if additional is not None and not isinstance(additional, Mapping):
            raise TypeError(f"The additional data of an answer is a dict, not {additional!r}.")
        if self._response is None:
            self._answer = {"result": result, "status": int(status), "additional_data": additional or {}}
        else:
            self._response.result = result
            self._response.status_code = int(status)
            self._response.additional_data = {**self._response.additional_data, **(additional or {})}

    def _affected(self, name: str) -> Any:
        if self.event.partition("_")[2] not in ("update", "delete"):
            raise AttributeError(f"request.{name} is there for updates and deletes alone; this is {self.event}.")
        which = {"filter": self.filter, "sort": self.sort, "skip": self.skip, "take": self.take}
        return self._ask(f"event.{name}", {**which, "item_id": self.item_id})

    def __repr__(self) -> str:
        return f"<DataRequest {self.event} of {self.type_name}>"
