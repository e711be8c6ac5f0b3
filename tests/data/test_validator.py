"""Validate blocks: what is let in, what is filled in, and what is said about the rest."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from runtime.apps.definition import AppDefinition, TypeDefinition
from runtime.apps.validation import FunctionValidation, TypeValidation
from runtime.data.validator import (
    check_fields,
    check_update,
    check_who,
    completed,
    completed_items,
)
from runtime.errors import ReliveError
from runtime.principal import ANONYMOUS, MASTER, Principal
from runtime.query.update import Update
from tests.conftest import ROOT
from tests.data.problems import problem_of
from tests.documents import Document

USER = Principal("user", id="u1", roles=("Registered",))
EDITOR = Principal("user", id="u2", roles=("Registered", "Editors"))


def rules(**fields: Any) -> TypeValidation:
    return TypeValidation.model_validate({"fields": fields})


BOOK = rules(
    Title={"required": True, "type": "text", "range": [1, 20], "pattern": "^[^<>]*$"},
    Price={"type": "number", "range": [0, 1000]},
    State={"default": "new", "one_of": ["new", "used"]},
    Tags={"type": "array", "range": [None, 2], "default": []},
)


# Who

WHO = {
    "anyone": (None, [ANONYMOUS, USER, EDITOR, MASTER], []),
    "nobody": ([], [MASTER], [ANONYMOUS, USER, EDITOR]),
    "users": (["user"], [USER, EDITOR, MASTER], [ANONYMOUS]),
    "one kind without a list": ("user", [USER, EDITOR, MASTER], [ANONYMOUS]),
    "the master key": (["masterKey"], [MASTER], [ANONYMOUS, USER, EDITOR]),
    "those who are not signed in": (["anonymous"], [ANONYMOUS, MASTER], [USER, EDITOR]),
    "those who are not signed in, by their role": (["Anonymous"], [ANONYMOUS, MASTER], [USER, EDITOR]),
    "a role": (["Editors"], [EDITOR, MASTER], [ANONYMOUS, USER]),
    "a role in other case": (["editors"], [MASTER], [ANONYMOUS, USER, EDITOR]),
    "a role and a kind": (["Editors", "anonymous"], [ANONYMOUS, EDITOR, MASTER], [USER]),
}


@pytest.mark.parametrize(("who", "admitted", "refused"), WHO.values(), ids=WHO.keys())
def test_who(who: Any, admitted: list[Principal], refused: list[Principal]) -> None:
    validation = TypeValidation.model_validate({"who": who})
    for principal in admitted:
        check_who(validation, principal, "READ access on type 'Book'")
    for principal in refused:
        with pytest.raises(ReliveError) as raised:
            check_who(validation, principal, "READ access on type 'Book'")
        assert raised.value.code == 603


@pytest.mark.parametrize(
    ("principal", "caller"), [(ANONYMOUS, "anonymous user"), (USER, "user u1")], ids=["anonymous", "user"]
)
def test_who_is_told(principal: Principal, caller: str) -> None:
    with pytest.raises(ReliveError) as raised:
        check_who(FunctionValidation(who=[]), principal, "EXECUTE access on function 'order'")
    assert raised.value.message == f"Access Denied. EXECUTE access on function 'order' denied for {caller}."


# Values that are there or not

REQUIRED: dict[str, tuple[dict[str, Any], Any, str]] = {
    "missing": ({"required": True}, ..., "F: is required."),
    "null": ({"required": True}, None, "F: is required."),
    "empty": ({"required": True}, "", "F: is required."),
    "empty and too short is told once": ({"required": True, "type": "text", "range": [1, 2]}, "", "F: is required."),
    "required is there": ({"required": True}, 0, ""),
    "required is false": ({"required": True}, False, ""),
    "required is an empty list": ({"required": True}, [], ""),
    "anything else may be missing": ({"type": "text", "range": [1, 2], "pattern": "a", "one_of": ["a"]}, ..., ""),
    "anything else may be null": ({"type": "text", "range": [1, 2], "pattern": "a", "one_of": ["a"]}, None, ""),
}


@pytest.mark.parametrize(("rule", "value", "expected"), REQUIRED.values(), ids=REQUIRED.keys())
def test_required(rule: dict[str, Any], value: Any, expected: str) -> None:
    item = {} if value is ... else {"F": value}
    if not expected:
        assert completed(item, rules(F=rule)) == item
        return
    with pytest.raises(ReliveError) as raised:
        completed(item, rules(F=rule))
    assert (raised.value.code, raised.value.message) == (601, f"Invalid request. {expected}")


def test_a_declared_type_is_known_to_the_rules() -> None:
    definition = TypeDefinition.model_validate(
        {"fields": {"Price": {"type": "number"}}, "validate": {"fields": {"Price": {"range": [0, 5]}}}}
    )
    again = TypeDefinition(fields=definition.fields, validate=definition.validation)
    for validation in (definition.validation, again.validation):
        assert problem_of(completed, {"Price": "6"}, validation) == 'Price: "6" is a text, not a number.'


# Items

COMPLETED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the defaults": ({"Title": "A"}, {"Title": "A", "State": "new", "Tags": []}),
    "null takes the default": (
        {"State": None, "Title": "A", "Tags": [1]},
        {"State": "new", "Title": "A", "Tags": [1]},
    ),
    "nothing to fill in": ({"Title": "A", "State": "used", "Tags": []}, {"Title": "A", "State": "used", "Tags": []}),
    "what has no rule stays": (
        {"Title": "A", "State": "new", "Tags": [], "Extra": {"a": None}},
        {"Title": "A", "State": "new", "Tags": [], "Extra": {"a": None}},
    ),
}


@pytest.mark.parametrize(("item", "expected"), COMPLETED.values(), ids=COMPLETED.keys())
def test_completed(item: dict[str, Any], expected: dict[str, Any]) -> None:
    given = dict(item)
    assert list(completed(item, BOOK).items()) == list(expected.items())
    assert completed_items([item, item], BOOK) == [expected, expected]
    assert item == given


def test_a_default_belongs_to_its_item_alone() -> None:
    first, second = completed_items([{"Title": "A"}, {"Title": "B"}], BOOK)
    first["Tags"].append("x")
    assert second["Tags"] == []
    assert completed({"Title": "C"}, BOOK)["Tags"] == []


def test_all_problems_of_an_item() -> None:
    message = problem_of(completed, {"Price": -1, "State": "old"}, BOOK)
    assert message == 'Title: is required. Price: -1 is less than 0. State: "old" is not one of "new", "used".'


def test_all_problems_of_several_items() -> None:
    items = [{"Title": "A"}, {"Price": -1}, {"Title": "<b>"}]
    assert problem_of(completed_items, items, BOOK) == (
        'Item 2: Title: is required. Item 2: Price: -1 is less than 0. Item 3: Title: "<b>" does not match /^[^<>]*$/.'
    )


def test_a_message_has_an_end() -> None:
    message = problem_of(completed_items, [{}] * 100, BOOK)
    assert message.startswith("Item 1: Title: is required. ")
    assert message.endswith("Item 20: Title: is required. And 80 more.")


def test_the_body_of_a_function() -> None:
    validation = FunctionValidation.model_validate({"fields": {"Id": {"required": True}, "Count": {"default": 1}}})
    assert completed({"Id": "x"}, validation) == {"Id": "x", "Count": 1}
    assert problem_of(completed, {"Count": 2}, validation) == "Id: is required."


# Updates

UPDATES: dict[str, tuple[Any, str]] = {
    "other fields": ({"Pages": 5}, ""),
    "nothing": ({}, ""),
    "a value": ({"Price": 5}, ""),
    "a value with $set": ({"$set": {"Price": 5, "Title": "A"}}, ""),
    "null where nothing is required": ({"Price": None}, ""),
    "a wrong value": ({"Price": -1}, "Price: -1 is less than 0."),
    "a wrong value with $set": ({"$set": {"Price": -1}}, "Price: -1 is less than 0."),
    "a required one is null": ({"Title": None}, "Title: is required, and cannot be null."),
    "a required one is empty": ({"$set": {"Title": ""}}, "Title: is required, and cannot be empty."),
    "a required one is removed": ({"$unset": {"Title": 1}}, "Title: is required, and cannot be removed."),
    "a required one is renamed": ({"$rename": {"Title": "Name"}}, "Title: is required, and cannot be renamed."),
    "another one is removed": ({"$unset": {"Price": 1}, "$rename": {"State": "Condition"}}, ""),
    "part of a required one is removed": ({"$unset": {"Title.Short": 1}}, ""),
    "part of a field": ({"$set": {"Price.Net": "a"}}, ""),
    "what is seen only when it is done": ({"$inc": {"Price": -5000}}, ""),
    "several": (
        {"$set": {"Price": -1, "State": "old"}, "$unset": {"Title": 1}},
        "Title: is required, and cannot be removed. Price: -1 is less than 0. "
        'State: "old" is not one of "new", "used".',
    ),
    "no update: a list": ([{"Price": -1}], ""),
    "no update: a text": ("Price", ""),
    "no update: nothing": (None, ""),
    "no update: no fields": ({"$set": -1, "$unset": "Title"}, ""),
}


@pytest.mark.parametrize(("body", "expected"), UPDATES.values(), ids=UPDATES.keys())
def test_updates(body: Any, expected: str) -> None:
    if expected:
        assert problem_of(check_update, body, BOOK) == expected
    else:
        check_update(body, BOOK)


CHANGED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "within its range": ({"Title": "A", "Price": 5}, {"$inc": {"Price": 5}}, ""),
    "out of its range": ({"Title": "A", "Price": 5}, {"$inc": {"Price": -6}}, "Price: -1 is less than 0."),
    "too many elements": (
        {"Title": "A", "Tags": [1, 2]},
        {"$push": {"Tags": 3}},
        "Tags: [1, 2, 3] has a length of 3, more than 2.",
    ),
    "inside a field": (
        {"Title": "A"},
        {"$set": {"Tags.Best": 3}},
        'Tags: {"Best": 3} is an object, not an array.',
    ),
    "a new name": ({"Title": "A", "Cost": -1}, {"$rename": {"Cost": "Price"}}, "Price: -1 is less than 0."),
    "a required one is gone": ({"Title": "A"}, {"$rename": {"Title": "Name"}}, "Title: is required."),
    "what did not change stays as it was": ({"Price": -1, "Tags": []}, {"$push": {"Tags": 1}}, ""),
    "nothing is filled in": ({"Title": "A"}, {"$set": {"Title": "B"}}, ""),
}


@pytest.mark.parametrize(("document", "body", "expected"), CHANGED.values(), ids=CHANGED.keys())
def test_changed(document: dict[str, Any], body: dict[str, Any], expected: str) -> None:
    update = Update.parse(body)
    changed = update.apply(document)
    names = {path.names[0] for path in update.paths}
    if expected:
        assert problem_of(check_fields, changed, names, BOOK) == expected
    else:
        check_fields(changed, names, BOOK)


# Rules that hold for all values

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(["Title", "Price", "State", "Tags", "Other"])


@given(st.dictionaries(NAMES, JSON))
def test_what_is_completed_stays_as_it_is(item: dict[str, Any]) -> None:
    if not outcome(completed, item, BOOK):
        return
    filled = completed(item, BOOK)
    assert completed(filled, BOOK) == filled
    check_fields(filled, list(filled), BOOK)
    check_update(filled, BOOK)


@given(NAMES, JSON)
def test_an_update_that_passes_leaves_what_passes(name: str, value: Any) -> None:
    """A plain update is checked by itself; the document that comes of it then meets the same rules."""
    document = {"Title": "A", "State": "new", "Tags": []}
    passes = outcome(check_update, {name: value}, BOOK)
    assert passes == outcome(check_fields, {**document, name: value}, [name], BOOK)


def test_the_page_about_the_app_folder_shows_what_is_said() -> None:
    """Its file with rules, the item behind it, and the error behind that."""
    blocks = Document.read(ROOT / "docs" / "app-folder.md").blocks
    (item, error), definition = (
        [json.loads(block.text) for block in blocks if block.language == "json"],
        next(block.text for block in blocks if block.language == "yaml" and "State: {" in block.text),
    )
    validation = AppDefinition.model_validate(yaml.safe_load(definition)).types["Book"].validation
    assert error == {"errorCode": 601, "message": f"Invalid request. {problem_of(completed, item, validation)}"}


def outcome(check: Any, *arguments: Any) -> bool:
    """Whether a check passes."""
    try:
        check(*arguments)
    except ReliveError:  # and nothing else
        return False
    return True
