"""What an item may hold at most: one table for all storage engines, so that data can move from one to another.

Each number is one of DynamoDB (AWS: "Quotas in Amazon DynamoDB", "DynamoDB item sizes and formats"), or a part of it
where an engine needs room beside what the user stores.
"""

import re
from collections.abc import Collection, Sequence
from typing import Any

from runtime.errors import ReliveError
from runtime.query.invalid import Invalid, kind, shown
from runtime.store.documents import INSERT_LIMIT

RESERVED_BYTES = 4 * 1024
"""Kept free in each item for what an engine adds: its keys, the version, a mark of expiry."""

ITEM_BYTES = 400 * 1024 - RESERVED_BYTES
"""Size of an item, counted as DynamoDB counts (DynamoDB: 400 KB)."""

NESTING = 32
"""Objects and arrays inside each other, the item itself included (DynamoDB: a value at level 32 below the item)."""

NUMBER_DIGITS = 38
"""Significant digits (DynamoDB: the same)."""

LEAST_NUMBER = 1e-130
"""The magnitude that a number other than 0 has at least (DynamoDB: the same)."""

NUMBER_BOUND = 10**126
"""The magnitude that every number stays below (DynamoDB: 9.9999999999999999999999999999999999999E+125 at most)."""

NAME_BYTES = 255
"""Length of a field's name in UTF-8 (DynamoDB: 255 for the names of keys and indexed fields)."""

ID_BYTES = 255
"""Length of an `Id` in UTF-8 (DynamoDB: 1024 bytes for a sort key, which may hold more than the id)."""

UNIQUE_BYTES = 900
"""Size of a value in a unique field (DynamoDB: 1024 bytes for a sort key, which also holds the field's name)."""

CREATE_LIMIT = INSERT_LIMIT
"""Items in one create, which writes all or none (DynamoDB: 100 items in a transaction)."""

CREATE_BYTES = 4 * 1024 * 1024 - CREATE_LIMIT * RESERVED_BYTES
"""Size of these items together (DynamoDB: 4 MB in a transaction)."""

# As floats compare with it: 10**126 is no float, and the nearest one is below it.
_FLOAT_BOUND = float(NUMBER_BOUND)
_UNFIT_IN_ID = re.compile(r"[/\x00-\x1f\x7f-\x9f]")


def check_item(item: dict[str, Any], *, unique: Collection[str] = (), where: str = "") -> None:
    """Check a whole item as it would be stored. `unique` names its unique fields, `where` its place, for messages.

    Raises ReliveError 601 with the first field that is beyond a limit: `Address.Zip: ...`.
    """
    size = item_bytes(item, unique=unique, where=where)
    if size > ITEM_BYTES:
        largest = max(item, key=lambda name: _bytes(item[name], 1))
        raise _refusal(
            where, f"the item has {size:,} bytes, and may have {ITEM_BYTES:,}; its largest field is {largest}"
        )


def check_count(items: Sequence[object]) -> None:
    """Check how many items one create has. Raises ReliveError 601."""
    if len(items) > CREATE_LIMIT:
        raise _refusal("", f"there are {len(items):,} items, and one request may create {CREATE_LIMIT}")


def check_together(items: Sequence[dict[str, Any]]) -> None:
    """Check the size of all items of one create; `check_item` is for each of them. Raises ReliveError 601."""
    if len(items) * ITEM_BYTES <= CREATE_BYTES:
        return
    size = sum(item_bytes(item, where=str(position)) for position, item in enumerate(items))
    if size > CREATE_BYTES:
        raise _refusal("", f"the items have {size:,} bytes together, and one request may create {CREATE_BYTES:,}")


def item_bytes(item: dict[str, Any], *, unique: Collection[str] = (), where: str = "") -> int:
    """The size of an item. Raises ReliveError 601, as `check_item` does, for everything but the size of the whole."""
    try:
        size = _object_bytes(item, 1)
        if "Id" in item:
            _check_id(item["Id"])
        for name in unique:
            _check_unique(name, item.get(name))
    except _Refused as refused:
        names = [where] if where else []
        raise _refusal(".".join([*names, *reversed(refused.names)]), refused.problem) from None
    return size


