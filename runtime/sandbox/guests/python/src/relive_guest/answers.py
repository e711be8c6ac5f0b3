"""Turns what a function answered into text for the host: a line of JSON about the answer, then its body."""

import base64
import json
import reprlib
from collections.abc import Mapping
from typing import Any

from relive_guest.json_values import NotJson, to_json
from relive_guest.pending import value_of
from relive_guest.requests import Response


class NotAnAnswer(Exception):
    """The function answered with something that cannot be sent."""


def encode(response: Response) -> str:
    """The answer for the host. Raises NotAnAnswer and says which value cannot be sent and why."""
    status, headers = checked_status(response.status_code), _headers(response.headers)
    body = value_of(response.body)
    content_type = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    if isinstance(body, (bytes, bytearray, memoryview)):
        kind, text = "bytes", base64.b64encode(body).decode()
    elif isinstance(body, str) and content_type and not _is_json(content_type):
        kind, text = "text", body.encode("utf-8", "replace").decode()
    else:
        kind, text = "json", _json(body)
    told = json.dumps(headers) if headers else "{}"
    return f'{{"ending": "answered", "status": {status}, "headers": {told}, "kind": "{kind}"}}\n{text}'


def _json(body: Any) -> str:
    try:
        return to_json(body, "body")
    except NotJson as exception:
        raise NotAnAnswer(str(exception)) from None


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def is_status(status: Any) -> bool:
    """Whether `status` can be that of an answer."""
    return isinstance(status, int) and not isinstance(status, bool) and 200 <= status <= 599


def checked_status(status: Any) -> int:
    """The status of a response. Raises NotAnAnswer."""
    status = value_of(status)
    if not is_status(status):
        raise NotAnAnswer(f"response.status_code is {reprlib.repr(status)}; it must be a number from 200 to 599.")
    return int.__int__(status)  # whatever a subclass says


def _headers(headers: Mapping[Any, Any]) -> dict[str, str]:
    told = {value_of(name): value_of(value) for name, value in headers.items()}
    for name, value in told.items():
        if not isinstance(name, str) or not isinstance(value, (str, int, float)):
            raise NotAnAnswer(f"response.headers[{name!r}] is {reprlib.repr(value)}; a header is a text.")
    return {name: str(value) for name, value in told.items()}
