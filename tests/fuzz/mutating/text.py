"""Changes to texts of lines, in some of which there is JSON."""

import json
import re
from collections.abc import Sequence
from functools import partial
from random import Random
from typing import Any

from tests.fuzz.mutating.json_tree import mutate_json
from tests.fuzz.mutating.raw import mutate_bytes
from tests.fuzz.target import Mutate

_DECODER = json.JSONDecoder()
_START_OF_JSON = re.compile(r"[\[{]")

NESTING = (99, 100, 101, 199, 200, 201, 1200, 1900)
"""Around the limits that readers have, and beyond what Python's own takes."""

RAW = ("NaN", "-Infinity", "1e400", "-0", "1" * 4301, "01", "'a'", '"\\ud800"', "{}{}", "//", "tru")
"""What looks like a value of JSON, and is none to some readers."""


def text_mutator(tokens: Sequence[str] = ()) -> Mutate:
    """Changes JSON as JSON where there is some, moves lines about, and changes bytes now and then."""
    return partial(_mutate, tokens=tokens)


def _mutate(data: bytes, random: Random, *, tokens: Sequence[str]) -> bytes:
    if random.random() < 0.15:
        return mutate_bytes(data, random, tokens)
    lines = data.decode("utf-8", "replace").split("\n")
    if random.random() < 0.15:
        _change_lines(lines, random)
    else:
        _change_json(lines, random, tokens)
    return "\n".join(lines).encode("utf-8", "replace")


def _change_lines(lines: list[str], random: Random) -> None:
    at, other = random.randrange(len(lines)), random.randrange(len(lines))
    match random.randrange(4):
        case 0:
            lines.insert(other, lines[at])
        case 1 if len(lines) > 1:
            del lines[at]
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case _:
            lines[at] += lines[other]


def _change_json(lines: list[str], random: Random, tokens: Sequence[str]) -> None:
    with_json = [number for number, line in enumerate(lines) if _START_OF_JSON.search(line)]
    at = random.choice(with_json or range(len(lines)))
    try:
        lines[at] = _with_other_json(lines[at], random, tokens)
    except (ValueError, RecursionError):  # there is none, or it is too deep to be looked through
        lines[at] = mutate_bytes(lines[at].encode("utf-8", "replace"), random, tokens).decode("utf-8", "replace")


def _with_other_json(line: str, random: Random, tokens: Sequence[str]) -> str:
    found = _START_OF_JSON.search(line)
    if found is None:
        raise ValueError(line)
    value, end = _DECODER.raw_decode(line, found.start())
    return line[: found.start()] + _mutated(value, random, tokens) + line[end:]


def _mutated(value: Any, random: Random, tokens: Sequence[str]) -> str:
    text = written(mutate_json(value, random, tokens))
    if random.random() > 0.1:
        return text
    depth = random.choice(NESTING)
    raw = random.choice((*RAW, "[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth, "[" * depth))
    old = written(random.choice(_parts(value)))
    return text.replace(old, raw, 1) if old in text else raw


def _parts(value: Any) -> list[Any]:
    """The value, and those right inside it."""
    inner = value.values() if isinstance(value, dict) else value
    return [value, *inner]


def written(value: Any) -> str:
    """The value as JSON on one line; numbers that JSON does not have as Python writes them."""
    try:
        return json.dumps(value)
    except (RecursionError, ValueError):
        return "[]"
