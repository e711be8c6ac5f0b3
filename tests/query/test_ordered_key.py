"""Keys as bytes sort and equal as the keys that they are made from."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.query.ordered_key import encoded, encoded_sort_key, type_range
from runtime.query.ordering import MISSING, order_key
from runtime.query.sort import Sort
from tests.query.generated import DOCUMENTS, SORTS

_DATES = st.sampled_from(
    ["2016-02-03T04:05:06.789Z", "2016-02-03T05:05:06.789+01:00", "2016-02-03T04:05:06Z", "2016-02-03T04:05:06", "9"]
)
_NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([2**53, 2**63, 2**64, 2**1024]).flatmap(
        lambda near: st.integers(near - 3, near + 3) | st.integers(-near - 3, -near + 3)
    ),
    st.integers(),
    st.floats(allow_nan=False),
    st.integers(0, 1023).map(lambda exponent: float(2**exponent)),
)
_TEXTS = st.text(st.sampled_from("\0\1\2aé\ud83d\uffff\U0001f642"), max_size=4) | st.text(max_size=4) | _DATES
_SCALARS = st.none() | st.booleans() | _NUMBERS | _TEXTS
VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3), max_leaves=6
)


def order(left: Any, right: Any) -> int:
    return (left > right) - (left < right)


@given(VALUES, VALUES)
def test_keys_order_as_values_do(left: Any, right: Any) -> None:
    assert order(encoded(left), encoded(right)) == order(order_key(left), order_key(right))


@given(VALUES, VALUES)
def test_no_key_is_the_beginning_of_another(left: Any, right: Any) -> None:
    if order_key(left) != order_key(right):
        assert not encoded(left).startswith(encoded(right))


@given(VALUES, VALUES)
def test_a_type_has_a_range_of_its_own(left: Any, right: Any) -> None:
    lowest, beyond = type_range(order_key(left))
    assert (lowest <= encoded(right) < beyond) == (order_key(left)[0] == order_key(right)[0])


_ASCENDING: list[Any] = [
    None,
    -math.inf,
    -(2**1024) - 1,
    -(2**1024),
    -(2**53) - 1,
    -(2**53),
    -1.5,
    -1,
    -5e-324,
    0,
    5e-324,
    0.1 + 0.2 - 1e-16,
    1,
    2**53 - 1,
    2**53,
    2**53 + 1,
    2**53 + 2,
    2**63,
    1e300,
    int(1e300) + 1,
    2**1024,
    2**1024 + 1,
    math.inf,
    "",
    "\0",
    "\0\0",
    "\1",
    "a",
    "a\0",
    "a\1",
    "aa",
    "\ud7ff",
    "\ud800",
    "\uffff",
    "\U0001f642",
    {},
    {"a": None},
    {"a": 1},
    {"a": 1, "b": 1},
    {"a": 2},
    {"b": 1},
    {"a": "x"},
    [],
    [None],
    [1],
    [1, 1],
    [2],
    [[]],
    False,
    True,
    "0001-01-01T00:00:00Z",
    "2016-02-03T04:05:06.789Z",
    "9999-12-31T23:59:59.999Z",
]


def test_values_in_their_order() -> None:
    assert sorted(_ASCENDING, key=order_key) == _ASCENDING
    assert sorted(_ASCENDING, key=encoded) == _ASCENDING
    assert len({encoded(value) for value in _ASCENDING}) == len(_ASCENDING)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (None, MISSING, True),
        (0.0, -0.0, True),
        (1, 1.0, True),
        (2**60, float(2**60), True),
        (True, 1, False),
        ("2016-02-03T04:05:06.7Z", "2016-02-03T05:05:06.700+01:00", True),
        ({"a": 1, "b": 2}, {"b": 2.0, "a": 1.0}, True),
        ([1, [2]], [1.0, [2.0]], True),
        ("1", 1, False),
    ],
)
def test_what_is_the_same(left: Any, right: Any, same: bool) -> None:
    assert (encoded(left) == encoded(right)) == same


@given(DOCUMENTS, DOCUMENTS, SORTS)
def test_sort_keys_order_as_the_sort_does(left: dict[str, Any], right: dict[str, Any], sorted_by: Any) -> None:
    sort = Sort.parse(sorted_by)
    keys = encoded_sort_key(sort, left), encoded_sort_key(sort, right)
    assert order(*keys) == order(sort.key(left), sort.key(right))
