"""Which parts of a filter can be looked up."""

from collections.abc import Iterable
from dataclasses import dataclass

from runtime.query.condition import Compares, Condition, Equals, EqualsAny, MatchesPattern
from runtime.query.date_time import canonical_date_time
from runtime.query.expression import And, Expression, Field, HasAll, Or
from runtime.query.ordered_key import after_prefix, encoded_key, text_prefix_range, type_range
from runtime.query.sort import Sort
from runtime.store.entries import TOO_MANY, WHOLE_KEY_BYTES, entry_key, is_cut
from runtime.store.indexes import Index, Indexes
from runtime.store.lookup import AnyKey, Either, Ids, KeyRange, Lookup, size
from runtime.store.prefix import prefix_of

# Whatever a filter holds, no statement is larger than an engine takes, and no plan takes long to make.
MAX_KEYS = 5000
MAX_ALTERNATIVES = 100
MAX_LOOKUPS = 10


@dataclass(frozen=True)
class Found:
    """A lookup that finds all documents that meet the `conjuncts`; if `exact`, no others."""

    lookup: Lookup
    conjuncts: tuple[Expression, ...]
    exact: bool


def conjuncts(expression: Expression) -> list[Expression]:
    """The parts of a filter that must all hold."""
    match expression:
        case And(parts):
            return [inner for part in parts for inner in conjuncts(part)]
        case HasAll(operands=operands):
            some = expression.some(MAX_LOOKUPS)
            return [*some, expression] if len(operands) > len(some) else [*some]
        case _:
            return [expression]


def lookups(parts: Iterable[Expression], indexes: Indexes) -> list[Found]:
    """What can be looked up of parts that must all hold, the most selective kinds first."""
    found = [lookup for part in parts if (lookup := _lookup(part, indexes))]
    return sorted(_merged(found), key=_rank)[:MAX_LOOKUPS]


def _lookup(part: Expression, indexes: Indexes) -> Found | None:
    match part:
        case Or():
            return _either(part, indexes)
        case Field():
            if len(part.path.names) != 1:
                return None
            (name,) = part.path.names
            if name == "Id" and (ids := _ids(part)):
                return ids
            index = indexes.by_field.get(name)
            found = _entries(part, index) if index else None
            return _with_too_many(found, index) if found and index and index.many else found
        case _:
            return None


def _either(part: Or, indexes: Indexes) -> Found | None:
    alternatives: list[Lookup] = []
    exact = True
    for alternative in part.parts:
        all_of_it = conjuncts(alternative)
        found = next(iter(lookups(all_of_it, indexes)), None)
        if found is None:
            return None
        alternatives += found.lookup.parts if isinstance(found.lookup, Either) else [found.lookup]
        exact = exact and found.exact and len(found.conjuncts) == len(all_of_it)
    either = Either(tuple(alternatives))
    too_large = len(alternatives) > MAX_ALTERNATIVES or size(either) > MAX_KEYS
    return None if too_large else Found(either, (part,), exact)


def _ids(part: Field) -> Found | None:
    match part.condition:
        case Equals(operand):
            operands: tuple[object, ...] = (operand,)
        case EqualsAny(operands) if len(operands) <= MAX_KEYS:
            pass
        case _:
            return None
    texts = [operand for operand in operands if isinstance(operand, str)]
    if any(map(canonical_date_time, texts)):  # the same instant may be written in other ways
        return None
    return Found(Ids(tuple(dict.fromkeys(texts))), (part,), exact=True)


def _with_too_many(found: Found, index: Index) -> Found:
    """The same and the documents whose arrays are too long for entries, which have to be looked at."""
    return Found(Either((found.lookup, AnyKey(index, (TOO_MANY,)))), found.conjuncts, exact=False)


def _entries(part: Field, index: Index) -> Found | None:
    match part.condition:
        case Equals(operand):
            return Found(AnyKey(index, (entry_key(operand),)), (part,), exact=True)
        case EqualsAny(operands) if len(operands) <= MAX_KEYS:
            keys = tuple(dict.fromkeys(map(entry_key, operands)))
            return Found(AnyKey(index, keys), (part,), exact=True)
        case Compares() | MatchesPattern():
            return _range(part, part.condition, index)
        case _:
            return None


def _range(part: Field, condition: Condition, index: Index) -> Found | None:
    bounds = _compared(condition) if isinstance(condition, Compares) else _begun(condition)
    if bounds is None:
        return None
    low, high, exact = bounds
    # Only the beginning of a key that was cut is in order.
    if is_cut(low):
        low, exact = low[:WHOLE_KEY_BYTES], False
    if is_cut(high):
        high, exact = after_prefix(high[:WHOLE_KEY_BYTES]), False
    return Found(KeyRange(index, low, high), (part,), exact)


def _compared(condition: Compares) -> tuple[bytes, bytes, bool]:
    key = encoded_key(condition.key)
    lowest, beyond = type_range(condition.key)
    after = key + b"\xff"  # no key begins with another one, so this is less than all that are more
    match condition.direction:
        case "$gt":
            return after, beyond, True
        case "$gte":
            return key, beyond, True
        case "$lt":
            return lowest, key, True
        case "$lte":
            return lowest, after, True


def _begun(condition: Condition) -> tuple[bytes, bytes, bool] | None:
    prefix = prefix_of(condition.pattern) if isinstance(condition, MatchesPattern) else None
    # A text that is a date has another key: that of its instant. All of them begin with a year.
    if prefix is None or all("0" <= character <= "9" for character in prefix.text[:4]):
        return None
    return *text_prefix_range(prefix.text), prefix.is_all


def _merged(found: Iterable[Found]) -> list[Found]:
    """Ranges of one index are one range, where no document has several entries."""
    merged: list[Found] = []
    ranges: dict[str, Found] = {}
    for each in found:
        lookup = each.lookup
        if not isinstance(lookup, KeyRange) or lookup.index.arrays:
            merged.append(each)
        elif (other := ranges.get(lookup.index.field)) and isinstance(other.lookup, KeyRange):
            ranges[lookup.index.field] = Found(
                lookup.narrowed(other.lookup), other.conjuncts + each.conjuncts, other.exact and each.exact
            )
        else:
            ranges[lookup.index.field] = each
    return merged + list(ranges.values())


def _rank(found: Found) -> int:
    match found.lookup:
        case Ids():
            return 0
        case AnyKey(index=index, keys=keys) if len(keys) == 1:
            return 1 if index.unique else 2
        case AnyKey():
            return 3
        case KeyRange():
            return 4
        case _:
            return 5


def index_for(sort: Sort, indexes: Indexes) -> Index | None:
    """The index whose order is that of the sort: each document has one key in it, which is whole."""
    if len(sort.fields) != 1 or len(sort.fields[0].path.names) != 1:
        return None
    index = indexes.by_field.get(sort.fields[0].path.names[0])
    return index if index and not index.arrays and not index.cut else None


def is_one_key(lookup: Lookup, index: Index) -> bool:
    """Whether all documents that it finds are equal in the field of the index."""
    return isinstance(lookup, AnyKey) and len(lookup.keys) == 1 and lookup.index == index
