"""The arguments of a call, as user code gives them: hostile until checked."""

import base64
import binascii
import string
from dataclasses import dataclass
from typing import Any

from runtime.cloudcode.outgoing.errors import HttpError, quoted
from runtime.cloudcode.outgoing.messages import DEFAULT_HEADERS, OutgoingRequest
from runtime.cloudcode.outgoing.url import parse
from runtime.settings import MEGABYTE

TOKEN_CHARACTERS = frozenset(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~")
"""What methods and header names are made of (RFC 9110 section 5.6.2)."""

LONGEST_METHOD = 32
"""Characters."""

LONGEST_TIMEOUT = 3600.0
"""Seconds; more than any request may last."""

REFUSED_METHODS = frozenset({"CONNECT", "TRACE", "TRACK"})
"""Methods that are about the connection, not about what it carries (Fetch standard, forbidden methods)."""

REFUSED_HEADERS = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers about the connection and the message's shape, which are Relive's to write."""

OWN_HEADERS = "x-relive-"

KNOWN = frozenset({"method", "url", "headers", "body", "timeout", "follow_redirects"})


@dataclass(frozen=True)
class CallArguments:
    """What user code asked for. `timeout` is in seconds."""

    request: OutgoingRequest
    timeout: float
    follow_redirects: bool


def read_arguments(arguments: dict[str, Any], *, default_timeout: float, body_limit: int) -> CallArguments:
    """The checked arguments; `default_timeout` is in seconds, `body_limit` in bytes. Raises HttpError, HttpBlocked."""
    for name in arguments:
        if name not in KNOWN:
            raise HttpError(f"http.request has no argument {quoted(name)}.")
    url = arguments.get("url")
    if not isinstance(url, str):
        raise HttpError("The URL must be a string.")
    follow_redirects = arguments.get("follow_redirects", True)
    if not isinstance(follow_redirects, bool):
        raise HttpError("follow_redirects must be true or false.")
    request = OutgoingRequest(
        method=_method(arguments.get("method")),
        url=parse(url),
        headers={**DEFAULT_HEADERS, **_headers(arguments.get("headers"))},
        body=_body(arguments.get("body"), body_limit),
    )
    return CallArguments(request, _timeout(arguments.get("timeout"), default_timeout), follow_redirects)


def _method(method: Any) -> str:
    if not isinstance(method, str) or not _is_token(method) or len(method) > LONGEST_METHOD:
        raise HttpError("The method must be a word such as GET or POST.")
    upper = str.upper(method)
    if upper in REFUSED_METHODS:
        raise HttpError(f"The method {upper} cannot be used.")
    return upper


def _headers(headers: Any) -> dict[str, str]:
    if headers is None:
        return {}
    if not isinstance(headers, dict):
        raise HttpError("The headers must be an object that maps names to values.")
    checked: dict[str, str] = {}
    for name, value in headers.items():
        lower = _header_name(name)
        if lower in checked:
            raise HttpError(f"The header {lower} is given twice.")
        checked[lower] = _header_value(name, value)
    return checked


def _header_name(name: Any) -> str:
    if not isinstance(name, str) or not _is_token(name):
        raise HttpError(f"{quoted(str(name))} is not a header name.")
    lower = name.lower()
    if lower in REFUSED_HEADERS or lower.startswith(OWN_HEADERS):
        raise HttpError(f"The header {name} is set by Relive; leave it out.")
    return lower


def _header_value(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise HttpError(f"The value of the header {name} must be a string.")
    stripped: str = value.strip(" \t")
    if any((char < " " and char != "\t") or char == "\x7f" for char in stripped):
        raise HttpError(f"The value of the header {name} has line breaks or other control characters in it.")
    if any(char > "\xff" for char in stripped):
        raise HttpError(f"The value of the header {name} has characters that a header cannot carry; encode it first.")
    return stripped


def _body(body: Any, limit: int) -> bytes:
    if body is None:
        return b""
    if not isinstance(body, str):
        raise HttpError("The body must be base64 text.")
    try:
        content = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise HttpError("The body must be base64 text.") from None
    if len(content) > limit:
        raise HttpError(f"The body is larger than {limit / MEGABYTE:.3g} MB.")
    return content


def _timeout(timeout: Any, default: float) -> float:
    if timeout is None:
        return default
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout > 0:
        raise HttpError("The timeout must be a number of seconds above 0.")
    return min(timeout, LONGEST_TIMEOUT)


def _is_token(text: str) -> bool:
    return bool(text) and TOKEN_CHARACTERS.issuperset(text)
