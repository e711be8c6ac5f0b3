"""Handlers around operations on items: which of them are called, and what they are told."""

from typing import Any

import pytest

from tests.cloudcode.calling import MASTER
from tests.cloudcode.data_calls import Items, MakeApplication, MakeBooks, app_with

ALL = "\n".join(
    [
        f"def before_{name}(request, context): context['n'] = 1"
        for name in ("create", "read", "update", "delete", "aggregate")
    ]
    + [
        f"def after_{name}(request, response, context): pass"
        for name in ("create", "read", "update", "delete", "aggregate")
    ]
)
TITLES = 'Book/_aggregate?aggregate={"GroupBy":"Title"}'


FIRED = [
    ("create one", "POST", "Book", {"Title": "x"}, "create"),
    ("create many", "POST", "Book", [{"Title": "x"}, {"Title": "y"}], "create"),
    ("read all", "GET", "Book", None, "read"),
    ("read one", "GET", "Book/1", None, "read"),
    ("count", "GET", "Book/_count", None, "read"),
    ("update one", "PUT", "Book/1", {"Title": "x"}, "update"),
    ("update by filter", "PUT", 'Book?filter={"Title":"Emma"}', {"Title": "x"}, "update"),
    ("delete one", "DELETE", "Book/1", None, "delete"),
    ("delete all", "DELETE", "Book", None, "delete"),
    ("aggregate", "GET", TITLES, None, "aggregate"),
]


@pytest.mark.parametrize(("method", "path", "data", "event"), [row[1:] for row in FIRED], ids=[row[0] for row in FIRED])
def test_each_operation_calls_its_two_handlers_once(
    books: MakeBooks, method: str, path: str, data: Any, event: str
) -> None:
    items = books(ALL)
    assert items.send(method, path, data).status in (200, 201)
    assert items.fired() == [f"Book.before_{event}", f"Book.after_{event}"]


def test_a_type_without_the_handler_calls_nothing(books: MakeBooks) -> None:
    items = books("def after_delete(request, response, context): pass")
    items.send("GET", "Book")
    items.send("POST", "Book", {})
    assert items.fired() == []


WRONG_REQUESTS = [
    ("unknown type", "GET", "Movie", None, {}, (400, 611)),
    ("bad filter", "GET", 'Book?filter={"a":{"$no":1}}', None, {}, (400, 608)),
    ("bad fields", "GET", 'Book?fields={"a":2,"b":0}', None, {}, (400, 616)),
    ("bad sort", "GET", 'Book?sort={"a":7}', None, {}, (400, 601)),
    ("bad aggregate", "GET", 'Book/_aggregate?aggregate={"a":7}', None, {}, (400, 601)),
    ("bad filter of an aggregation", "GET", f'{TITLES}&filter={{"a":{{"$no":1}}}}', None, {}, (400, 608)),
    ("bad body", "POST", "Book", "text", {}, (400, 601)),
    ("bad update", "PUT", "Book", {"$inc": {"a": "x"}}, {}, (400, 601)),
    ("bad master key", "GET", "Book", None, {"authorization": "MasterKey wrong"}, (401, 604)),
]


@pytest.mark.parametrize(
    ("method", "path", "data", "headers", "error"), [row[1:] for row in WRONG_REQUESTS], ids=[row[0] for row in WRONG_REQUESTS]
)  # fmt: skip
def test_what_is_wrong_with_a_request_never_reaches_user_code(
    books: MakeBooks, method: str, path: str, data: Any, headers: dict[str, str], error: tuple[int, int]
) -> None:
    items = books(ALL)
    assert items.send(method, path, data, headers=headers).error == error
    assert items.fired() == []


def test_rules_hold_for_what_a_handler_makes_of_an_item(books: MakeBooks) -> None:
    rules = {"fields": {"Copies": {"type": "number", "range": [0, 10]}}}
    items = books("def before_create(request, context): request.data['Copies'] = 99", type_options={"validate": rules})
    answer = items.send("POST", "Book", {"Copies": 1})
    assert (answer.error, answer.json["message"]) == ((400, 601), "Invalid request. Copies: 99 is more than 10.")
    assert items.stored() == ["Dune", "Emma"]


def test_the_context_is_copied_as_json(books: MakeBooks) -> None:
    items = books(
        "from datetime import datetime, timezone\n"
        "def before_read(request, context):\n"
        "    context['at'] = datetime(2020, 1, 2, tzinfo=timezone.utc); context['pair'] = (1, 2)\n"
        "def after_read(request, response, context): response.result = context"
    )
    assert items.send("GET", "Book").json["Result"] == {"at": "2020-01-02T00:00:00.000Z", "pair": [1, 2]}


