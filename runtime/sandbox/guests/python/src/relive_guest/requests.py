"""The `request` and `response` that a function is called with."""

import base64
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, NoReturn


class RequestCancelled(BaseException):
    """Raised by `request.cancel`. No Exception, so that `except Exception` in user code does not swallow it."""


class Headers(MutableMapping[str, Any]):
    """A dict of headers in which the case of names does not matter; it keeps the case they were set with."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self._values: dict[str, tuple[str, Any]] = {}
        self.update(values or {})

    def __getitem__(self, name: str) -> Any:
        return self._values[name.lower()][1]

    def __setitem__(self, name: str, value: Any) -> None:
        self._values[name.lower()] = (name, value)

    def __delitem__(self, name: str) -> None:
        del self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._values.values())

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(dict(self))


class Principal:
    """Who calls: `type` is "anonymous", "user" or "masterKey"; `id`, `roles` and `data` tell of a user."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.type: str = values["type"]
        self.id: str = values["id"]
        self.roles: list[str] = values["roles"]
        self.data: dict[str, Any] = values["data"]

    def __repr__(self) -> str:
        return f"Principal(type={self.type!r}, id={self.id!r}, roles={self.roles!r})"


class Request:
    """What was asked of a function."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.action: str = values["action"]
        self.data: Any = base64.b64decode(values["data"]) if values.get("data_is_base64") else values["data"]
        self.query_string: dict[str, str] = values["query_string"]
        self.headers = Headers(values["headers"])
        self.principal = Principal(values["principal"])
        self.custom_parameters: dict[str, Any] = values["custom_parameters"]
        self.api_url: str = values["api_url"]
        self.function: str = values["function"]
        self.id: str = values["id"]
        self._cancelled: str | None = None

    def cancel(self, message: object = None) -> NoReturn:
        """End the call here with error 910, and with `message` if one is given."""
        self._cancelled = "" if message is None else str(message)
        raise RequestCancelled


class Response:
    """What a function answers. A returned value takes the place of `body`."""

    def __init__(self) -> None:
        self.body: Any = {}
        self.status_code: int = 200
        self._headers = Headers()

    @property
    def headers(self) -> Headers:
        return self._headers

    @headers.setter
    def headers(self, values: Mapping[str, Any]) -> None:
        self._headers = Headers(values)
