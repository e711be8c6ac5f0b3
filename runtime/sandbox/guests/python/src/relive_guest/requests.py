"""The `request` and `response` that a function is called with."""

import base64
from collections.abc import Mapping
from typing import Any, NoReturn

from relive_guest import cancellation
from relive_guest.headers import Headers


class Principal:
    """Who calls: `type` is "anonymous", "user" or "masterKey"; `id`, `roles` and `data` tell of a user."""

    type: str
    id: str
    roles: list[str]
    data: dict[str, Any]

    def __init__(self, values: dict[str, Any]) -> None:
        self.type = values["type"]
        self.id = values["id"]
        self.roles = values["roles"]
        self.data = values["data"]

    def __repr__(self) -> str:
        return f"Principal(type={self.type!r}, id={self.id!r}, roles={self.roles!r})"


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

    def __init__(self, values: dict[str, Any]) -> None:
        self.action = values["action"]
        self.data = base64.b64decode(values["data"]) if values.get("data_is_base64") else values["data"]
        self.query_string = values["query_string"]
        self.headers = Headers(values["headers"])
        self.principal = Principal(values["principal"])
        self.custom_parameters = values["custom_parameters"]
        self.api_url = values["api_url"]
        self.function = values["function"]
        self.id = values["id"]

    def cancel(self, message: object = None) -> NoReturn:
        """End the call here with error 910, and with `message` if one is given."""
        cancellation.cancel(message)

    def __repr__(self) -> str:
        return f"<Request {self.action} {self.function}>"


class Response:
    """What a function answers: `body`, `status_code` (200 to 599) and `headers`.

    A value that the function returns takes the place of `body`, which starts as an empty dict.
    """

    # No other attributes: a misspelt one would be lost without a word.
    __slots__ = ("_headers", "body", "status_code")

    body: Any
    status_code: int

    def __init__(self) -> None:
        self.body = {}
        self.status_code = 200
        self._headers = Headers()

    @property
    def headers(self) -> Headers:
        """The headers to send. Any mapping can be assigned."""
        return self._headers

    @headers.setter
    def headers(self, values: Mapping[str, str]) -> None:
        self._headers = Headers(values)

    def __repr__(self) -> str:
        return f"<Response {self.status_code}>"
