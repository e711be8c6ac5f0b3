"""JSON as DynamoDB's own values, and exactly the same JSON back.

A map of DynamoDB forgets the order of its fields, and a number whether it was written 1 or 1.0. That is kept beside the
value, as its `shape`: few bytes, and none for an object whose fields are in order and whose numbers are none of these.
"""

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from runtime.store.dynamodb.actions import AttributeValue

DEPTH = 31
"""Objects and arrays inside each other (AWS: 32 levels, of which the attribute is one)."""

DIGITS = 38
"""Significant digits of a number (AWS: "Supported data types", like the next two)."""

LEAST = 1e-130
BOUND = 10**126

NAME_BYTES = 65_535

SHAPE_BYTES = 2048
"""The longest shape that is kept beside a value."""

_BOUND_BITS = BOUND.bit_length()


class NotNativeError(Exception):
    """DynamoDB cannot hold the value as it is."""


def native(value: dict[str, Any]) -> tuple[AttributeValue, bytes]:
    """The value, which must be JSON, and its shape. Raises NotNativeError."""
    encoder = _Encoder(with_order=True)
    encoded = encoder.encode(value, 1)
    if len(encoder.shape) > SHAPE_BYTES:  # better another order of fields than JSON, in which nothing can be looked for
        encoder = _Encoder(with_order=False)
        encoded = encoder.encode(value, 1)
        if len(encoder.shape) > SHAPE_BYTES:
            raise NotNativeError
    return encoded, bytes(encoder.shape)


def json_value(encoded: AttributeValue, shape: bytes = b"") -> Any:
    """The value that this was made of."""
    return _Decoder(shape).decode(encoded)


def number(value: float) -> str | None:
    """The text of exactly this number; None if DynamoDB has no such number."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        if value != int(value):
            return repr(value) if abs(value) >= LEAST else None
        value = int(value)
    if value.bit_length() > _BOUND_BITS:
        return None
    text = str(value)
    return text if len(text.strip("-0")) <= DIGITS and abs(value) < BOUND else None


class _Encoder:
    """Counts objects with several fields and whole numbers, field by field in the order of their names.

    The shape has for each that is special how many came before it since the last one, and for an object the places of
    its names, in order, among those as they were written.
    """

    def __init__(self, *, with_order: bool) -> None:
        self.shape = bytearray()
        self._with_order = with_order
        self._passed = 0

    def encode(self, value: Any, depth: int) -> AttributeValue:
        match value:
            case str():
                return {"S": _utf_8(value)}
            case None:
                return {"NULL": True}
            case bool():
                return {"BOOL": value}
            case int() | float():
                return {"N": self._number(value)}
            case dict() if depth <= DEPTH:
                return {"M": self._fields(value, depth)}
            case list() if depth <= DEPTH:
                return {"L": [self.encode(element, depth + 1) for element in value]}
            case _:
                raise NotNativeError

    def _fields(self, fields: dict[str, Any], depth: int) -> dict[str, AttributeValue]:
        names = list(fields)
        if not all(isinstance(name, str) and name for name in names):
            raise NotNativeError
        in_order = sorted(names)
        if len(names) > 1:
            special = self._with_order and in_order != names
            self._count(special)
            if special:
                places = {name: place for place, name in enumerate(in_order)}
                for name in names:
                    self.shape += _varint(places[name])
        encoded = {name: self.encode(fields[name], depth + 1) for name in in_order}
        if any(len(_utf_8(name).encode()) > NAME_BYTES for name in names):
            raise NotNativeError
        return {name: encoded[name] for name in names}

    def _number(self, value: float) -> str:
        text = number(value)
        if text is None or (value == 0 and math.copysign(1, value) < 0):
            raise NotNativeError
        if value == int(value):
            self._count(isinstance(value, float))
        return text

    def _count(self, special: bool) -> None:
        if special:
            self.shape += _varint(self._passed)
            self._passed = 0
        else:
            self._passed += 1


class _Decoder:
    def __init__(self, shape: bytes) -> None:
        self._shape = _integers(shape)
        self._passed = next(self._shape, -1)

    def decode(self, encoded: AttributeValue) -> Any:
        ((kind, content),) = encoded.items()
        match kind:
            case "S" | "BOOL":
                return content
            case "N":
                return self._number(content)
            case "M":
                return self._fields(content)
            case "L":
                return [self.decode(element) for element in content]
            case _:
                return None

    def _fields(self, fields: dict[str, AttributeValue]) -> dict[str, Any]:
        in_order = sorted(fields)
        names = in_order
        if len(names) > 1 and self._is_special():
            names = [in_order[next(self._shape)] for _ in in_order]
            self._passed = next(self._shape, -1)
        decoded = {name: self.decode(fields[name]) for name in in_order}
        return {name: decoded[name] for name in names} if names is not in_order else decoded

    def _number(self, text: str) -> int | float:
        if text.lstrip("-").isdigit():
            whole = int(text)
        else:
            exact = Decimal(text)
            whole = int(exact)
            if whole != exact:
                return float(text)
        if self._is_special():
            self._passed = next(self._shape, -1)
            return float(whole)
        return whole

    def _is_special(self) -> bool:
        self._passed -= 1
        return self._passed == -1


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _integers(encoded: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in encoded:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield value
            value = shift = 0


def _utf_8(text: str) -> str:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise NotNativeError from None
    return text
