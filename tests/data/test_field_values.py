"""Which values a declared field takes, and how it keeps them."""

import copy
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from runtime.apps.definition import TypeDefinition
from runtime.data.field_values import conform
from runtime.errors import ReliveError

BOOK = TypeDefinition.model_validate(
    {
        "fields": {
            "Title": {"type": "text"},
            "Price": {"type": "number"},
            "InPrint": {"type": "boolean"},
            "Published": {"type": "date"},
            "Author": {"type": "relation", "to": "Author"},
            "Editors": {"type": "relations", "to": "Author"},
            "Cover": {"type": "file"},
            "Shop": {"type": "geopoint"},
            "Tags": {"type": "array"},
            "Details": {"type": "object"},
        }
    }
)
SOFIA = {"longitude": 23.37, "latitude": 42.65}

KEPT: list[tuple[str, Any, Any]] = [
    ("Title", "Dune", "Dune"),
    ("Title", "", ""),
    ("Title", "2016-02-03T04:05:06Z", "2016-02-03T04:05:06Z"),
    ("Price", 5, 5),
    ("Price", -0.5, -0.5),
    ("InPrint", False, False),
    ("Published", "2016-02-03T04:05:06.789Z", "2016-02-03T04:05:06.789Z"),
    ("Published", "2016-02-03T04:05:06+02:00", "2016-02-03T02:05:06.000Z"),
    ("Published", "2016-02-03", "2016-02-03T00:00:00.000Z"),
    ("Author", "a1", "a1"),
    ("Author", {"Id": "a1", "Name": "Frank", "Meta": {}}, "a1"),
    ("Author", "", None),
    ("Editors", [], []),
    ("Editors", ["a2", "a1", "a2"], ["a2", "a1", "a2"]),
    ("Editors", [{"Id": "a1", "Name": "Frank"}, "a2"], ["a1", "a2"]),
    ("Cover", "f1", "f1"),
    ("Cover", {"Id": "f1", "Uri": "https://example.com/f1"}, "f1"),
    ("Cover", "", None),
    ("Shop", SOFIA, SOFIA),
    ("Shop", {"latitude": -90, "longitude": 180}, {"latitude": -90, "longitude": 180}),
    ("Tags", [], []),
    ("Tags", [1, None, {"a": []}], [1, None, {"a": []}]),
    ("Details", {}, {}),
    ("Details", {"Pages": 412}, {"Pages": 412}),
    ("Notes", {"anything": [True]}, {"anything": [True]}),
    *((name, None, None) for name in BOOK.fields),
]


@pytest.mark.parametrize(("field", "value", "kept"), KEPT, ids=[f"{case[0]}={case[1]!r}" for case in KEPT])
def test_kept(field: str, value: Any, kept: Any) -> None:
    item = {"Other": 1, field: value}
    before = copy.deepcopy(item)
    conformed = conform(item, BOOK)
    assert conformed == {"Other": 1, field: kept}
    assert type(conformed[field]) is type(kept)
    assert item == before


NO_DATE = "is not a date such as 2016-02-03T04:05:06.789Z or 2016-02-03."
NO_GEOPOINT = 'is not a geopoint; write {"longitude": 23.37, "latitude": 42.65}, and nothing else in it.'
LONGITUDE = "is not a geopoint; its longitude must be a number from -180 to 180."
LATITUDE = "is not a geopoint; its latitude must be a number from -90 to 90."

