"""A field that is made unique while items have the same value in it."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from runtime.apps.app import App
from tests.cloudcode.data_calls import Items, MakeApplication, app_with

FREE: Mapping[str, Any] = {"policy": "public", "fields": {"Isbn": {"type": "text"}}}
UNIQUE: Mapping[str, Any] = {"policy": "public", "fields": {"Isbn": {"type": "text", "unique": True}}}
MESSAGE = 'The operation results in a duplicate key for a unique index. Duplicate values already exist for field Isbn of content type "Book".'


@pytest.fixture
def items(make_application: MakeApplication) -> Items:
    items = Items(make_application(app_with({}, Book=FREE)))
    items.create([{"Id": "1", "Isbn": "x"}, {"Id": "2", "Isbn": "x"}, {"Id": "3"}])
    return items


def problems(items: Items, app: App) -> list[str]:
    return [str(problem) for problem in items.application.check(app)]


def test_it_is_told_when_the_app_is_loaded(items: Items) -> None:
    found = "relive.yaml: types.Book.fields.Isbn.unique: several items have 'x' there already"
    assert problems(items, app_with({}, Book=UNIQUE)) == [found]
    items.send("DELETE", "Book/2")
    assert problems(items, app_with({}, Book=UNIQUE)) == []


OPERATIONS: list[tuple[str, Callable[[Items], Any]]] = [
    ("read", lambda items: items.send("GET", "Book")),
    ("count", lambda items: items.send("GET", 'Book/_count?filter={"Isbn":"x"}')),
    ("create", lambda items: items.send("POST", "Book", {"Isbn": "y"})),
    ("update", lambda items: items.send("PUT", "Book/1", {"Isbn": "y"})),
    ("delete", lambda items: items.send("DELETE", "Book")),
]


@pytest.mark.parametrize("operation", [row[1] for row in OPERATIONS], ids=[row[0] for row in OPERATIONS])
def test_until_they_are_gone_operations_say_so(items: Items, operation: Callable[[Items], Any]) -> None:
    items.application.apps.apply(app_with({}, Book=UNIQUE))
    answer = operation(items)
    assert (answer.error, answer.json["message"]) == ((400, 107), MESSAGE)
    items.application.apps.apply(app_with({}, Book=FREE))
    assert items.stored(field="Isbn") == ["x", "x", None]
    assert items.send("DELETE", "Book/1").status == 200
    items.application.apps.apply(app_with({}, Book=UNIQUE))
    assert items.send("POST", "Book", {"Isbn": "x"}).error == (400, 107)
