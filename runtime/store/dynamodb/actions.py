"""What a request of the table is made of: keys, items as the API has them, conditions and writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

AttributeValue = dict[str, Any]
"""A value as the API has it, with its type: `{"S": "text"}`, `{"N": "1.5"}`, `{"B": b"bytes"}`."""

Item = dict[str, AttributeValue]

PARTITION = "pk"
SORT = "sk"
VERSION = "n"
"""The attribute with the random version of an item; by it, a write that is repeated knows its own item again."""

EXPIRY = "ttl"
"""The attribute by which DynamoDB deletes expired items, some time after that second."""

SORT_KEY_BYTES = 1024
"""Length of a sort key (AWS: "Quotas in Amazon DynamoDB")."""


class Key(NamedTuple):
    partition: str
    sort: bytes

    @classmethod
    def of(cls, item: Item) -> "Key":
        return cls(item[PARTITION]["S"], bytes(item[SORT]["B"]))

    @property
    def item(self) -> Item:
        """The two attributes that make up the key."""
        return {PARTITION: {"S": self.partition}, SORT: {"B": self.sort}}


@dataclass(frozen=True)
class Condition:
    """An expression of the API with what its placeholders stand for: `Condition("#n = :n", {"#n": "n"}, {":n": ...})`.

    Also used as a filter.
    """

    expression: str
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, AttributeValue] = field(default_factory=dict)

    def __and__(self, other: "Condition") -> "Condition":
        """Both of them. A placeholder that both have must stand for the same."""
        expression = f"({self.expression}) AND ({other.expression})"
        return Condition(expression, {**self.names, **other.names}, {**self.values, **other.values})


MISSING = Condition("attribute_not_exists(pk)")
"""No item has the key."""

EXISTS = Condition("attribute_exists(pk)")


@dataclass(frozen=True)
class Put:
    """Write the whole item, over another one or not."""

    item: Item
    condition: Condition | None = None

    @property
    def key(self) -> Key:
        return Key.of(self.item)


@dataclass(frozen=True)
class Update:
    """Change attributes of an item, which comes to be if it is not there: `SET a = :a ADD k :one`."""

    key: Key
    expression: str
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, AttributeValue] = field(default_factory=dict)
    condition: Condition | None = None


@dataclass(frozen=True)
class Delete:
    key: Key
    condition: Condition | None = None


@dataclass(frozen=True)
class Check:
    """Write nothing; the transaction is for nothing if the condition does not hold."""

    key: Key
    condition: Condition


Action = Put | Update | Delete | Check


def successor(sort: bytes) -> bytes | None:
    """The sort key that follows, with none in between; None after the last one that there can be."""
    if len(sort) < SORT_KEY_BYTES:
        return sort + b"\x00"
    shorter = sort.rstrip(b"\xff")
    return shorter[:-1] + bytes([shorter[-1] + 1]) if shorter else None
