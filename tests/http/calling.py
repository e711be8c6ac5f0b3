"""Calls of the front as Lambda makes them: an event in, an answer out."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

MASTER_KEY = "front-master-key"
DOMAIN = "abc.lambda-url.eu-central-1.on.aws"
ECHO = "/v1/front/Functions/echo"
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> int | None:
        """The error code, None if the answer is no error."""
        value = self.json if self.headers.get("content-type") == "application/json" and self.body else None
        return value.get("errorCode") if isinstance(value, dict) else None


def make_event(
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: str | bytes | None = None,
) -> dict[str, Any]:
    """The event of a Lambda function URL; `path` may have a query string."""
    raw_path, _, query = path.partition("?")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": {name.lower(): value for name, value in (headers or {}).items()},
        "requestContext": {
            "domainName": DOMAIN,
            "http": {"method": method, "path": raw_path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7"},
            "stage": "$default",
        },
        "isBase64Encoded": isinstance(body, bytes),
    }
    if body is not None:
        event["body"] = base64.b64encode(body).decode() if isinstance(body, bytes) else body
    return event


def read_answer(answer: Mapping[str, Any]) -> Answer:
    body = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
    return Answer(answer["statusCode"], answer["headers"], body)


Call = Callable[..., Answer]
