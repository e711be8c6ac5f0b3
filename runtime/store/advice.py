"""Which fields to declare, so that a query that looks at every document has an index to go by."""

import re
from collections.abc import Iterable, Iterator

from runtime.query.condition import Condition, Equals, EqualsAny
from runtime.query.expression import Expression, Field, Or
from runtime.query.sort import Sort
from runtime.store.indexes import Index, Indexes
from runtime.store.lookups import MAX_ALTERNATIVES, conjuncts, index_for, lookups

NEVER_DECLARED = frozenset({"Id", "CreatedAt", "ModifiedAt", "CreatedBy", "ModifiedBy", "Owner", "Meta", "_ACL"})
"""Every item has these, and an app cannot declare them."""

DECLARABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
"""An item may have fields of any name; one that is declared has such a one."""


def advice(parts: list[Expression], sort: Sort, indexes: Indexes) -> str:
    """What to do about a query that has to look at every document: one sentence.

    `parts` are those of its filter that must all hold. A field is only named if an index of it would be gone by.
    """
    undeclared = dict.fromkeys(name for name in _names(parts, sort) if name not in indexes.by_field)
    fields = list(filter(can_be_declared, undeclared))[:MAX_ALTERNATIVES]
    alone = [name for name in fields if _helps([name], parts, sort, indexes)]
    if alone:
        return f"Declare {' or '.join(alone)} in relive.yaml to have an index."
    if not _helps(fields, parts, sort, indexes):
        return "Declaring a field would not spare it that."
    for name in list(fields):
        others = [other for other in fields if other != name]
        if _helps(others, parts, sort, indexes):
            fields = others
    return f"Declare {' and '.join(fields)} in relive.yaml, so that each has an index."


def can_be_declared(name: str) -> bool:
    return name not in NEVER_DECLARED and DECLARABLE.fullmatch(name) is not None


def _names(parts: Iterable[Expression], sort: Sort) -> Iterator[str]:
    """Fields that are asked for as a whole."""
    for part in parts:
        match part:
            case Field(path, condition) if len(path.names) == 1 and not _is_of_objects(condition):
                yield path.names[0]
            case Or(alternatives):
                for alternative in alternatives:
                    yield from _names(conjuncts(alternative), Sort(()))
    yield from (field.path.names[0] for field in sort.fields if len(field.path.names) == 1)


def _is_of_objects(condition: Condition) -> bool:
    """Whether it looks for an object: a field that is declared to hold objects has no index."""
    match condition:
        case Equals(operand):
            return isinstance(operand, dict)
        case EqualsAny(operands):
            return any(isinstance(operand, dict) for operand in operands)
        case _:
            return False


def _helps(names: Iterable[str], parts: list[Expression], sort: Sort, indexes: Indexes) -> bool:
    """Whether the query would go by an index if these fields had one, too."""
    more = indexes.having(*(Index(name, -number) for number, name in enumerate(names, 1)))
    # Along the index of a sort, a filter that has none would still look at one document after the other.
    return bool(lookups(parts, more) if parts else index_for(sort, more))
