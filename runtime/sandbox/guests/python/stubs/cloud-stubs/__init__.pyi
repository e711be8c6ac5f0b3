"""What cloud code can use of its surroundings."""

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, NoReturn, overload

from cloud import functions as functions
from cloud import http as http
from cloud import log as log

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
