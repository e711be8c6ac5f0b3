"""The event of a Lambda function URL, made from a request to the local server.

Payload format 2.0, as AWS documents it for function URLs: what runs behind cannot tell it from the real one.
"""

import base64
import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from runtime.errors import ReliveError
from runtime.http.content_type import ContentType, Kind

ROUTE = "$default"
"""Route and stage of every function URL."""


def function_url_event(scope: Mapping[str, Any], body: bytes, *, domain_name: str, request_id: str) -> dict[str, Any]:
    """The event for an ASGI scope and its whole body.

    `domain_name` is host and port as the server was told them: it decides what counts as the app's own API, so it must
    not come from the request.
    """
    headers, cookies = _headers(scope["headers"])
    client = scope.get("client") or ("", 0)
    headers |= {"x-forwarded-proto": "http", "x-forwarded-for": client[0]}
    raw_path = scope["raw_path"].decode("latin-1")
    query_string = scope["query_string"].decode("latin-1")
    text, is_base64 = _body(body, headers.get("content-type", ""))
    prefix = domain_name.partition(".")[0]
    now = time.time()
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": ROUTE,
        "rawPath": raw_path,
        "rawQueryString": query_string,
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": prefix,
            "domainName": domain_name,
            "domainPrefix": prefix,
            "http": {
                "method": scope["method"],
                "path": raw_path,
                "protocol": f"HTTP/{scope['http_version']}",
                "sourceIp": client[0],
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": ROUTE,
            "stage": ROUTE,
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": is_base64,
    }
    if cookies:
        event["cookies"] = cookies
    if query_string:
        event["queryStringParameters"] = _joined(parse_qsl(query_string, keep_blank_values=True))
    if body:
        event["body"] = text
    return event


def _headers(pairs: Iterable[tuple[bytes, bytes]]) -> tuple[dict[str, str], list[str]]:
    """Headers by lower-case name, and the cookies, which AWS keeps apart."""
    decoded = [(name.decode("latin-1").lower(), _decode(value)) for name, value in pairs]
    cookies = [
        cookie.strip() for name, value in decoded if name == "cookie" for cookie in value.split(";") if cookie.strip()
    ]
    return _joined((name, value) for name, value in decoded if name != "cookie"), cookies


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _body(body: bytes, content_type: str) -> tuple[str, bool]:
    """Text as it is, anything else as base64."""
    try:
        if ContentType.parse(content_type).kind is not Kind.BINARY:
            return body.decode(), False
    except (ReliveError, UnicodeDecodeError):
        pass
    return base64.b64encode(body).decode(), True


def _decode(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
