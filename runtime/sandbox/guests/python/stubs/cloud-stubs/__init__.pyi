"""What cloud code can use of its surroundings."""

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Final, NoReturn, overload

from cloud import functions as functions
from cloud import http as http
from cloud import log as log
from cloud.data import ContentType as ContentType
from cloud.data import PendingIds, PendingItems
from cloud.data import data as data

class CloudError(Exception):
    """Answer with an error of your own: `message`, any positive `code`, and an HTTP `status` from 400 to 599.

    Raises ValueError for a code or a status that cannot be sent.
    """

    message: str
    code: int
    status: int

    def __init__(self, message: object, code: int = 960, status: int = 400) -> None: ...

class Headers(MutableMapping[str, str]):
    """A dict of headers in which the case of names does not matter; it keeps the case they were set with."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None: ...
    def __getitem__(self, name: str) -> str: ...
    def __setitem__(self, name: str, value: str) -> None: ...
    def __delitem__(self, name: str) -> None: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...

class Principal:
    """Who calls: `type` is "anonymous", "user" or "masterKey"; `id`, `roles` and `data` tell of a user."""

    type: str
    id: str
    roles: list[str]
    data: dict[str, Any]

class Request:
    """What was asked of a function.

    `action` is the HTTP method. `data` is the body: a JSON value, a text, bytes, or None when there is none.
    `query_string` and `headers` hold texts by name, `custom_parameters` the JSON object that came with the request.
    `api_url` is the address of the app's own API, `function` the function's name, `id` names the request in the log.
    """

    action: str
    data: Any
    query_string: dict[str, str]
    headers: Headers
    principal: Principal
    custom_parameters: dict[str, Any]
    api_url: str
    function: str
    id: str

    def cancel(self, message: object = None) -> NoReturn:
        """End the call here with error 910, and with `message` if one is given."""

class Response:
    """What a function answers: `body`, `status_code` (200 to 599) and `headers`.

    A value that the function returns takes the place of `body`, which starts as an empty dict.
    """

    body: Any
    status_code: int

    @property
    def headers(self) -> Headers:
        """The headers to send. Any mapping can be assigned."""
    @headers.setter
    def headers(self, values: Mapping[str, str]) -> None: ...

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

    @property
    def affected_ids(self) -> PendingIds:
        """The Ids of the items that an update or a delete is about to change, or has changed.

        The host is asked when this is read, and again when `filter`, `sort`, `skip` or `take` have changed. In an
        `async def`, await it. Raises AttributeError in other events.
        """
    @property
    def originals(self) -> PendingItems:
        """The items that an update or a delete changes, as they are before it; see `affected_ids`."""
    def cancel(self, message: object = None) -> NoReturn:
        """End the call here with error 910, and with `message` if one is given. Nothing is written.

        Raises RuntimeError after the operation.
        """
    def answer(self, result: Any, status: int = 200, additional_data: Mapping[str, Any] | None = None) -> None:
        """Before the operation: answer with `result` in its place. After it: answer with `result` instead of its own.

        `additional_data` stands beside the result. The handler goes on; of several calls the last one counts.
        Raises ValueError for a status that is not from 200 to 599, TypeError for `additional_data` that is no dict.
        """

class DataResponse:
    """What an operation ended in, and what is answered: `result`, `status_code` (200 to 599) and `additional_data`.

    `result` is the item or the items read, `{"Id", "CreatedAt"}` or a list of them after a create, a number after an
    update, a delete and a count, and a list of dicts after an aggregation. `additional_data` is a dict that stands
    beside it.
    """

    result: Any
    status_code: int
    additional_data: dict[str, Any]

    @property
    def success(self) -> bool:
        """Whether the operation succeeded."""
    @property
    def error(self) -> CloudError | None:
        """What the operation failed with, or None."""

class Done:
    """The `done` of a handler that asks for one. What it is given does not matter, nor a second call."""

    def __call__(self, *arguments: object) -> None: ...

class Secrets:
    """The app's secrets by name. They are set with `relive secrets set`, never in code."""

    def __getitem__(self, name: str) -> str:
        """The secret. Raises KeyError when the app has none of that name."""
    @overload
    def get(self, name: str, default: str) -> str:
        """The secret, or `default` when the app has none of that name."""
    @overload
    def get(self, name: str, default: str | None = None) -> str | None: ...
    def __contains__(self, name: object) -> bool: ...

secrets: Secrets

def time_left() -> float:
    """Seconds left of the request's budget. Raises RuntimeError in the top-level code of a file."""
