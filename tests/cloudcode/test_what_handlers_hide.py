"""Handlers that hide something, or lie."""

from collections.abc import Callable

import pytest

from tests.cloudcode.data_calls import Items, MakeApplication, app_with

Books = Callable[..., Items]


@pytest.fixture
def books(make_application: MakeApplication) -> Books:
    """Makes an application with these handlers of Book, a function, and a book that no handler has seen."""

    def make(handlers: str, function: str = "") -> Items:
        items = Items(make_application(app_with({})))
        items.create({"Id": "1", "Title": "Dune", "Isbn": "isbn-1"})
        files = {"types/Book.py": handlers, **({"functions/f.py": function} if function else {})}
        items.application.apps.apply(app_with(files))
        return items

    return make


@pytest.mark.parametrize("body", ["5", "nonsense", '{"a":1}'])
def test_a_guest_that_lies_about_its_handlers(books: Books, body: str) -> None:
    answer = '{"ending":"answered","kind":"handlers"}\n' + body
    items = books(f"import sys\nsys.modules['relive_guest.data_events'].handlers_in = lambda definition: {answer!r}\n")
    assert items.send("GET", "Book").error == (500, 901)
    assert items.fired() == ["Book"]


def test_a_single_field_is_one_of_those_that_a_handler_leaves(books: Books) -> None:
    items = books("def before_read(request, context): request.fields = {'Isbn': 0}")
    assert items.send("GET", "Book/1?singleField=Isbn").json["Result"] is None
    assert items.send("GET", "Book?singleField=Isbn").json["Result"] == [None]
    assert items.send("GET", "Book/1?singleField=Title").json["Result"] == "Dune"


GET = (
    "from cloud import CloudError, data\ndef on_request(request, response):\n"
    "    try: return [data('Book').get(request.data)]\n    except CloudError as error: return error.code"
)


def test_get_gives_nothing_for_an_item_that_is_not_there(books: Books) -> None:
    items = books("def before_read(request, context): pass", GET)
    assert items.send("POST", "Functions/f", "none").json == [None]


def test_get_does_not_hide_that_a_handler_missed_another_item(books: Books) -> None:
    items = books(
        "from cloud import CloudError\ndef before_read(request, context): raise CloudError('Another.', 801, 404)", GET
    )
    assert items.send("POST", "Functions/f", "1").json == 801


def test_ids_of_affected_items_are_bounded_after_the_operation_too(make_application: MakeApplication) -> None:
    source = "def after_delete(request, response, context): response.result = len(request.affected_ids)"
    items = Items(make_application(app_with({"types/Book.py": source}), result_mb=0.01))
    for _ in range(7):
        items.create([{"Title": "x"}] * 50)
    assert items.send("DELETE", "Book?take=50").json["Result"] == 50
    answer = items.send("DELETE", "Book")
    assert (answer.error, answer.json["written"]) == ((400, 601), 300)
