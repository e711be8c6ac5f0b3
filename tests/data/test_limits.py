"""What an item may hold at most, on every storage engine: 601 with the place and the problem."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.data.limits import (
    CREATE_BYTES,
    CREATE_LIMIT,
    ITEM_BYTES,
    NESTING,
    check_count,
    check_item,
    check_together,
    item_bytes,
)
from runtime.errors import ReliveError


def objects(count: int) -> dict[str, Any]:
    """An item with `count` objects inside each other, itself included."""
    item: dict[str, Any] = {"a": 1}
    for _ in range(count - 1):
        item = {"a": item}
    return item


def arrays(count: int) -> dict[str, Any]:
    value: Any = 1
    for _ in range(count - 1):
        value = [value]
    return {"a": value}


TAKEN: list[tuple[str, dict[str, Any]]] = [
    ("nothing", {}),
    ("no Id", {"Title": "Dune"}),
    ("every kind of value", {"a": None, "b": True, "c": 1, "d": 1.5, "e": "x", "f": [1, ["y"]], "g": {"h": {}}}),
    ("32 objects inside each other", objects(NESTING)),
    ("32 arrays inside each other", arrays(NESTING)),
    ("as large as an item may be", {"a": "x" * (ITEM_BYTES - 5)}),
    ("38 digits", {"a": int("9" * 38)}),
    ("38 digits and zeros behind", {"a": int("9" * 38 + "0" * 88)}),
    ("a negative number of 38 digits", {"a": -int("9" * 38)}),
    ("the least number", {"a": 1e-130}),
    ("the largest float", {"a": 9.9e125}),
    ("0.0", {"a": [0, 0.0, -0.0]}),
    ("a float with 17 digits", {"a": 0.1 + 0.2}),
    ("a name of 255 bytes", {"ü" * 127 + "x": 1}),
    ("a name with $ inside", {"a$": 1}),
    ("a name with blanks and quotes", {"my 'own' \"field\"": 1}),
    ("_id inside", {"a": {"_id": 1}}),
    ("an emoji", {"a": "\U0001f600"}),
    ("a control character in a text", {"a": "\x00\n"}),
    ("an Id that is no GUID", {"Id": "x"}),
    ("an Id of 255 bytes", {"Id": "ü" * 127 + "x"}),
    ("an Id with odd characters", {"Id": "a b%?#ü+&.\\_"}),
    ("an Id inside", {"a": {"Id": 5}}),
]


@pytest.mark.parametrize(("name", "item"), TAKEN, ids=[case[0] for case in TAKEN])
def test_taken(name: str, item: dict[str, Any]) -> None:
    check_item(item)


SURROGATE = "the text is not valid Unicode: it has half of a surrogate pair."
RANGE = "the number is out of range; other than 0, its magnitude is from 1e-130 to below 1e126."
ID_IN_PATH = "cannot be a part of a path; it must have no slash and no control character."

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("33 objects", objects(33), f"{'.'.join('a' * 32)}: there are more than 32 objects and arrays inside each other, the item included."),
    ("100 objects", objects(100), f"{'.'.join('a' * 32)}: there are more than 32 objects and arrays inside each other, the item included."),
    ("33 arrays", arrays(33), f"a{'.0' * 31}: there are more than 32 objects and arrays inside each other, the item included."),
    ("too large", {"a": "x" * 9, "b": "ü" * 202_750}, "The item has 405,516 bytes, and may have 405,504; its largest field is b."),
    ("39 digits", {"a": [{"b": int("9" * 39)}]}, "a.0.b: the number has 39 significant digits, and may have 38; send it as a text."),
    ("39 digits, negative", {"a": -int("9" * 39)}, "a: the number has 39 significant digits, and may have 38; send it as a text."),
    ("1e126", {"a": 1e126}, f"a: {RANGE}"),
    ("10**126", {"a": 10**126}, f"a: {RANGE}"),
    ("-10**126", {"a": -(10**126)}, f"a: {RANGE}"),
    ("10**5000", {"a": 10**5000}, f"a: {RANGE}"),
    ("too little", {"a": 9.9e-131}, f"a: {RANGE}"),
    ("no number", {"a": float("nan")}, f"a: {RANGE}"),
    ("infinite", {"a": float("-inf")}, f"a: {RANGE}"),
    ("no name", {"": 1}, "A field has an empty name."),
    ("no name inside", {"a": [{"": 1}]}, "a.0: a field has an empty name."),
    ("$", {"$set": 1}, 'The field name "$set" starts with $, as only operators do.'),
    ("$ inside", {"a": {"$b": 1}}, 'a: the field name "$b" starts with $, as only operators do.'),
    ("dot", {"a": {"b.c": 1}}, 'a: the field name "b.c" has a dot, which separates the names in a path.'),
    ("256 bytes of name", {"a": {"ü" * 128: 1}}, f'a: the field name "{"ü" * 76}... has 256 bytes in UTF-8, and may have 255.'),
    ("half a character", {"a": {"b": "x\ud83d"}}, f"a.b: {SURROGATE}"),
    ("half a character in a name", {"a": {"\udc00": 1}}, f"a: {SURROGATE}"),
    ("half a character in the Id", {"Id": "\ud83d"}, f"Id: {SURROGATE}"),
    ("Id is a number", {"Id": 5}, "Id: must be a text, not a number."),
    ("Id is null", {"Id": None}, "Id: must be a text, not null."),
    ("Id is empty", {"Id": ""}, "Id: must have 1 to 255 bytes in UTF-8, not 0."),
    ("Id is long", {"Id": "ü" * 128}, "Id: must have 1 to 255 bytes in UTF-8, not 256."),
    ("Id with _", {"Id": "_count"}, 'Id: "_count" must not start with _, as the fixed parts of paths do.'),
    ("Id with /", {"Id": "a/b"}, f'Id: "a/b" {ID_IN_PATH}'),
    ("Id is .", {"Id": "."}, f'Id: "." {ID_IN_PATH}'),
    ("Id is ..", {"Id": ".."}, f'Id: ".." {ID_IN_PATH}'),
    ("Id with another control character", {"Id": "a\x85"}, f'Id: "a\x85" {ID_IN_PATH}'),
    ("Id with a line end", {"Id": "a\n"}, f'Id: "a\\n" {ID_IN_PATH}'),
]  # fmt: skip


@pytest.mark.parametrize(("name", "item", "message"), REFUSED, ids=[case[0] for case in REFUSED])
def test_refused(name: str, item: dict[str, Any], message: str) -> None:
    with pytest.raises(ReliveError) as caught:
        check_item(item)
    assert (caught.value.code, caught.value.message) == (601, f"Invalid request. {message}")


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"a": 1e126}, f"Book.a: {RANGE}"),
        ({"": 1}, "Book: a field has an empty name."),
        ({"a": "x" * ITEM_BYTES}, "Book: the item has 405,509 bytes, and may have 405,504; its largest field is a."),
    ],
    ids=["field", "item", "size"],
)
def test_the_place_of_the_item_is_told(item: dict[str, Any], message: str) -> None:
    with pytest.raises(ReliveError) as caught:
        check_item(item, where="Book")
    assert caught.value.message == f"Invalid request. {message}"


UNIQUE: list[tuple[str, Any, int | None]] = [
    ("missing", None, None),
    ("number", 5, None),
    ("900 bytes", "ü" * 450, None),
    ("901 bytes", "ü" * 450 + "x", 901),
    ("an array from before it was unique", ["x" * 900], 904),
]


@pytest.mark.parametrize(("name", "value", "size"), UNIQUE, ids=[case[0] for case in UNIQUE])
def test_values_of_unique_fields(name: str, value: Any, size: int | None) -> None:
    check_item({"Code": value})
    if size is None:
        check_item({"Code": value}, unique=("Code", "Other"))
        return
    with pytest.raises(ReliveError) as caught:
        check_item({"Code": value}, unique=("Code", "Other"))
    told = f"Code: the field is unique, where a value may have 900 bytes in UTF-8, not {size}."
    assert caught.value.message == f"Invalid request. {told}"


def of_size(size: int) -> dict[str, Any]:
    return {"a": "x" * (size - 5)}


CREATES: list[tuple[str, list[dict[str, Any]], str | None]] = [
    ("none", [], None),
    ("a hundred", [{"a": 1}] * CREATE_LIMIT, None),
    ("a hundred and one", [{"a": 1}] * 101, "There are 101 items, and one request may create 100."),
    ("as large as possible together", [of_size(CREATE_BYTES // 16)] * 16, None),
    ("too large together", [of_size(CREATE_BYTES // 16)] * 15 + [of_size(CREATE_BYTES // 16 + 1)], "The items have 3,784,705 bytes together, and one request may create 3,784,704."),
    ("one that cannot be stored among many", [{"a": 1}] * 30 + [{"a": {"": 1}}], "30.a: a field has an empty name."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "items", "message"), CREATES, ids=[case[0] for case in CREATES])
def test_creates(name: str, items: list[dict[str, Any]], message: str | None) -> None:
    def check() -> None:
        check_count(items)
        check_together(items)

    if message is None:
        check()
        return
    with pytest.raises(ReliveError) as caught:
        check()
    assert (caught.value.code, caught.value.message) == (601, f"Invalid request. {message}")


def test_nothing_is_too_large_for_a_create_that_is_small_enough_to_be_let_through_unmeasured() -> None:
    unmeasured = CREATE_BYTES // ITEM_BYTES
    assert sum(item_bytes(of_size(ITEM_BYTES)) for _ in range(unmeasured)) <= CREATE_BYTES


SIZES: list[tuple[str, dict[str, Any], int]] = [
    ("nothing", {}, 3),
    ("null", {"a": None}, 3 + 1 + 1 + 1),
    ("boolean", {"a": False}, 3 + 1 + 1 + 1),
    ("text in UTF-8", {"aü": "€"}, 3 + 1 + 3 + 3),
    ("0", {"a": 0.0}, 3 + 1 + 1 + 1),
    ("five digits", {"a": 12345}, 3 + 1 + 1 + 4),
    ("zeros do not count", {"a": 0.0012345}, 3 + 1 + 1 + 4),
    ("zeros before the exponent do not count", {"a": 12.345e20}, 3 + 1 + 1 + 4),
    ("minus", {"a": -12345}, 3 + 1 + 1 + 5),
    ("array", {"a": ["x", "y"]}, 3 + 1 + 1 + 3 + 2 + 2),
    ("object", {"a": {"b": "x"}}, 3 + 1 + 1 + 3 + 1 + 1 + 1),
]


@pytest.mark.parametrize(("name", "item", "size"), SIZES, ids=[case[0] for case in SIZES])
def test_sizes(name: str, item: dict[str, Any], size: int) -> None:
    assert item_bytes(item) == size


NUMBERS = st.integers(-(10**38) + 1, 10**38 - 1) | st.floats(allow_nan=False, allow_infinity=False).filter(
    lambda number: number == 0 or 1e-130 <= abs(number) < 1e126
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
FIELDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="$."), min_size=1, max_size=5)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=3),
    max_leaves=10,
)


def reference_size(value: Any) -> tuple[int, int]:
    """The size by DynamoDB's rules, which are precise but for numbers, and how many bytes more it may be counted."""
    match value:
        case None | bool():
            return 1, 0
        case str():
            return len(value.encode()), 0
        case int() | float():
            return reference_size_of_number(Decimal(repr(value))), 1
        case list():
            parts = [(1, 0), *map(reference_size, value)]
            return 2 + len(value) + sum(part[0] for part in parts), sum(part[1] for part in parts)
        case _:
            parts = [reference_size(inner) for inner in value.values()]
            names = sum(1 + len(name.encode()) for name in value)
            return 3 + names + sum(part[0] for part in parts), sum(part[1] for part in parts)


def reference_size_of_number(number: Decimal) -> int:
    """Pairs of digits, counted from the decimal point as a number to the base of 100 has them."""
    if number == 0:
        return 1
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    padded = "".join(map(str, digits)) + "0" * (exponent % 2)
    padded = padded.zfill(len(padded) + len(padded) % 2)
    pairs = [padded[start : start + 2] for start in range(0, len(padded), 2)]
    while pairs[-1] == "00":
        pairs.pop()
    while pairs[0] == "00":
        pairs.pop(0)
    return 1 + len(pairs) + (number < 0)


@given(st.dictionaries(FIELDS, VALUES, max_size=4))
def test_the_size_is_never_less_than_dynamodbs_and_hardly_more(item: dict[str, Any]) -> None:
    item = {"Any": item}
    least, tolerance = reference_size(item)
    assert least <= item_bytes(item) <= least + tolerance
