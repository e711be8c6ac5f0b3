"""Documents, filters, updates, sorts and projections as hypothesis makes them up: few names and values, so that they meet."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

SCALARS = st.sampled_from([None, True, False, 0, 1, 2, -1, 1.5, "", "a", "ab", "b"])
NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.sampled_from(["a", "a", "b", "a.b", "a.c", "b.a", "a.b.c", "a.0", "a.1.b", "a.0.b"])


def _inside(values: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.lists(values, max_size=3) | st.dictionaries(NAMES, values, max_size=2)


VALUES = st.recursive(SCALARS, _inside, max_leaves=5)
# Half of the values are arrays of scalars, where most of the rules are.
DOCUMENTS: SearchStrategy[dict[str, Any]] = st.dictionaries(
    NAMES, VALUES | st.lists(SCALARS, min_size=1, max_size=4), max_size=3
)


def _one(operator: str, operands: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return operands.map(lambda operand: {operator: operand})


_PATTERNS = st.fixed_dictionaries(
    {"$regex": st.sampled_from(["a", "^b", "b$", "^$", "a|b", "A"]), "$options": st.sampled_from(["", "i"])}
)
_LEAF_OPERATORS = st.one_of(
    *(_one(operator, VALUES) for operator in ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte")),
    *(_one(operator, st.lists(VALUES, max_size=3)) for operator in ("$in", "$nin", "$all")),
    _one("$size", st.integers(0, 2)),
    _one("$exists", st.booleans()),
    _one("$type", st.sampled_from(["string", "object", "array", "bool", "null", 2, 3, 4, 8, 10])),
    _one("$mod", st.tuples(st.sampled_from([2, 3]), st.sampled_from([0, 1])).map(list)),
    _PATTERNS,
)
_OPERATORS = st.recursive(_LEAF_OPERATORS, lambda inner: _one("$not", inner) | _one("$elemMatch", inner), max_leaves=2)
_CLAUSES = st.dictionaries(PATHS, VALUES | _OPERATORS, min_size=1, max_size=2)
FILTERS: SearchStrategy[dict[str, Any]] = st.recursive(
    _CLAUSES,
    lambda inner: (
        st.one_of(*(_one(operator, st.lists(inner, min_size=1, max_size=2)) for operator in ("$and", "$or", "$nor")))
        | st.builds(lambda path, query: {path: {"$elemMatch": query}}, PATHS, inner)
    ),
    max_leaves=3,
)

_NUMBERS = st.sampled_from([0, 1, -2, 0.5])
_MODIFIERS = st.fixed_dictionaries(
    {"$each": st.lists(VALUES, max_size=3)},
    optional={
        "$position": st.integers(-3, 3),
        "$slice": st.integers(-3, 3),
        "$sort": st.sampled_from([1, -1, {"a": 1}, {"b": -1, "a": 1}]),
    },
)
UPDATES: SearchStrategy[dict[str, Any]] = st.one_of(
    *(
        st.builds(lambda path, operand, operator=operator: {operator: {path: operand}}, PATHS, operands)
        for operator, operands in {
            "$set": VALUES,
            "$unset": st.just(""),
            "$inc": _NUMBERS,
            "$mul": _NUMBERS,
            "$min": SCALARS,
            "$max": SCALARS,
            "$push": VALUES | _MODIFIERS,
            "$addToSet": VALUES | _one("$each", st.lists(VALUES, max_size=3)),
            "$pop": st.sampled_from([1, -1]),
            "$pull": VALUES | _LEAF_OPERATORS | _CLAUSES,
            "$pullAll": st.lists(VALUES, max_size=3),
            "$rename": st.sampled_from(["c", "d", "d.e"]),
        }.items()
    )
)

SORTS = st.dictionaries(st.sampled_from(["a", "b", "o.b"]), st.sampled_from([1, -1]), min_size=1, max_size=2)
PROJECTIONS: SearchStrategy[dict[str, Any]] = st.sampled_from([0, 1]).flatmap(
    lambda mode: st.dictionaries(
        st.sampled_from(["a", "b", "c.a", "c.b"]),
        st.just(mode) | _one("$slice", st.integers(-2, 2) | st.sampled_from([[0, 1], [-2, 1], [1, 5]])),
        min_size=1,
        max_size=2,
    )
)

# Not in here, for both others sort otherwise: arrays with more than one element, of which they do not take the least or the
# greatest, or of anything but numbers; arrays inside objects; and objects, whose fields we compare in the order of their names.
_SORTED = SCALARS | st.lists(st.sampled_from([0, 1, 2, -1, 1.5]), max_size=1)
SORTED_DOCUMENTS: SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.fixed_dictionaries({}, optional={"a": _SORTED, "b": _SORTED})
    | st.builds(lambda inner: {"o": {"b": inner}}, SCALARS),
    min_size=1,
    max_size=5,
)
