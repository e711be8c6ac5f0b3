"""Any JSON comes back exactly from DynamoDB's own values, which forget the order of fields and 1.0."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.store.dynamodb.items import JSON, SHAPE, VALUE, Stored, document_item, stored
from runtime.store.dynamodb.keys import Keys, sort_key_of
from runtime.store.dynamodb.native import NotNativeError, json_value, native, number
from runtime.store.port import TooLargeError
from tests.store.generated import VALUES

KEYS = Keys("app", "Type")
DOCUMENTS = st.dictionaries(st.text(max_size=4), VALUES, max_size=5)


def kept(value: dict[str, Any]) -> dict[str, Any]:
    return document_item(Stored(value, 1, KEYS.document(sort_key_of("1")), b"\0" * 14))


def shuffled(encoded: Any, order: random.Random) -> Any:
    """The same with the fields of all maps in another order: DynamoDB promises none."""
    ((kind, content),) = encoded.items()
    if kind == "M":
        names = list(content)
        order.shuffle(names)
        return {"M": {name: shuffled(content[name], order) for name in names}}
    return {"L": [shuffled(element, order) for element in content]} if kind == "L" else encoded


@settings(deadline=None, max_examples=150)
@given(value=DOCUMENTS, seed=st.integers())
def test_any_json_comes_back_exactly(value: dict[str, Any], seed: int) -> None:
    item = kept(value)
    if VALUE in item:
        item[VALUE] = shuffled(item[VALUE], random.Random(seed))
    assert repr(stored(item).value) == repr(value)


@given(
    value=st.one_of(
        st.integers(), st.floats(), st.integers(0, 140).flatmap(lambda e: st.integers(-9, 9).map(lambda n: n * 10**e))
    )
)
def test_a_number_is_the_same_or_none(value: float) -> None:
    text = number(value)
    if text is not None:
        assert len(text.partition("e")[0].strip("-0").replace(".", "")) <= 38
        assert json_value({"N": text}) == value


NATIVE = [
    ("text", {"a": "Grüße 🙂\0"}),
    ("nothing", {}),
    ("zeros", {"a": 0, "b": 0.0}),
    ("38 digits", {"a": 12345678901234567890123456789012345678}),
    ("large and round", {"a": 10**125, "b": 1e22}),
    ("1 and 1.0", {"z": 1.0, "a": [1, 2.0, 3], "m": {"b": 5.0, "a": 5}}),
    ("small", {"a": 1e-130}),
    ("many fields", {f"f{n * 7 % 200}": n for n in range(200)}),
]


@pytest.mark.parametrize("value", [case[1] for case in NATIVE], ids=[case[0] for case in NATIVE])
def test_what_is_native(value: dict[str, Any]) -> None:
    assert VALUE in kept(value)
    assert repr(stored(kept(value)).value) == repr(value)


def deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


OTHERS = [
    ("39 digits", {"a": 123456789012345678901234567890123456789}),
    ("too large", {"a": 10**126}),
    ("too small", {"a": 9e-131}),
    ("a double that is too large", {"a": 1e308}),
    ("minus zero", {"a": -0.0}),
    ("half of a surrogate pair", {"a": "\ud83d"}),
    ("the same in a name", {"\ud83d": 1}),
    ("an empty name", {"a": {"": 1}}),
    ("deep", deep(32)),
]


@pytest.mark.parametrize("value", [case[1] for case in OTHERS], ids=[case[0] for case in OTHERS])
def test_what_is_kept_as_text(value: dict[str, Any]) -> None:
    item = kept(value)
    assert VALUE not in item
    assert json.loads(item[JSON]["S"]) == value
    assert repr(stored(item).value) == repr(value)
    with pytest.raises(NotNativeError):
        native(value)


def test_the_shape_is_small() -> None:
    assert SHAPE not in kept({"A": 1, "B": "x", "C": [1, {"a": 1, "b": 2}]})
    assert len(kept({"Title": "x", "Author": "y", "Likes": 1.0, "Id": "1"})[SHAPE]["B"]) == 6


def test_a_shape_that_would_be_large_leaves_out_the_order_of_fields() -> None:
    value = {f"f{n}": n for n in range(3000, 0, -1)}
    item = kept(value)
    assert SHAPE not in item
    assert stored(item).value == value


def test_an_item_that_is_too_large_names_its_size() -> None:
    with pytest.raises(TooLargeError, match="409,600") as error:
        kept({"a": "x" * 409_600})
    assert error.value.size is not None
    assert error.value.size > 409_600
