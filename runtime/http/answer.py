"""Answers, and the form in which Lambda sends them."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runtime.errors import ReliveError
from runtime.http.content_type import ContentType, Kind

CORS_HEADERS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "Content-Disposition, X-Relive-Request-Id",
}
"""On every answer: any page may call the API, see `cors`."""

WITHOUT_BODY = (204, 304)
"""Statuses whose answers have no body (RFC 9110, section 6.4.1)."""


@dataclass(frozen=True)
class Answer:
    """What is answered to a request. Names of headers are in lower case; bytes are sent as base64."""

    status: int
    headers: Mapping[str, str]
    body: str | bytes = ""

    def to_lambda(self) -> dict[str, Any]:
        """The answer in payload format 2.0."""
        is_base64 = isinstance(self.body, bytes)
        body = base64.b64encode(self.body).decode() if isinstance(self.body, bytes) else self.body
        return {"statusCode": self.status, "headers": dict(self.headers), "body": body, "isBase64Encoded": is_base64}


def headers_of_all(request_id: str) -> dict[str, str]:
    """What every answer carries."""
    return {**CORS_HEADERS, "x-content-type-options": "nosniff", "x-relive-request-id": request_id}


def json_answer(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer of our own."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return raw_answer(status, {"content-type": "application/json", **(headers or {})}, text.encode("utf-8", "replace"))


def raw_answer(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """An answer as it goes out: text as text where it is UTF-8 and said to be text, anything else as base64."""
    lower = {name.lower(): value for name, value in headers.items()}
    if status in WITHOUT_BODY:
        lower.pop("content-type", None)
        return Answer(status, lower)
    return Answer(status, lower, _text_or_bytes(body, lower.get("content-type", "")))


def _text_or_bytes(body: bytes, content_type: str) -> str | bytes:
    try:
        if ContentType.parse(content_type).kind is Kind.BINARY:
            return body
        return body.decode()
    except (ReliveError, UnicodeDecodeError):
        return body