REFUSED: list[tuple[str, Any, str]] = [
    ("Title", 5, "Title: 5 is not a text."),
    ("Title", ["Dune"], 'Title: ["Dune"] is not a text.'),
    ("Price", "cheap", 'Price: "cheap" is not a number.'),
    ("Price", "5", 'Price: "5" is not a number.'),
    ("Price", True, "Price: true is not a number."),
    ("InPrint", 1, "InPrint: 1 is not a boolean, true or false."),
    ("InPrint", "true", 'InPrint: "true" is not a boolean, true or false.'),
    ("Published", "tomorrow", f'Published: "tomorrow" {NO_DATE}'),
    ("Published", "2015-02-29", f'Published: "2015-02-29" {NO_DATE}'),
    ("Published", "2016-02-03T04:05", f'Published: "2016-02-03T04:05" {NO_DATE}'),
    ("Published", "", f'Published: "" {NO_DATE}'),
    ("Published", 1454472306789, f"Published: 1454472306789 {NO_DATE}"),
    ("Author", 5, "Author: 5 is not the Id of an item of Author."),
    ("Author", ["a1"], 'Author: ["a1"] is not the Id of an item of Author.'),
    ("Author", {"Name": "Frank"}, 'Author: {"Name": "Frank"} is not the Id of an item of Author.'),
    ("Author", {"Id": ""}, 'Author: {"Id": ""} is not the Id of an item of Author.'),
    ("Editors", "a1", 'Editors: "a1" is not an array of Ids, each of an item of Author.'),
    ("Editors", ["a1", 5], "Editors.1: 5 is not the Id of an item of Author."),
    ("Editors", ["a1", ""], 'Editors.1: "" is not the Id of an item of Author.'),
    ("Editors", [None], "Editors.0: null is not the Id of an item of Author."),
    ("Cover", 5, "Cover: 5 is not the Id of a file."),
    ("Shop", [23.37, 42.65], f"Shop: [23.37, 42.65] {NO_GEOPOINT}"),
    ("Shop", {"longitude": 1}, f'Shop: {{"longitude": 1}} {NO_GEOPOINT}'),
    ("Shop", {"longitude": 1, "latitude": 2, "z": 3}, f'Shop: {{"longitude": 1, "latitude": 2, "z": 3}} {NO_GEOPOINT}'),
    ("Shop", {"longitude": 180.1, "latitude": 2}, f'Shop: {{"longitude": 180.1, "latitude": 2}} {LONGITUDE}'),
    ("Shop", {"longitude": "1", "latitude": 2}, f'Shop: {{"longitude": "1", "latitude": 2}} {LONGITUDE}'),
    ("Shop", {"longitude": 1, "latitude": -91}, f'Shop: {{"longitude": 1, "latitude": -91}} {LATITUDE}'),
    ("Shop", {"longitude": 1, "latitude": True}, f'Shop: {{"longitude": 1, "latitude": true}} {LATITUDE}'),
    ("Shop", {"longitude": 1, "latitude": None}, f'Shop: {{"longitude": 1, "latitude": null}} {LATITUDE}'),
    ("Tags", "a", 'Tags: "a" is not an array.'),
    ("Tags", {"0": "a"}, 'Tags: {"0": "a"} is not an array.'),
    ("Details", [], "Details: [] is not an object."),
    ("Title", ["x" * 100], f'Title: ["{"x" * 75}... is not a text.'),
]


@pytest.mark.parametrize(("field", "value", "message"), REFUSED, ids=[f"{case[0]}={case[1]!r}" for case in REFUSED])
def test_refused(field: str, value: Any, message: str) -> None:
    with pytest.raises(ReliveError) as caught:
        conform({"Other": 1, field: value}, BOOK)
    assert (caught.value.code, caught.value.message) == (601, f"Invalid request. {message}")


def test_every_problem_is_told_with_its_place() -> None:
    with pytest.raises(ReliveError) as caught:
        conform({"Editors": [5], "Price": "cheap", "Title": "Dune", "InPrint": 0}, BOOK, where="Book")
    assert caught.value.message == (
        'Invalid request. Book.Price: "cheap" is not a number. Book.InPrint: 0 is not a boolean, true or false. '
        "Book.Editors.0: 5 is not the Id of an item of Author."
    )


def test_only_the_named_fields_are_looked_at() -> None:
    item = {"Price": "cheap", "Published": "2016-02-03", "Author": {"Id": "a1"}}
    assert conform(item, BOOK, only={"Author", "Title", "Notes"}) == {**item, "Author": "a1"}
    assert conform(item, BOOK, only=()) == item


IDS = st.text(min_size=1) | st.builds(lambda item_id: {"Id": item_id, "Name": "Frank"}, st.text(min_size=1))
FITTING: dict[str, st.SearchStrategy[Any]] = {
    "Title": st.text(),
    "Price": st.integers() | st.floats(allow_nan=False),
    "Published": st.datetimes().map(lambda at: f"{at.isoformat()}+01:00") | st.dates().map(str),
    "Author": IDS | st.just(""),
    "Editors": st.lists(IDS),
    "Shop": st.fixed_dictionaries({"longitude": st.floats(-180, 180), "latitude": st.integers(-90, 90)}),
}


@given(st.fixed_dictionaries({}, optional={name: st.none() | values for name, values in FITTING.items()}))
def test_what_is_kept_is_kept_again_as_it_is(item: dict[str, Any]) -> None:
    assume(not str(item.get("Published")).startswith("0001-01-01T00"))  # an hour earlier, there is no date
    conformed = conform(item, BOOK)
    assert list(conformed) == list(item)
    assert conform(conformed, BOOK) == conformed


ANY_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["Id", *SOFIA]), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(list(BOOK.fields)), ANY_JSON, max_size=4))
def test_any_json_is_kept_or_refused(item: dict[str, Any]) -> None:
    with suppress(ReliveError):
        assert conform(item, BOOK).keys() == item.keys()
