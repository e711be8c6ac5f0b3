"""Values, paths and filters as hypothesis makes them up for what an engine does by itself: odd ones, most of them."""

from hypothesis import strategies as st

NAMES = st.sampled_from(["a", "b", "é", '"', "\\", "'", "a b", "\ud83d", "\n", "0", "[0]", "#", "\0"])
NUMBERS = st.one_of(
    st.integers(-2, 2),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([2**53, 2**63, 2**64, 10**30]).flatmap(lambda near: st.integers(near - 2, near + 2)),
    st.sampled_from([0.1, 0.1 + 0.2, 0.3, 1.5, 5e-324, 2.2250738585072014e-308, 1e22, 1e23, 1.7976931348623157e308]),
)
TEXTS = st.sampled_from(
    ["", "a", "a\0", "a\0b", "b", "é", "\ud83d", "\ud83dx", "2016-02-03T04:05:06Z", "2016-02-03T05:05:06+01:00"]
)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=2), max_leaves=4
)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(".".join)
CONDITIONS = st.one_of(
    st.builds(
        lambda operator, operand: {operator: operand},
        st.sampled_from(["$eq", "$gt", "$gte", "$lt", "$lte"]),
        VALUES,
    ),
    st.builds(
        lambda operator, operands: {operator: operands}, st.sampled_from(["$in", "$all"]), st.lists(VALUES, max_size=3)
    ),
    st.sampled_from(
        [{"$exists": True}, {"$mod": [2, 0]}, {"$regex": "a"}, {"$size": 1}, {"$type": 2}, {"$not": {"$gt": 0}}]
    ),
    VALUES.map(lambda operand: {"$elemMatch": {"$gte": operand}}),
)
FILTERS = st.recursive(
    st.builds(lambda path, condition: {path: condition}, PATHS, CONDITIONS),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"$or": parts})
        | st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"$and": parts})
    ),
    max_leaves=3,
)
