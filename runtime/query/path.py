"""Dotted paths such as `Address.City` or `Tags.0`, and the values that a filter finds at them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runtime.query.interruption import watched
from runtime.query.invalid import MAX_DEPTH, Invalid
from runtime.query.ordering import MISSING


@dataclass(frozen=True)
class Path:
    """Names from the outside in. Without any it stands for the value itself, and does not look into arrays."""

    names: tuple[str, ...]

    @classmethod
    def parse(cls, text: str, where: str) -> "Path":
        """Read `text`; `where` is its place in the expression. Raises `Invalid` on an empty name or one with `$`,
        and beyond `MAX_DEPTH` names."""
        names = text.split(".")
        if len(names) > MAX_DEPTH:
            raise Invalid(where, f"the path has more than {MAX_DEPTH} names")
        for name in names:
            if not name:
                raise Invalid(where, "the path has an empty name")
            if name.startswith("$"):
                raise Invalid(where, f"no field has the name {name}, and positional operators are not supported")
        if names[0] == "_id":
            names[0] = "Id"
        return cls(tuple(names))

    def __str__(self) -> str:
        return ".".join(self.names)

    def overlaps(self, other: "Path") -> bool:
        """Whether one of them is the other, or inside it."""
        shorter = min(len(self.names), len(other.names))
        return self.names[:shorter] == other.names[:shorter]

    def values(self, document: Any, *, elements: bool) -> Iterator[Any]:
        """Everything a condition on this path is tested against, `MISSING` where there is nothing.

        An array on the way stands for each object in it, and for the element that the next name counts to. With
        `elements`, an array at the end stands for each of its elements and then for itself.
        """
        if not self.names:
            yield document
        else:
            yield from _below(document, self.names, elements)


def array_index(name: str) -> int | None:
    """The place in an array that a name stands for, or None: `0` and `12` do, `012` and `-1` do not."""
    if not name.isascii() or not name.isdigit() or len(name) > 9 or (name[0] == "0" and name != "0"):
        return None
    return int(name)


def _below(value: Any, names: tuple[str, ...], elements: bool) -> Iterator[Any]:
    for position, name in enumerate(names):
        if isinstance(value, list):
            yield from _below_array(value, names[position:], elements)
            return
        if not isinstance(value, dict) or name not in value:
            yield MISSING
            return
        value = value[name]
    if elements and isinstance(value, list):
        yield from watched(value)
    yield value


def _below_array(array: list[Any], names: tuple[str, ...], elements: bool) -> Iterator[Any]:
    index = array_index(names[0])
    for position, element in enumerate(watched(array)):
        if isinstance(element, dict):
            yield from _below(element, names, elements)
        if position != index:
            continue
        if len(names) == 1:
            yield element
        elif isinstance(element, dict | list):
            yield from _below(element, names[1:], elements)