def test_what_a_handler_is_told_of_a_request(books: MakeBooks) -> None:
    items = books(
        "def before_read(request, context):\n"
        "    names = ('event', 'action', 'type_name', 'item_id', 'specific_action', 'data', 'filter', 'sort', 'fields', 'aggregate', 'skip', 'take',\n"
        "             'query_string', 'custom_parameters', 'is_sync', 'api_url', 'id')\n"
        "    request.answer({name: getattr(request, name) for name in names} | {'who': request.principal.type,\n"
        "        'authorization': request.headers.get('authorization'), 'agent': request.headers.get('User-Agent')})"
    )
    headers = {
        **MASTER, "x-everlive-filter": '{"Title":"Emma"}', "x-everlive-skip": "1", "x-everlive-take": "2", "x-everlive-sync": "true",
        "x-everlive-custom-parameters": '{"a":1}', "user-agent": "test",
    }  # fmt: skip
    told = items.send("GET", 'Book?sort={"Title":1}&fields={"Title":1}&_el=123', headers=headers).json["Result"]
    assert told == {
        "event": "before_read", "action": "GET", "type_name": "Book", "item_id": None, "specific_action": None, "data": None,
        "filter": {"Title": "Emma"}, "sort": {"Title": 1}, "fields": {"Title": 1}, "aggregate": None, "skip": 1, "take": 2,
        "query_string": {"sort": '{"Title":1}', "fields": '{"Title":1}', "_el": "123"}, "custom_parameters": {"a": 1},
        "is_sync": True, "api_url": told["api_url"], "id": "request-1", "who": "masterKey", "authorization": None, "agent": "test",
    }  # fmt: skip


def test_a_handler_sees_values_as_they_are_kept_and_defaults_filled_in(books: MakeBooks) -> None:
    fields = {"Out": {"type": "date"}, "Author": {"type": "relation", "to": "Book"}, "Title": {"type": "text"}}
    rules = {"fields": {"Author": {"required": True}, "Title": {"default": "untitled"}}}
    items = books(
        "def before_create(request, context): request.answer(request.data)\n"
        "def before_update(request, context): request.answer(request.data)",
        type_options={"fields": fields, "validate": rules},
    )
    sent = {"Out": "2020-01-02", "Author": {"Id": "2", "Title": "Emma"}, "Other": "2020-01-02"}
    kept = {"Out": "2020-01-02T00:00:00.000Z", "Author": "2", "Other": "2020-01-02"}
    assert items.send("POST", "Book", sent).json["Result"] == {**kept, "Title": "untitled"}
    assert items.send("POST", "Book", [sent]).json["Result"] == [{**kept, "Title": "untitled"}]
    assert items.send("PUT", "Book/1", sent).json["Result"] == kept
    assert items.send("PUT", "Book/1", {"$set": sent}).json["Result"] == {"$set": kept}


WRONG_VALUES = [
    ("a value that its field does not take", "POST", {"Title": 5}, "Book.Title: 5 is not a text."),
    ("among several", "POST", [{}, {"Title": 5}], "Item 2: Book.Title: 5 is not a text."),
    ("in an update", "PUT", {"$set": {"Title": 5}}, "Book.Title: 5 is not a text."),
]


@pytest.mark.parametrize(
    ("method", "data", "message"), [row[1:] for row in WRONG_VALUES], ids=[row[0] for row in WRONG_VALUES]
)
def test_wrong_values_never_reach_user_code(books: MakeBooks, method: str, data: Any, message: str) -> None:
    items = books(ALL)
    answer = items.send(method, "Book", data)
    assert (answer.error, answer.json["message"]) == ((400, 601), f"Invalid request. {message}")
    assert items.fired() == []


def test_secrets_are_redacted_in_answers_and_errors(books: MakeBooks, make_application: MakeApplication) -> None:
    source = (
        "from cloud import CloudError, secrets\n"
        "def after_read(request, response, context): response.additional_data['key'] = secrets['KEY']\n"
        "def before_create(request, context): raise CloudError(f'key {secrets[\"KEY\"]}')"
    )
    items = Items(make_application(app_with({"types/Book.py": source}), secrets={"app": {"KEY": "top-secret-value"}}))
    assert items.send("GET", "Book").json["key"] == "[secret KEY]"
    assert items.send("POST", "Book", {}).json["message"] == "key [secret KEY]"
