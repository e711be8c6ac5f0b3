"""Requests and answers as Lambda has them: the events of a function URL, payload format 2.0."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DOMAIN = "abc.lambda-url.eu-central-1.on.aws"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> int | None:
        """The error code, None if the answer is no error."""
        value = self.json if self.headers.get("content-type") == "application/json" and self.body else None
        return value.get("errorCode") if isinstance(value, dict) else None

    @property
    def error(self) -> tuple[int, int]:
        """Status and code of an answer that must be an error."""
        return self.status, self.json["errorCode"]


def make_event(
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: str | bytes | None = None,
    *,
    domain: str = DOMAIN,
) -> dict[str, Any]:
    """The event of a request; `path` may have a query string."""
    raw_path, _, query = path.partition("?")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": {name.lower(): value for name, value in (headers or {}).items()},
        "requestContext": {
            "domainName": domain,
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
