"""Pieces of SQL with the values that belong into them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sql:
    """`text` has a `?` for each of the `parameters`; no value of a caller ever stands in it."""

    text: str
    parameters: tuple[Any, ...] = ()

    def __add__(self, other: "Sql | str") -> "Sql":
        if isinstance(other, str):
            return Sql(self.text + other, self.parameters)
        return Sql(self.text + other.text, self.parameters + other.parameters)

    def within(self, before: str, after: str) -> "Sql":
        return Sql(f"{before}{self.text}{after}", self.parameters)


def joined(separator: str, parts: Iterable[Sql]) -> Sql:
    parts = tuple(parts)
    return Sql(separator.join(part.text for part in parts), tuple(value for part in parts for value in part.parameters))


def listed(values: tuple[Any, ...]) -> Sql:
    """`(?, ?)`, which may stand behind IN."""
    return Sql(f"({', '.join('?' * len(values))})", values)
