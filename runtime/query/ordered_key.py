"""Values as bytes that sort as the values do, for indexes that compare bytes alone.

A type's byte comes first, then what orders values within the type. No key is the beginning of another one, so keys may
follow each other, and a key stays in order when each of its bits is turned round.
"""

import math
import struct
from collections.abc import Callable, Mapping
from typing import Any

from runtime.query.interruption import watched
from runtime.query.ordering import (
    ARRAY,
    BOOLEAN,
    DATE,
    MISSING,
    NULL,
    NUMBER,
    OBJECT,
    TEXT,
    UNDEFINED,
    OrderKey,
    order_key,
)
from runtime.query.sort import Sort

_END = b"\0"
_TYPES = {place: bytes((place + 1,)) for place in (UNDEFINED, NULL, NUMBER, TEXT, OBJECT, ARRAY, BOOLEAN, DATE)}
_NULL_KEY = _TYPES[NULL]

# Up to here a double has every whole number.
_EXACT = 2**53
_DOUBLE = struct.Struct(">d")
_BITS = struct.Struct(">Q")
_LENGTH = struct.Struct(">L")
_SIGN = 1 << 63
_INVERTED = bytes(255 - byte for byte in range(256))


def encoded(value: Any) -> bytes:
    """Bytes that order and equal as `order_key(value)` does; for `MISSING` as well."""
    if value is None or value is MISSING:
        return _NULL_KEY
    return encoded_key(order_key(value))


def encoded_key(key: OrderKey) -> bytes:
    """The same for what `order_key` gives."""
    return _TYPES[key[0]] + _CONTENT[key[0]](key[1])


def type_range(key: OrderKey) -> tuple[bytes, bytes]:
    """What is not less than any encoded value of that key's type, and what is more than each of them."""
    return _TYPES[key[0]], bytes((key[0] + 2,))


def text_prefix_range(prefix: str) -> tuple[bytes, bytes]:
    """The same for the texts that begin with `prefix`, which must not be empty, and are no dates."""
    key = _TYPES[TEXT] + _text(prefix)[: -len(_END)]
    return key, after_prefix(key)


def after_prefix(key: bytes) -> bytes:
    """The least bytes that are more than all that begin with `key`, the beginning of some encoded value."""
    kept = key.rstrip(b"\xff")
    return kept[:-1] + bytes((kept[-1] + 1,))


def encoded_sort_key(sort: Sort, document: dict[str, Any]) -> bytes:
    """Bytes that order and equal as `sort.key(document)` does."""
    keys = zip(sort.fields, sort.key(document), strict=True)
    return b"".join(
        encoded_key(key.key).translate(_INVERTED) if field.descending else encoded_key(key) for field, key in keys
    )


def _text(text: str) -> bytes:
    """UTF-8, which sorts as the text does. The byte 0 ends it, so 0 and 1 inside are written as two bytes."""
    content = text.encode("utf-8", "surrogatepass")
    if "\0" in text or "\1" in text:
        content = content.replace(b"\1", b"\1\2").replace(b"\0", b"\1\1")
    return content + _END


def _array(keys: tuple[OrderKey, ...]) -> bytes:
    return b"".join(map(encoded_key, watched(keys))) + _END


def _object(fields: tuple[tuple[int, str, Any], ...]) -> bytes:
    content = (_TYPES[place] + _text(name) + _CONTENT[place](value) for place, name, value in watched(fields))
    return b"".join(content) + _END


def _number(number: float) -> bytes:
    if -_EXACT < number < _EXACT:
        # A double's bits order as it does, but for the sign. Adding 0.0 makes -0.0 the same as 0.0.
        (bits,) = _BITS.unpack(_DOUBLE.pack(number + 0.0))
        return _BITS.pack(bits | _SIGN if bits < _SIGN else bits ^ (2 * _SIGN - 1))
    content = _large(abs(number))
    return content if number > 0 else content.translate(_INVERTED)


def _large(number: float) -> bytes:
    """A number from `_EXACT` on: the next double below it, and by how much it is more than that."""
    if number == math.inf:
        return _BITS.pack(_bits(math.inf)) + b"\xff" * _LENGTH.size
    whole = int(number)
    below = _next_double_below(whole)
    rest = whole if below == math.inf else whole - int(below)
    more = rest.to_bytes((rest.bit_length() + 7) // 8, "big")
    return _BITS.pack(_bits(below)) + _LENGTH.pack(len(more)) + more


def _bits(double: float) -> int:
    (bits,) = _BITS.unpack(_DOUBLE.pack(double))
    return int(bits) | _SIGN


def _next_double_below(whole: int) -> float:
    """The largest double that is not more; infinity stands below what is too large for any."""
    try:
        double = float(whole)
    except OverflowError:
        return math.inf
    return double if double <= whole else math.nextafter(double, 0)


def _nothing(_value: Any) -> bytes:
    return b""


_CONTENT: Mapping[int, Callable[[Any], bytes]] = {
    UNDEFINED: _nothing,
    NULL: _nothing,
    NUMBER: _number,
    TEXT: _text,
    OBJECT: _object,
    ARRAY: _array,
    BOOLEAN: lambda value: b"\1" if value else b"\0",
    DATE: lambda canonical: bytes(canonical, "ascii"),  # always as long
}
