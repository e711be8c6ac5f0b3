"""A field that is made unique while items have the same value in it."""

import contextlib
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from runtime.apps.app import App
from runtime.store.engine import database
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


@pytest.mark.parametrize("duplicates", [True, False], ids=["duplicates", "none"])
def test_an_app_that_is_looked_at_changes_nothing(items: Items, tmp_path: Path, duplicates: bool) -> None:
    items.application.apply(app_with({}, Book=FREE))
    if not duplicates:
        items.send("DELETE", "Book/2")
    before = dump(tmp_path / "data")
    assert len(problems(items, app_with({}, Book=UNIQUE, Shelf=UNIQUE))) == duplicates
    assert dump(tmp_path / "data") == before


def dump(data: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(database(data))) as connection:
        return list(connection.iterdump())


def test_an_app_that_is_applied_has_the_last_word(items: Items) -> None:
    items.send("DELETE", "Book/2")
    items.application.apply(app_with({}, Book=UNIQUE))
    assert items.send("POST", "Book", {"Isbn": "x"}).error == (400, 107)
    items.application.apply(app_with({}, Book=FREE))
    assert items.send("POST", "Book", {"Isbn": "x"}).status == 201


def test_an_app_is_served_although_a_field_cannot_be_unique(items: Items) -> None:
    items.application.apply(app_with({}, Book=UNIQUE, Shelf=UNIQUE))
    assert items.send("GET", "Book").error == (400, 107)
    assert items.send("POST", "Shelf", {"Isbn": "x"}).status == 201
    items.application.apply(app_with({}, Book=FREE, Shelf=UNIQUE))
    assert items.stored(field="Isbn") == ["x", "x", None]


@pytest.mark.slow
def test_a_request_that_runs_out_of_time_is_not_for_nothing(
    make_application: MakeApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A unique field needs its index; each request goes on where the one before had to stop."""
    items = Items(make_application(app_with({}, Book=FREE), budget_seconds=0.5))
    items.create([{"Isbn": str(n)} for n in range(10)])
    monkeypatch.setattr("runtime.store.sqlite.preparation.SLICE_SECONDS", 0)
    monkeypatch.setattr("runtime.store.sqlite.preparation.PAUSE_SECONDS", 0.2)
    items.application.apps.apply(app_with({}, Book={**UNIQUE, "fields": {"Title": {"type": "text", "unique": True}}}))
    answers = [items.send("POST", "Book", {"Title": "x"})]
    while answers[-1].status != 201:
        answers.append(items.send("POST", "Book", {"Title": "x"}))
    assert len(answers) > 2
    assert {answer.error[1] for answer in answers[:-1]} == {650}
    assert items.send("GET", "Book/_count").json["Result"] == 11


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
