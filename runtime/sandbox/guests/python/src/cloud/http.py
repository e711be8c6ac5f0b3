"""Calls addresses on the internet."""

import base64
import json as json_module
from collections.abc import Mapping
from typing import Any, TypedDict, Unpack
from urllib.parse import urlencode, urlsplit, urlunsplit

from cloud.calls import begin
from relive_guest.headers import Headers
from relive_guest.json_values import to_json
from relive_guest.pending import Pending


class HttpError(Exception):
    """The call got no answer."""


class HttpTimeout(HttpError):
    """The call got no answer in time."""


class HttpBlocked(HttpError):
    """The address may not be called."""


class Options(TypedDict, total=False):
    """What can be said about a call.

    `params` are added to the address's query, without those that are None. Of the body, one can be given: `json` is
    sent as JSON, `data` as a form, `body` as it is. `timeout` is in seconds, for the whole call with its redirects.
    """

    params: Mapping[str, Any] | None
    headers: Mapping[str, str] | None
    json: Any
    data: Mapping[str, Any] | None
    body: bytes | str | None
    timeout: float | None
    follow_redirects: bool


class Response:
    """An answer, whatever its status; `url` is the address that answered, after redirects."""

    status: int
    headers: Headers
    body: bytes
    url: str

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


class PendingResponse(Pending):
    """An answer that may still be on its way. `await` it; any other use of it waits right there."""

    __slots__ = ()


def request(method: str, url: str, **options: Unpack[Options]) -> PendingResponse:
    """Call an address. The call starts at once.

    In an `async def`, await the answer; calls that are awaited together, as with asyncio.gather, run side by side.
    Raises HttpError, HttpTimeout or HttpBlocked.
    """
    return _request(method, url, **options)


def get(url: str, **options: Unpack[Options]) -> PendingResponse:
    """Call an address with GET; see `request`."""
    return _request("GET", url, **options)


def post(url: str, **options: Unpack[Options]) -> PendingResponse:
    """Call an address with POST; see `request`."""
    return _request("POST", url, **options)


def put(url: str, **options: Unpack[Options]) -> PendingResponse:
    """Call an address with PUT; see `request`."""
    return _request("PUT", url, **options)


def patch(url: str, **options: Unpack[Options]) -> PendingResponse:
    """Call an address with PATCH; see `request`."""
    return _request("PATCH", url, **options)


def delete(url: str, **options: Unpack[Options]) -> PendingResponse:
    """Call an address with DELETE; see `request`."""
    return _request("DELETE", url, **options)


def _request(
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
) -> PendingResponse:
    sent = Headers(headers)
    content = _content(sent, json, data, body)
    arguments = {
        "method": method,
        "url": _with_params(url, params),
        "headers": sent,
        "body": None if content is None else base64.b64encode(content).decode(),
        "timeout": timeout,
        "follow_redirects": follow_redirects,
    }
    errors = {"HttpError": HttpError, "HttpTimeout": HttpTimeout, "HttpBlocked": HttpBlocked}
    return begin("http.request", arguments, _response, PendingResponse, errors)


def _with_params(url: str, params: Mapping[str, Any] | None) -> str:
    given = {name: value for name, value in (params or {}).items() if value is not None}
    if not given:
        return url
    scheme, netloc, path, query, fragment = urlsplit(url)
    added = urlencode(given, doseq=True)
    return urlunsplit((scheme, netloc, path, f"{query}&{added}" if query else added, fragment))


def _content(headers: Headers, json: Any, data: Mapping[str, Any] | None, body: bytes | str | None) -> bytes | None:
    if sum(given is not None for given in (json, data, body)) > 1:
        raise TypeError("Give one of json, data and body, not several.")
    if json is not None:
        headers.setdefault("Content-Type", "application/json")
        return to_json(json, "json").encode()
    if data is not None:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        return urlencode(data, doseq=True).encode()
    return body.encode() if isinstance(body, str) else body


def _response(value: dict[str, Any]) -> Response:
    headers = Headers()
    for name, text in value["headers"]:
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return Response(value["status"], headers, base64.b64decode(value["body"]), value["url"])
