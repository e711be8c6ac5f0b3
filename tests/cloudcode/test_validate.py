"""The `validate` block of a function and of a type, over HTTP: what breaks it never reaches user code."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from runtime.application import Application
from runtime.apps.app import App
from runtime.apps.definition import AppDefinition
from tests.cloudcode.calling import MASTER
from tests.cloudcode.data_calls import Items, MakeApplication

ECHO = "def on_request(request, response): return [request.data, request.query_string]"
SEEN = "def before_create(request, context): request.answer(request.data)"

ORDER = {
    "fields": {"Isbn": {"type": "text", "required": True, "pattern": "^[0-9]+$"}, "Count": {"type": "number", "range": [1, 10], "default": 1}},
    "query": {"page": {"type": "number", "default": 1}},
}  # fmt: skip
BOOK = {"Title": {"required": True, "type": "text"}, "State": {"default": "new", "one_of": ["new", "used"]}}
DEFINITION: Mapping[str, Any] = {
    "app": {"id": "app", "title": "App"},
    "functions": {"order": {"validate": ORDER}, "inner": {"validate": {"who": "masterKey"}}},
    "types": {
        "Book": {"policy": "public", "validate": {"fields": BOOK}},
        "Diary": {"policy": "public", "validate": {"who": ["user"]}},
    },
}


@pytest.fixture
def items(make_application: MakeApplication) -> Items:
    files = {"functions/order.py": ECHO, "functions/inner.py": ECHO, "types/Book.py": SEEN, "types/Diary.py": SEEN}
    application: Application = make_application(App(AppDefinition.model_validate(DEFINITION), files))
    return Items(application)


GOOD = [
    ("defaults", "POST", "Functions/order", {"Isbn": "1"}, [{"Isbn": "1", "Count": 1}, {"page": "1"}]),
    ("what is sent", "POST", "Functions/order?page=2", {"Isbn": "1", "Count": 5}, [{"Isbn": "1", "Count": 5}, {"page": "2"}]),
    ("an item's defaults", "POST", "Book", {"Title": "x"}, {"Result": {"Title": "x", "State": "new"}}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "data", "body"), [row[1:] for row in GOOD], ids=[row[0] for row in GOOD])
def test_what_keeps_to_the_rules(items: Items, method: str, path: str, data: Any, body: Any) -> None:
    assert items.send(method, path, data).json == body


BAD = [
    ("no body", "POST", "Functions/order", None, (400, 601), "Isbn: is required."),
    ("no object", "POST", "Functions/order", [1], (400, 601), "The body must be an object, not an array."),
    ("a pattern", "POST", "Functions/order", {"Isbn": "x"}, (400, 601), "Isbn: "),
    ("a range", "POST", "Functions/order", {"Isbn": "1", "Count": 11}, (400, 601), "Count: 11 is more than 10."),
    ("two at once", "POST", "Functions/order", {"Count": 0}, (400, 601), "Isbn: is required. Count: 0 is less than 1."),
    ("the query", "POST", "Functions/order?page=x", {"Isbn": "1"}, (400, 601), "Query string: page: "),
    ("who may call", "POST", "Functions/inner", {}, (403, 603), "EXECUTE access on function 'inner' denied for anonymous user."),
    ("a required field", "POST", "Book", {}, (400, 601), "Title: is required."),
    ("one of several items", "POST", "Book", [{"Title": "x"}, {"Title": ""}], (400, 601), "Item 2: Title: is required."),
    ("a choice", "POST", "Book", {"Title": "x", "State": "lost"}, (400, 601), "State: "),
    ("a required field set to null", "PUT", "Book", {"$set": {"Title": None}}, (400, 601), "Title: is required, and cannot be null."),
    ("a required field removed", "PUT", "Book", {"$unset": {"Title": ""}}, (400, 601), "Title: is required, and cannot be removed."),
    ("who may create", "POST", "Diary", {}, (403, 603), "CREATE access on type 'Diary' denied for anonymous user."),
    ("who may read", "GET", "Diary", None, (403, 603), "READ access on type 'Diary' denied for anonymous user."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "data", "error", "message"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_what_breaks_them(
    items: Items, method: str, path: str, data: Any, error: tuple[int, int], message: str
) -> None:
    answer = items.send(method, path, data)
    assert (answer.error, message in answer.json["message"]) == (error, True), json.dumps(answer.json)
    assert items.fired() == []


def test_the_master_key_may_always(items: Items) -> None:
    assert items.send("POST", "Functions/inner", {}, headers=MASTER).status == 200
    assert items.send("GET", "Diary", headers=MASTER).status == 200
