"""Events of a REST API, payload format 1.0, as API Gateway makes them of requests when all media types are binary."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote

GATEWAY = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"

Pairs = Sequence[tuple[str, str]]


def rest_event(
    method: str,
    path: str,
    headers: Mapping[str, str] | Pairs = (),
    body: str | bytes | None = None,
    *,
    domain: str = GATEWAY,
    stage: str = "prod",
    base_path: str | None = None,
) -> dict[str, Any]:
    """The event of a request; `path` is that within the API, and may have a query string.

    At the gateway's own domain clients write the stage before the path. At a domain of one's own they write the base
    path of its mapping, if there is one, and `base_path` is given, even if it is empty.
    """
    inside, _, query = path.partition("?")
    before = f"/{stage}" if base_path is None else f"/{base_path}" if base_path else ""
    pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
    parameters = parse_qsl(query, keep_blank_values=True)
    proxy = unquote(inside.strip("/"))
    raw = body.encode() if isinstance(body, str) else body
    return {
        "resource": "/{proxy+}" if proxy else "/",
        "path": (before if base_path is not None else "") + inside,
        "httpMethod": method,
        "headers": dict(pairs) or None,
        "multiValueHeaders": _all(pairs),
        "queryStringParameters": dict(parameters) or None,
        "multiValueQueryStringParameters": _all(parameters),
        "pathParameters": {"proxy": proxy} if proxy else None,
        "stageVariables": None,
        "requestContext": {
            "resourceId": "123abc",
            "resourcePath": "/{proxy+}" if proxy else "/",
            "httpMethod": method,
            "path": before + inside,
            "accountId": "123456789012",
            "protocol": "HTTP/1.1",
            "stage": stage,
            "domainPrefix": domain.partition(".")[0],
            "requestTimeEpoch": 1700000000000,
            "requestId": "6e2b1c9a-0f5d-4c7e-9b43-2d8a5f71c0e4",
            "identity": {"sourceIp": "203.0.113.7", "userAgent": "curl/8.5.0"},
            "domainName": domain,
            "apiId": "a1b2c3d4e5",
        },
        "body": None if raw is None else base64.b64encode(raw).decode(),
        "isBase64Encoded": raw is not None,
    }


def _all(pairs: Pairs) -> dict[str, list[str]] | None:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found or None
