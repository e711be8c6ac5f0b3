"""Changes to a JSON value that leave it a JSON value."""

import copy
from collections.abc import Sequence
from random import Random
from typing import Any

Place = tuple[Any, Any]
"""A dict or a list, and the key or the index of a value in it."""


def _nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


ODD: Sequence[Any] = (
    None, True, False, 0, -1, 1, 255, 200, 599, 600, 2**31, 2**32, 2**53, 2**63, 2**64, 10**25, 10**400, 0.5, -0.0, 5e-324,
    1e308, float("inf"), float("nan"), "", " ", "0", "null", "undefined", "a\x00b", "\n", "\r\nX-Evil: 1", "\ud800",
    "\u00e9", "\U0001d11e", "\u2028", "\x7f", "%", "%ff", "..", "/", "$", "$where", "_id", "Id", "x" * 300, [], {}, [[]],
    [{}], {"": ""}, {"a": {}}, {"$gt": 1}, [None, 1, "1"], _nested(98), _nested(150), _nested(250),
)  # fmt: skip
"""Values that readers have trouble with, or ought to have."""


def mutate_json(value: Any, random: Random, tokens: Sequence[str] = ()) -> Any:
    """The value with one or two places of it changed."""
    holder = [copy.deepcopy(value)]
    for _ in range(random.randint(1, 2)):
        places = _places(holder)
        outer, key = random.choice(places)
        match random.randrange(8):
            case 0 | 1:
                outer[key] = copy.deepcopy(random.choice(ODD))
            case 2 if tokens:
                outer[key] = random.choice(tokens)
            case 3:
                other, other_key = random.choice(places)
                outer[key] = copy.deepcopy(other[other_key])
            case 4 if len(places) > 1:
                _remove(outer, key, holder)
            case 5:
                _add(outer, key, random, tokens)
            case 6:
                outer[key] = random.choice(([outer[key]], {random.choice((*tokens, "a")): outer[key]}))
            case _:
                outer[key] = _tweaked(outer[key], random, tokens)
    return holder[0]


def _places(holder: list[Any]) -> list[Place]:
    places: list[Place] = []
    level: list[Any] = [holder]
    while level:
        outer = level.pop()
        keys = list(outer) if isinstance(outer, dict) else range(len(outer))
        for key in keys:
            places.append((outer, key))
            if isinstance(outer[key], dict | list):
                level.append(outer[key])
    return places


def _remove(outer: Any, key: Any, holder: list[Any]) -> None:
    if outer is not holder:
        del outer[key]


def _add(outer: Any, key: Any, random: Random, tokens: Sequence[str]) -> None:
    """Double an element, or give a value a second name."""
    twin = copy.deepcopy(outer[key])
    if isinstance(outer, dict):
        outer[random.choice((*tokens, f"{key}2", ""))] = twin
    elif len(outer) > 1:
        outer.insert(key, twin)


def _tweaked(value: Any, random: Random, tokens: Sequence[str]) -> Any:
    match value:
        case bool():
            return not value
        case int() | float():
            return random.choice((-value, value + 1, value * 10, str(value), [value]))
        case str():
            at = random.randint(0, len(value))
            piece = random.choice((*tokens, "\x00", "\ud800", "\u00e9", "%", '"', "\\", "\n", "1", "."))
            return random.choice((value[:at], value[:at] + piece + value[at:], value * 2, value.swapcase()))
        case dict() if value:
            key = random.choice(list(value))
            return {
                **{name: inner for name, inner in value.items() if name != key},
                random.choice((*tokens, "")): value[key],
            }
        case list():
            return [*value, *value]
    return copy.deepcopy(random.choice(ODD))
