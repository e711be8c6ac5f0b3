"""JSON as the guest writes it, wherever a value of user code leaves the sandbox."""

import dataclasses
import datetime
import decimal
import enum
import json
import math
import reprlib
import uuid
from collections.abc import Mapping
from typing import Any

from relive_guest.headers import Headers
from relive_guest.pending import is_pending, value_of

DEEPEST = 200
"""How deep the search for a culprit goes; nobody nests an honest value deeper."""

LARGEST_DECIMAL_EXPONENT = 308
"""What a JSON reader can take for a number (that of a double); it also bounds the work of writing it out."""


class NotJson(ValueError):
    """A value that JSON cannot say; the message has the path to it."""


def to_json(value: Any, name: str = "") -> str:
    """`value` as JSON; dates become ISO 8601 texts, tuples arrays. Raises NotJson with the path, starting at `name`."""
    try:
        text = _ENCODER.encode(value)
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which only an escape can carry
        return _ASCII_ENCODER.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as exception:
        raise NotJson(_find(value, name) or f"{name or 'the value'} cannot be sent as JSON: {exception}.") from None
    return text


def convert(value: Any) -> Any:
    """What stands for a value that JSON does not know. Raises TypeError when nothing does."""
    if is_pending(value):
        return value_of(value)
    match value:
        case datetime.datetime():
            utc = value.astimezone(datetime.UTC) if value.tzinfo else value
            return utc.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
        case datetime.date() | datetime.time():
            return value.isoformat()
        case decimal.Decimal() if value.is_finite() and value.adjusted() <= LARGEST_DECIMAL_EXPONENT:
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


_ENCODER = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":"), default=convert)
_ASCII_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"), default=convert)


def teach_json_dumps() -> None:
    """Have `json.dumps` in user code take values that are still to come, and headers, for what they stand for."""
    original = json.JSONEncoder.default

    def default(encoder: json.JSONEncoder, o: Any) -> Any:
        if is_pending(o):
            return value_of(o)
        return dict(o) if isinstance(o, Headers) else original(encoder, o)

    json.JSONEncoder.default = default  # type: ignore[assignment, method-assign]


def _find(value: Any, name: str) -> str | None:
    """The first value inside `value` that is not JSON, as a sentence. No recursion: values may contain themselves."""
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
            if (odd := next((key for key in value if not _is_key(key)), None)) is not None:
                return f"{path} has the key {reprlib.repr(odd)}; JSON keys are texts."
            waiting += [(item, _join(path, key), depth + 1) for key, item in reversed(value.items())]
        elif isinstance(value, (list, tuple)):
            waiting += [(item, f"{path}[{i}]", depth + 1) for i, item in reversed(list(enumerate(value)))]
        else:
            try:
                waiting.append((convert(value), path, depth + 1))
            except TypeError:
                return f"{path} is {_with_article(type(value).__name__)}, which JSON cannot say."
            except (ValueError, OverflowError) as exception:
                return f"{path} cannot be sent as JSON: {exception}."
    return None


def _is_key(key: object) -> bool:
    return key is None or isinstance(key, (str, int)) or (isinstance(key, float) and math.isfinite(key))


def _join(path: str, key: object) -> str:
    if not (isinstance(key, str) and key.isidentifier() and len(key) < 100):
        return f"{path}[{reprlib.repr(key)}]"
    return f"{path}.{key}" if path else key


def _with_article(name: str) -> str:
    return f"an {name}" if name[0] in "aeiouAEIOU" else f"a {name}"
