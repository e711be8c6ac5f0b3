"""Answers, in the form that the router sends."""

import json
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.event_handler import Response

from runtime.errors import ReliveError
from runtime.http.content_type import ContentType, Kind
from runtime.http.cors import CORS_HEADERS

WITHOUT_BODY = (204, 304)
"""Statuses whose answers have no body (RFC 9110, section 6.4.1)."""


def headers_of_all(request_id: str) -> dict[str, str]:
    """What every answer carries."""
    return {**CORS_HEADERS, "x-content-type-options": "nosniff", "x-relive-request-id": request_id}


def json_answer(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Response[Any]:
    """An answer of our own."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return raw_answer(status, {"content-type": "application/json", **(headers or {})}, text.encode("utf-8", "replace"))


def raw_answer(status: int, headers: Mapping[str, str], body: bytes) -> Response[Any]:
    """An answer as it goes out: text as text where it is UTF-8 and said to be text, anything else as base64."""
    lower = {name.lower(): value for name, value in headers.items()}
    if status in WITHOUT_BODY:
        lower.pop("content-type", None)
        return Response(status, body="", headers=lower)
    return Response(status, body=_text_or_bytes(body, lower.get("content-type", "")), headers=lower)


def _text_or_bytes(body: bytes, content_type: str) -> str | bytes:
    try:
        if ContentType.parse(content_type).kind is Kind.BINARY:
            return body
        return body.decode()
    except (ReliveError, UnicodeDecodeError):
        return body
