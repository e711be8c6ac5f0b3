"""What is nearly right: JSON of which a part is missing, or is something else."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

TEXTS = st.text(max_size=8) | st.sampled_from(["", "\0", "\ud800", "\u00e9", "a\r\nb", "_id", "$gt", "1", "x" * 300])

NUMBERS = st.sampled_from([0, -1, 1, 200, 599, 600, 2**31, 2**63, 10**30, 0.5, -0.0, 1e308, float("inf"), float("nan")])

ANY: SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def nearly(right: Mapping[str, Any], **parts: SearchStrategy[Any]) -> SearchStrategy[dict[str, Any]]:
    """The object with the values of `parts` in their places, and up to two keys left out or given something else."""
    keys = sorted({*right, *parts})
    changes = st.dictionaries(st.sampled_from(keys) | TEXTS, ANY, max_size=2)
    without = st.sets(st.sampled_from(keys), max_size=1)
    right_parts = st.fixed_dictionaries(dict(parts))
    return st.builds(
        lambda inside, changed, left_out: {
            key: value for key, value in {**right, **inside, **changed}.items() if key not in left_out
        },
        right_parts,
        changes,
        without,
    )
