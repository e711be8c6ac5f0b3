"""JSON as clients send it, read strictly: what comes through can be written again as JSON, anywhere."""

import json
import math
from typing import Any

NESTING = 100
"""How deep arrays and objects may be nested. The limit of MongoDB, and far below what a recursive reader can take."""


class JsonTextError(ValueError):
    """The text is not JSON that we take; the message is a sentence for whoever sent it."""


def parse_json(text: str) -> Any:
    """The value that the text says. Of a repeated key, the last value counts. Raises JsonTextError.

    Refuses what Python's reader would let through: NaN and Infinity, numbers too large for a double, whole numbers of
    more than 4,300 digits, and nesting deeper than `NESTING`.
    """
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise JsonTextError(f"Line {error.lineno}, column {error.colno}: {_lower_first(error.msg)}.") from None
    except RecursionError:
        raise _too_deep() from None
    except JsonTextError:
        raise
    except ValueError:  # from int()
        raise JsonTextError("A number has too many digits.") from None
    if text.count("[") + text.count("{") > NESTING:
        _check_nesting(value)
    return value


def _check_nesting(value: Any) -> None:
    level = [value]
    for _ in range(NESTING):
        level = [child for parent in level for child in _children(parent) if isinstance(child, (dict, list))]
        if not level:
            return
    raise _too_deep()


def _children(parent: Any) -> Any:
    return parent.values() if isinstance(parent, dict) else parent if isinstance(parent, list) else ()


def _no_constant(name: str) -> Any:
    raise JsonTextError(f"{name} is not a JSON value.")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise JsonTextError("A number is too large.")
    return number


def _too_deep() -> JsonTextError:
    return JsonTextError(f"Arrays and objects are nested deeper than {NESTING} levels.")


def _lower_first(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