class _Refused(Exception):
    """`problem` says what is wrong; `names` lead there, from the inside out."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.names: list[str] = []


def _refusal(where: str, problem: str) -> ReliveError:
    return ReliveError(601, f"{Invalid(where, problem)}.")


def _bytes(value: Any, depth: int) -> int:
    """The size of a value inside `depth` objects and arrays, as DynamoDB counts; never less than that."""
    if isinstance(value, str):
        return _text_bytes(value)
    if value is None or isinstance(value, bool):
        return 1
    if isinstance(value, int | float):
        return _number_bytes(value)
    if depth == NESTING:
        raise _Refused(f"there are more than {NESTING} objects and arrays inside each other, the item included")
    return _object_bytes(value, depth + 1) if isinstance(value, dict) else _array_bytes(value, depth + 1)


def _object_bytes(fields: dict[str, Any], depth: int) -> int:
    size = 3 + len(fields)
    for name, value in fields.items():
        size += _name_bytes(name)
        try:
            size += _bytes(value, depth)
        except _Refused as refused:
            refused.names.append(name)
            raise
    return size


def _array_bytes(elements: list[Any], depth: int) -> int:
    size = 3 + len(elements)
    for position, value in enumerate(elements):
        try:
            size += _bytes(value, depth)
        except _Refused as refused:
            refused.names.append(str(position))
            raise
    return size


def _text_bytes(text: str) -> int:
    if text.isascii():
        return len(text)
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise _Refused("the text is not valid Unicode: it has half of a surrogate pair") from None


def _name_bytes(name: str) -> int:
    """Names that a dotted path can reach, and that no update takes for an operator."""
    size = _text_bytes(name)
    if not name:
        raise _Refused("a field has an empty name")
    if size > NAME_BYTES:
        raise _Refused(f"the field name {shown(name)} has {size:,} bytes in UTF-8, and may have {NAME_BYTES}")
    if name[0] == "$":
        raise _Refused(f"the field name {shown(name)} starts with $, as only operators do")
    if "." in name:
        raise _Refused(f"the field name {shown(name)} has a dot, which separates the names in a path")
    return size


def _number_bytes(number: int | float) -> int:
    """A byte for every two significant digits, which may straddle one more, one for the exponent, one for a minus."""
    if number == 0:
        return 1
    magnitude = abs(number)
    if not LEAST_NUMBER <= magnitude < (_FLOAT_BOUND if isinstance(magnitude, float) else NUMBER_BOUND):
        raise _Refused("the number is out of range; other than 0, its magnitude is from 1e-130 to below 1e126")
    digits = len(_significant_digits(magnitude))
    if digits > NUMBER_DIGITS:
        raise _Refused(f"the number has {digits} significant digits, and may have {NUMBER_DIGITS}; send it as a text")
    return digits // 2 + 2 + (number < 0)


def _significant_digits(magnitude: int | float) -> str:
    """Of a float, those of its shortest form, which is how it is stored."""
    return repr(magnitude).partition("e")[0].replace(".", "").strip("0")


def _check_id(value: Any) -> None:
    """An Id is a segment of the item's URL, beside others that start with `_` (`_count`, `_expand`; protocol
    section 3). Clients join segments without encoding them (section 11), so that a slash, `.` and `..` would lead
    elsewhere."""
    problem = None
    if not isinstance(value, str):
        problem = f"must be a text, not {kind(value)}"
    elif not 1 <= (size := _text_bytes(value)) <= ID_BYTES:
        problem = f"must have 1 to {ID_BYTES} bytes in UTF-8, not {size:,}"
    elif value[0] == "_":
        problem = f"{shown(value)} must not start with _, as the fixed parts of paths do"
    elif value in (".", "..") or _UNFIT_IN_ID.search(value):
        problem = f"{shown(value)} cannot be a part of a path; it must have no slash and no control character"
    if problem is not None:
        refused = _Refused(problem)
        refused.names.append("Id")
        raise refused


def _check_unique(name: str, value: Any) -> None:
    size = _bytes(value, 1)
    if size > UNIQUE_BYTES:
        refused = _Refused(f"the field is unique, where a value may have {UNIQUE_BYTES} bytes in UTF-8, not {size:,}")
        refused.names.append(name)
        raise refused
