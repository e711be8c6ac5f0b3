"""Calls addresses on the internet."""

import base64
import json as json_module
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from cloud.replies import value_in
from relive_guest import host
from relive_guest.pending import Pending
from relive_guest.requests import Headers


class HttpError(Exception):
    """The call got no answer."""


class HttpTimeout(HttpError):
    """The call got no answer in time."""


class HttpBlocked(HttpError):
    """The address may not be called."""


class Response:
    """An answer: `status`, `headers`, `body` as bytes, and `url`, the address that answered after redirects."""

    def __init__(self, status: int, headers: Headers, body: bytes, url: str) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.url = url

    @property
    def ok(self) -> bool:
        """True for a status below 400."""
        return self.status < 400

    @property
    def text(self) -> str:
        """The body as text, by the charset of its Content-Type."""
        charset = self.headers.get("content-type", "").lower().partition("charset=")[2].split(";")[0].strip(' "')
        try:
            return self.body.decode(charset or "utf-8", "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON. Raises ValueError when it is none."""
        return json_module.loads(self.body)

    def __repr__(self) -> str:
        return f"<Response {self.status} from {self.url}>"


def request(
    method: str,
    url: str,
    *,
    params: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    data: Mapping[str, Any] | None = None,
    body: bytes | str | None = None,
    timeout: float | None = None,
    follow_redirects: bool = True,
) -> Any:
    """Start a call; `json` is sent as JSON, `data` as a form, `body` as it is. `timeout` is in seconds.

    Raises HttpError, HttpTimeout or HttpBlocked where the answer is used.
    """
    sent = Headers(headers)
    content = _content(sent, json, data, body)
    arguments = {
        "method": method.upper(),
        "url": _with_params(url, params),
        "headers": dict(sent),
        "body": None if content is None else base64.b64encode(content).decode(),
        "timeout": timeout,
        "follow_redirects": follow_redirects,
    }
    return Pending(host.start("http.request", arguments), _response)


def get(url: str, **options: Any) -> Any:
    """`request` with GET."""
    return request("GET", url, **options)


def post(url: str, **options: Any) -> Any:
    """`request` with POST."""
    return request("POST", url, **options)


def put(url: str, **options: Any) -> Any:
    """`request` with PUT."""
    return request("PUT", url, **options)


def patch(url: str, **options: Any) -> Any:
    """`request` with PATCH."""
    return request("PATCH", url, **options)


def delete(url: str, **options: Any) -> Any:
    """`request` with DELETE."""
    return request("DELETE", url, **options)


def _with_params(url: str, params: Mapping[str, Any] | None) -> str:
    if not params:
        return url
    scheme, netloc, path, query, fragment = urlsplit(url)
    added = urlencode(params, doseq=True)
    return urlunsplit((scheme, netloc, path, f"{query}&{added}" if query else added, fragment))


def _content(headers: Headers, json: Any, data: Mapping[str, Any] | None, body: bytes | str | None) -> bytes | None:
    if sum(given is not None for given in (json, data, body)) > 1:
        raise TypeError("Give one of json, data and body, not several.")
    if json is not None:
        headers.setdefault("Content-Type", "application/json")
        return json_module.dumps(json).encode()
    if data is not None:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        return urlencode(data, doseq=True).encode()
    return body.encode() if isinstance(body, str) else body


def _response(reply: dict[str, Any]) -> Response:
    value = value_in(reply, {"HttpError": HttpError, "HttpTimeout": HttpTimeout, "HttpBlocked": HttpBlocked})
    headers = Headers()
    for name, text in value["headers"]:
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return Response(value["status"], headers, base64.b64decode(value["body"]), value["url"])
