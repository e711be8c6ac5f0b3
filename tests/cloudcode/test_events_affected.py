"""The items that an update or a delete is about, as handlers are told of them."""

from typing import Any

import pytest

from tests.cloudcode.data_calls import Items, MakeApplication, MakeBooks, app_with


@pytest.mark.parametrize(("method", "data"), [("PUT", {"Title": "x"}), ("DELETE", None)])
def test_before_the_operation(books: MakeBooks, method: str, data: Any) -> None:
    event = "update" if method == "PUT" else "delete"
    items = books(
        f"def before_{event}(request, context):\n"
        "    request.answer([request.affected_ids, [book['Title'] for book in request.originals]])"
    )
    assert items.send(method, 'Book?filter={"Title":"Emma"}', data).json["Result"] == [["2"], ["Emma"]]
    assert items.send(method, "Book/1", data).json["Result"] == [["1"], ["Dune"]]
    assert items.send(method, "Book/9", data).json["Result"] == [[], []]


@pytest.mark.parametrize(("method", "data"), [("PUT", {"Title": "x"}), ("DELETE", None)])
def test_after_the_operation(books: MakeBooks, method: str, data: Any) -> None:
    event = "update" if method == "PUT" else "delete"
    items = books(
        f"def after_{event}(request, response, context):\n"
        "    response.result = [request.affected_ids, [book['Title'] for book in request.originals]]"
    )
    assert items.send(method, "Book", data).json["Result"] == [["1", "2"], ["Dune", "Emma"]]


def test_of_the_filter_that_the_handler_has_set(books: MakeBooks) -> None:
    items = books(
        "def before_delete(request, context):\n"
        "    request.filter = {'Title': 'Emma'}; context['ids'] = list(request.affected_ids)\n"
        "def after_delete(request, response, context): response.result = [context['ids'], request.affected_ids]"
    )
    assert items.send("DELETE", "Book").json["Result"] == [["2"], ["2"]]


def test_no_others_are_changed_than_those_that_were_told(books: MakeBooks) -> None:
    """A book that comes to match after the handler has looked is none of its business."""
    items = books(
        "from cloud import data\n"
        "def before_delete(request, context):\n"
        "    list(request.affected_ids); data('Book').create({'Id': '3', 'Title': 'late'})"
    )
    assert items.send("DELETE", "Book").json["Result"] == 2
    assert items.stored() == ["late"]


def test_a_filter_that_is_set_after_the_look_is_what_decides(books: MakeBooks) -> None:
    items = books(
        "from cloud import data\n"
        "def before_delete(request, context):\n"
        "    list(request.affected_ids); data('Book').create({'Id': '3', 'Title': 'late'})\n"
        "    request.filter = {'Title': {'$ne': 'Emma'}}"
    )
    assert items.send("DELETE", "Book").json["Result"] == 2
    assert items.stored() == ["Emma"]


@pytest.mark.parametrize(("path", "status"), [("Book/1", 404), ('Book?filter={"Id":"1"}', 200)])
def test_a_condition_in_the_filter_holds_when_the_item_is_written(books: MakeBooks, path: str, status: int) -> None:
    items = books(
        "from cloud import data\n"
        "def before_delete(request, context):\n"
        "    request.filter = {'$and': [request.filter or {}, {'Title': 'Dune'}]}\n"
        "    data('Book').update('1', {'Title': 'Dune II'})"
    )
    answer = items.send("DELETE", path)
    assert (answer.status, answer.json.get("errorCode", answer.json.get("Result"))) == (
        status,
        801 if status == 404 else 0,
    )
    assert items.stored() == ["Dune II", "Emma"]


def test_too_many_to_hand_over(make_application: MakeApplication) -> None:
    source = "def before_delete(request, context): len(request.originals)"
    items = Items(make_application(app_with({"types/Book.py": source}), result_mb=0.01))
    items.create([{"Title": "x" * 2000} for _ in range(10)])
    assert items.send("DELETE", "Book").error == (400, 601)
    assert len(items.stored()) == 10


def test_a_create_affects_none(books: MakeBooks) -> None:
    items = books("def before_create(request, context): request.affected_ids")
    assert items.send("POST", "Book", {}).error == (500, 901)
