"""MongoDB's comparison order between any two values, across types (MongoDB manual, "Comparison/Sort Order")."""

from typing import Any, Final

from runtime.query.date_time import canonical_date_time
from runtime.query.interruption import watched

# A type's place in the order. Values of different types are never equal, and `$gt` never matches across types.
UNDEFINED: Final = 0
NULL: Final = 1
NUMBER: Final = 2
TEXT: Final = 3
OBJECT: Final = 4
ARRAY: Final = 5
BOOLEAN: Final = 6
DATE: Final = 7

# (place of the type, what orders values within it). Hashable; two keys always compare.
OrderKey = tuple[int, Any]


class Missing:
    """Stands where a document has no value."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


def order_key(value: Any) -> OrderKey:
    """A key that sorts and equals as MongoDB compares values. What is missing counts as null.

    Objects compare without regard to the order of their fields: JSON gives it no meaning, and not every store keeps it.
    """
    if value is None or value is MISSING:
        return NULL, 0
    if isinstance(value, bool):
        return BOOLEAN, value
    if isinstance(value, str):
        date = canonical_date_time(value)
        return (TEXT, value) if date is None else (DATE, date)
    if isinstance(value, int | float):
        return NUMBER, value
    if isinstance(value, list):
        return ARRAY, tuple(order_key(element) for element in watched(value))
    # As MongoDB compares field by field: first the types, then the names, then the values.
    fields = ((name, order_key(value[name])) for name in watched(sorted(value)))
    return OBJECT, tuple((key[0], name, key[1]) for name, key in fields)


def equal(left: Any, right: Any) -> bool:
    """Whether MongoDB takes two values for the same: 1 equals 1.0, but not true."""
    return order_key(left) == order_key(right)
