"""Turns what a function answered into text for the host: a line of JSON about the answer, then its body."""

import base64
import dataclasses
import datetime
import decimal
import enum
import json
import math
import uuid
from collections.abc import Mapping
from typing import Any

from relive_guest.pending import Pending, value_of
from relive_guest.requests import Response


DEEPEST = 200
"""How deep an answer may be nested."""


class NotAnAnswer(Exception):
    """The function answered with something that cannot be sent."""


def encode(response: Response) -> str:
    """The answer for the host. Raises NotAnAnswer and says which value cannot be sent and why."""
    head: dict[str, Any] = {"ending": "answered", "status": _status(response.status_code), "headers": _headers(response.headers)}
    body = value_of(response.body)
    content_type = next((value for name, value in head["headers"].items() if name.lower() == "content-type"), "")
    if isinstance(body, (bytes, bytearray, memoryview)):
        head["kind"], text = "bytes", base64.b64encode(body).decode()
    elif isinstance(body, str) and content_type and not _is_json(content_type):
        head["kind"], text = "text", body
    else:
        head["kind"], text = "json", to_json(body, "body")
    return json.dumps(head) + "\n" + text.encode("utf-8", "replace").decode()


def to_json(value: Any, name: str) -> str:
    """`value` as JSON; dates become ISO 8601 texts, tuples arrays. Raises NotAnAnswer with the path, starting at `name`."""
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"), default=_convert)
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which only an escape can carry
        return json.dumps(value, allow_nan=False, separators=(",", ":"), default=_convert)
    except (TypeError, ValueError, RecursionError) as exception:
        raise NotAnAnswer(_find(value, name) or f"{name} cannot be sent as JSON: {exception}.") from None
    return text


def _convert(value: Any) -> Any:
    if type(value) is Pending:
        return value_of(value)
    match value:
        case datetime.datetime():
            utc = value.astimezone(datetime.UTC) if value.tzinfo else value
            return utc.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
        case datetime.date() | datetime.time():
            return value.isoformat()
        case decimal.Decimal() if value.is_finite():
            return int(value) if value == value.to_integral_value() else float(value)
        case uuid.UUID():
            return str(value)
        case enum.Enum():
            return value.value
        case Mapping():
            return dict(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} is not JSON")


def _find(value: Any, name: str) -> str | None:
    """The first value inside `value` that is not JSON, as a sentence. Walks without recursion: values may contain themselves."""
    waiting: list[tuple[Any, str, int]] = [(value, name, 0)]
    while waiting:
        value, path, depth = waiting.pop()
        if depth > DEEPEST:
            return f"{path[:100]}... is nested more than {DEEPEST} deep, or contains itself."
        if isinstance(value, float) and not math.isfinite(value):
            return f"{path} is {value}, which JSON cannot say."
        if value is None or isinstance(value, (str, int, float, bool)):
            continue
        if isinstance(value, dict):
            for key in value:
                if not isinstance(key, (str, int, float, bool, type(None))):
                    return f"{path} has the key {key!r}; JSON keys are texts."
            waiting += [(item, f"{path}.{key}", depth + 1) for key, item in reversed(value.items())]
        elif isinstance(value, (list, tuple)):
            waiting += [(item, f"{path}[{i}]", depth + 1) for i, item in reversed(list(enumerate(value)))]
        else:
            try:
                waiting.append((_convert(value), path, depth + 1))
            except TypeError:
                return f"{path} is a {type(value).__name__}, which JSON cannot say."
    return None


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def _status(status: Any) -> int:
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        raise NotAnAnswer(f"response.status_code is {status!r}; it must be a number from 200 to 599.")
    return int(status)


def _headers(headers: Mapping[Any, Any]) -> dict[str, str]:
    for name, value in headers.items():
        if not isinstance(name, str) or not isinstance(value, (str, int, float)):
            raise NotAnAnswer(f"response.headers[{name!r}] is {value!r}; a header is a text.")
    return {name: str(value) for name, value in headers.items()}
