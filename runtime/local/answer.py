"""An answer of payload format 2.0, as bytes."""

import base64
from collections.abc import Mapping
from typing import Any


def response_body(answer: Mapping[str, Any]) -> bytes:
    return base64.b64decode(answer["body"]) if answer.get("isBase64Encoded") else answer["body"].encode()


def response_headers(answer: Mapping[str, Any], length: int | None) -> list[tuple[bytes, bytes]]:
    """Headers and cookies; the length of the body, unless there is to be none."""
    headers = [(name.lower().encode("latin-1"), _encode(value)) for name, value in answer["headers"].items()]
    headers += [(b"set-cookie", _encode(cookie)) for cookie in answer.get("cookies", ())]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    return headers


def _encode(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()
