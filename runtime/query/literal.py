"""Values that an expression carries, to compare with or to store; and the numbers that JSON knows."""

import math
import sys
from typing import Any

from runtime.query.interruption import watched
from runtime.query.invalid import Invalid, inside


def is_number(value: Any) -> bool:
    """Whether `value` is a number, no boolean, and no larger than a double can be."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < sys.float_info.max_exp


def is_whole(value: Any) -> bool:
    """Whether `value` is a number without a fraction: 2 and 2.0 are."""
    return is_number(value) and (isinstance(value, int) or value.is_integer())


def literal(value: Any, where: str, advice: str) -> Any:
    """`value`, once it holds no operator and no number beyond a double's; else raises `Invalid` with `advice`."""
    if isinstance(value, int | float) and not isinstance(value, bool) and not is_number(value):
        raise Invalid(where, "the number is too large")
    if isinstance(value, list):
        for index, inner in enumerate(watched(value)):
            literal(inner, inside(where, index), advice)
    if isinstance(value, dict):
        for name, inner in watched(value.items()):
            if name.startswith("$"):
                raise Invalid(inside(where, name), f"no operator may stand here; {advice}")
            literal(inner, inside(where, name), advice)
    return value
