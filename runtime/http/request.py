"""An HTTP request as the rest of the system sees it, read from the event of a Lambda function URL or a REST API."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from runtime.errors import ReliveError
from runtime.http.rest_api import as_function_url_event, is_rest_api_event

VERSION = "v1"
"""The one version of the protocol (protocol section 1)."""

CREDENTIALS = ("authorization", "x-relive-depth")
"""Headers that user code does not get: the master key opens every app, and the depth is not its to read or send on."""

ACCESS_TOKEN = "access_token"
"""The key of the query string that may stand for the Authorization header; user code does not get it either."""

PLAIN_PATH = re.compile(r"(?:/[A-Za-z0-9_.~-]+)+")
"""A path that is canonical already, which nearly all are."""


@dataclass(frozen=True)
class HttpRequest:
    """One request.

    `path` is percent-encoded in one canonical way and never ends in a slash, except that it may be `/`.
    `headers` have lower-case names; of a repeated header the values are joined by commas, as AWS does.
    `query_string` is decoded by `query`. `origin` is scheme and host under which this deployment is reached, with what
    all its paths begin with there, if anything.
    """

    method: str
    path: str
    query_string: str
    headers: Mapping[str, str]
    raw_body: str
    is_base64: bool
    origin: str
    request_id: str

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The decoded query parameters; the values of a repeated one are joined by commas, as AWS does."""
        query: dict[str, str] = {}
        for name, value in parse_qsl(self.query_string, keep_blank_values=True):
            query[name] = f"{query[name]},{value}" if name in query else value
        return query

    @property
    def headers_for_user_code(self) -> dict[str, str]:
        return {name: value for name, value in self.headers.items() if name not in CREDENTIALS}

    @property
    def query_for_user_code(self) -> dict[str, str]:
        return {name: value for name, value in self.query.items() if name != ACCESS_TOKEN}

    @cached_property
    def body(self) -> bytes:
        """The body, empty if there is none. Raises ReliveError 601 if the event does not hold it as it says."""
        if not self.is_base64:
            return self.raw_body.encode("utf-8", "replace")
        try:
            return base64.b64decode(self.raw_body)
        except (binascii.Error, ValueError):
            raise ReliveError(601, "The body is not valid base64.") from None

    @property
    def version(self) -> str:
        """The version that the path names, or what stands in its place."""
        return self.path.split("/")[1].lower()

    def api_url(self, app_id: str) -> str:
        """The address of an app's API, as the caller reached it."""
        return f"{self.origin}/{VERSION}/{quote(app_id, safe='')}"


def read_event(event: Mapping[str, Any], request_id: str, public_url: str = "") -> HttpRequest:
    """The request in an event of payload format 2.0, or in one of a REST API. Never raises: what it lacks is empty.

    `public_url`, where the operator gives one, is the origin; otherwise the event's own domain name is, which clients
    cannot choose, unlike the Host header.
    """
    if is_rest_api_event(event):
        event = as_function_url_event(event)
    context = _mapping(event.get("requestContext"))
    http = _mapping(context.get("http"))
    headers = {
        _text(name).lower(): _utf_8(_text(value)).strip() for name, value in _mapping(event.get("headers")).items()
    }
    cookies = event.get("cookies")
    if isinstance(cookies, list) and cookies:
        headers.setdefault("cookie", "; ".join(_text(cookie) for cookie in cookies))
    scheme = "http" if headers.get("x-forwarded-proto") == "http" else "https"
    return HttpRequest(
        method=_text(http.get("method")).upper(),
        path=_canonical(_text(event.get("rawPath"))),
        query_string=_utf_8(_text(event.get("rawQueryString"))),
        headers=headers,
        raw_body=_text(event.get("body")),
        is_base64=event.get("isBase64Encoded") is True,
        origin=public_url.rstrip("/") or f"{scheme}://{_text(context.get('domainName'))}{_text(event.get('basePath'))}",
        request_id=request_id,
    )


def _canonical(path: str) -> str:
    """Every spelling of the same path, in one: decoded and encoded again, without a slash at the end."""
    if PLAIN_PATH.fullmatch(path):
        return path
    segments = path.removesuffix("/").split("/")[1:]
    return "/" + "/".join(quote(unquote(segment), safe="") for segment in segments)


def _utf_8(text: str) -> str:
    """The text as it was sent, where its bytes were UTF-8 and somebody on the way has read them as Latin-1.

    HTTP leaves open what bytes beyond ASCII mean, and AWS does not say how it reads those of headers. The two can be
    told apart: in real Latin-1 text, a letter with an accent has no second special character behind it to make UTF-8.
    """
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    """Text that can be encoded: a lone surrogate would fail much later, in somebody else's hands."""
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()
