"""Handlers around operations on items: what they are given, what they change, and how they end."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.cloudcode.calling import MASTER
from tests.cloudcode.data_calls import BOOK, Items, MakeApplication, app_with

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
NO = {"Id": "nobody"}


@pytest.fixture
def books(make_application: MakeApplication) -> Any:
    """Makes an application with these handlers of Book, and two books in it, which no handler has seen."""

    def make(source: str, *, type_options: Mapping[str, Any] | None = None, **files: str) -> Items:
        plain = app_with({})
        items = Items(make_application(plain))
        for id, title in (("1", "Dune"), ("2", "Emma")):
            items.create({"Id": id, "Title": title, "Isbn": f"isbn-{id}"})
        paths = {f"{folder}/{name}.py": text for key, text in files.items() for folder, name in [key.split("__")]}
        items.application.apps.apply(
            app_with({"types/Book.py": source, **paths}, Book={**BOOK, **(type_options or {})})
        )
        return items

    return make


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
def test_each_operation_calls_its_two_handlers_once(books: Any, method: str, path: str, data: Any, event: str) -> None:
    items = books(ALL)
    assert items.send(method, path, data).status in (200, 201)
    assert items.fired() == [f"Book.before_{event}", f"Book.after_{event}"]


def test_a_type_without_the_handler_calls_nothing(books: Any) -> None:
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
    books: Any, method: str, path: str, data: Any, headers: dict[str, str], error: tuple[int, int]
) -> None:
    items = books(ALL)
    assert items.send(method, path, data, headers=headers).error == error
    assert items.fired() == []


# name, source, request, status, what the body holds, what is stored of the field Title
BEFORE: list[tuple[str, str, tuple[str, str, Any], int, Mapping[str, Any], list[Any]]] = [
    (
        "create: changes the item",
        "def before_create(request, context): request.data['Title'] = request.data['Title'].upper()",
        ("POST", "Book", {"Title": "x"}),
        201, {}, ["Dune", "Emma", "X"],
    ),
    (
        "create: replaces the data",
        "def before_create(request, context): request.data = [{'Title': 'a'}, {'Title': 'b'}]",
        ("POST", "Book", {"Title": "x"}),
        201, {}, ["Dune", "Emma", "a", "b"],
    ),
    (
        "create: each item of many",
        "def before_create_item(request, context): request.data['Title'] += '!'",
        ("POST", "Book", [{"Title": "x"}, {"Title": "y"}]),
        201, {}, ["Dune", "Emma", "x!", "y!"],
    ),
    (
        "read: narrows the filter",
        "def before_read(request, context): request.filter = {'$and': [request.filter or {}, {'Title': 'Emma'}]}",
        ("GET", 'Book?fields={"Title":1,"Id":0}', None),
        200, {"Count": 1, "Result": [{"Title": "Emma"}]}, ["Dune", "Emma"],
    ),
    (
        "read: sort, fields, skip and take",
        "def before_read(request, context):\n    request.sort = {'Title': -1}; request.skip = 1; request.take = 1; request.fields = {'Title': 1}",
        ("GET", "Book", None),
        200, {"Count": 2, "Result": [{"Title": "Dune", "Id": "1"}]}, ["Dune", "Emma"],
    ),
    (
        "update: changes what is set",
        "def before_update(request, context): request.data['$set']['Title'] += '!'",
        ("PUT", "Book/1", {"$set": {"Title": "x"}}),
        200, {"Result": 1}, ["x!", "Emma"],
    ),
    (
        "update: narrows the filter",
        "def before_update(request, context): request.filter = {'Title': 'Emma'}",
        ("PUT", "Book", {"Title": "x"}),
        200, {"Result": 1}, ["Dune", "x"],
    ),
    (
        "delete: narrows the filter",
        "def before_delete(request, context): request.filter = {'Title': 'Emma'}",
        ("DELETE", "Book", None),
        200, {"Result": 1}, ["Dune"],
    ),
    (
        "delete: takes fewer",
        "def before_delete(request, context): request.take = 1; request.sort = {'Title': -1}",
        ("DELETE", "Book", None),
        200, {"Result": 1}, ["Dune"],
    ),
    (
        "aggregate: narrows the filter",
        "def before_aggregate(request, context): request.filter = {'$and': [request.filter or {}, {'Title': 'Emma'}]}",
        ("GET", TITLES, None),
        200, {"Result": [{"Title": "Emma"}]}, ["Dune", "Emma"],
    ),
    (
        "aggregate: changes what is worked out",
        "def before_aggregate(request, context): request.aggregate['Aggregate'] = {'N': {'count': None}}",
        ("GET", TITLES, None),
        200, {"Result": [{"Title": "Dune", "N": 1}, {"Title": "Emma", "N": 1}]}, ["Dune", "Emma"],
    ),
    (
        "aggregate: replaces it",
        "def before_aggregate(request, context): request.aggregate = {'Aggregate': {'Last': {'max': 'Title'}}}",
        ("GET", TITLES, None),
        200, {"Result": [{"Last": "Emma"}]}, ["Dune", "Emma"],
    ),
    (
        "aggregate: has no order and no pages",
        "def before_aggregate(request, context): request.sort = {'Title': -1}; request.skip = 1; request.take = 0; request.fields = {'a': 1}",
        ("GET", TITLES, None),
        200, {"Result": [{"Title": "Dune"}, {"Title": "Emma"}]}, ["Dune", "Emma"],
    ),
    (
        "aggregate: answers instead of it",
        "def before_aggregate(request, context): request.answer([{'N': 0}], additional_data={'Why': request.action})",
        ("GET", TITLES, None),
        200, {"Result": [{"N": 0}], "Why": "GET"}, ["Dune", "Emma"],
    ),
    (
        "aggregate: cancels",
        "def before_aggregate(request, context): request.cancel('No figures.')",
        ("GET", TITLES, None),
        500, {"errorCode": 910, "message": "No figures."}, ["Dune", "Emma"],
    ),
    (
        "aggregate: leaves what is no aggregation",
        "def before_aggregate(request, context): request.aggregate = None",
        ("GET", TITLES, None),
        400, {"errorCode": 601}, ["Dune", "Emma"],
    ),
    (
        "reading is another event than aggregating",
        "def before_read(request, context): request.cancel()",
        ("GET", TITLES, None),
        200, {"Result": [{"Title": "Dune"}, {"Title": "Emma"}]}, ["Dune", "Emma"],
    ),
    (
        "answers instead of the operation",
        "def before_create(request, context): request.answer({'kept': False}, 202, {'Why': 'test'})",
        ("POST", "Book", {"Title": "x"}),
        202, {"Result": {"kept": False}, "Why": "test"}, ["Dune", "Emma"],
    ),
    (
        "answers with an error made by hand",
        "def before_read(request, context): request.answer({'message': 'closed'}, 503)",
        ("GET", "Book", None),
        503, {"message": "closed"}, ["Dune", "Emma"],
    ),
    (
        "cancels",
        "def before_create(request, context):\n    request.cancel()\n    request.data['never'] = 1 / 0",
        ("POST", "Book", {"Title": "x"}),
        500, {"errorCode": 910, "message": "The request was canceled by custom server code."}, ["Dune", "Emma"],
    ),
    (
        "cancels for one item of many",
        "def before_create_item(request, context):\n    if request.data['Title'] == 'y': request.cancel('No y.')",
        ("POST", "Book", [{"Title": "x"}, {"Title": "y"}]),
        500, {"errorCode": 910, "message": "No y."}, ["Dune", "Emma"],
    ),
    (
        "raises",
        "def before_delete(request, context): 1 / 0",
        ("DELETE", "Book", None),
        500, {"errorCode": 901}, ["Dune", "Emma"],
    ),
    (
        "sets an error",
        "from cloud import CloudError\ndef before_update(request, context): raise CloudError('Not now.')",
        ("PUT", "Book", {"Title": "x"}),
        400, {"errorCode": 960, "message": "Not now."}, ["Dune", "Emma"],
    ),
    (
        "sets an error of its own code",
        "from cloud import CloudError\ndef before_update(request, context): raise CloudError('Not now.', 4001, 422)",
        ("PUT", "Book", {"Title": "x"}),
        422, {"errorCode": 4001, "message": "Not now."}, ["Dune", "Emma"],
    ),
    (
        "does not compile",
        "def before_update(request, context:",
        ("PUT", "Book", {"Title": "x"}),
        500, {"errorCode": 951}, ["Dune", "Emma"],
    ),
    (
        "fails while it is loaded",
        "1 / 0\ndef before_update(request, context): pass",
        ("PUT", "Book", {"Title": "x"}),
        500, {"errorCode": 901}, ["Dune", "Emma"],
    ),
    (
        "never calls done",
        "def before_update(request, context, done): pass",
        ("PUT", "Book", {"Title": "x"}),
        500, {"errorCode": 902}, ["Dune", "Emma"],
    ),
    (
        "leaves what is no item",
        "def before_create(request, context): request.data = 'text'",
        ("POST", "Book", {"Title": "x"}),
        400, {"errorCode": 601}, ["Dune", "Emma"],
    ),
    (
        "takes more than anybody can count",
        "def before_read(request, context): request.take = 2 ** 63",
        ("GET", "Book", None),
        400, {"errorCode": 601, "message": "Invalid request. take must be a whole number from 0 to 2147483647, not 9223372036854775808."}, ["Dune", "Emma"],
    ),
    (
        "skips less than nothing",
        "def before_read(request, context): request.skip = -1",
        ("GET", "Book", None),
        400, {"errorCode": 601}, ["Dune", "Emma"],
    ),
    (
        "answers with too much",
        "def before_read(request, context): request.answer('x' * 6_300_000)",
        ("GET", "Book", None),
        500, {"errorCode": 901}, ["Dune", "Emma"],
    ),
    (
        "leaves a filter that is none",
        "def before_read(request, context): request.filter = {'$no': 1}",
        ("GET", "Book", None),
        400, {"errorCode": 608}, ["Dune", "Emma"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "request_sent", "status", "body", "stored"), [row[1:] for row in BEFORE], ids=[row[0] for row in BEFORE]
)
def test_before(
    books: Any, source: str, request_sent: tuple[str, str, Any], status: int, body: Mapping[str, Any], stored: list[Any]
) -> None:
    items = books(source + "\ndef after_create(request, response, context): pass")
    answer = items.send(*request_sent)
    assert answer.status == status, answer.json
    assert {name: answer.json[name] for name in body} == body
    assert items.stored() == stored


# name, source, request, status, what the body holds, what is stored of the field Title
AFTER: list[tuple[str, str, tuple[str, str, Any], int, Mapping[str, Any], list[Any]]] = [
    (
        "read: decorates each item",
        "def after_read(request, response, context):\n    for book in response.result: book['Shout'] = book['Title'].upper()",
        ("GET", 'Book?fields={"Title":1,"Id":0}', None),
        200, {"Count": 2, "Result": [{"Title": "Dune", "Shout": "DUNE"}, {"Title": "Emma", "Shout": "EMMA"}]}, ["Dune", "Emma"],
    ),
    (
        "read one: replaces the result",
        "def after_read(request, response, context): response.result = {'only': response.result['Title']}",
        ("GET", "Book/1", None),
        200, {"Result": {"only": "Dune"}}, ["Dune", "Emma"],
    ),
    (
        "count: is told apart",
        "def after_read(request, response, context): response.result = [request.specific_action, response.result]",
        ("GET", "Book/_count", None),
        200, {"Result": ["GetCount", 2]}, ["Dune", "Emma"],
    ),
    (
        "aggregate: a list of groups",
        "def after_aggregate(request, response, context):\n"
        "    for group in response.result: group['Shout'] = group['Title'].upper()\n"
        "    response.additional_data['By'] = request.aggregate['GroupBy']",
        ("GET", TITLES, None),
        200, {"Result": [{"Title": "Dune", "Shout": "DUNE"}, {"Title": "Emma", "Shout": "EMMA"}], "By": "Title"}, ["Dune", "Emma"],
    ),
    (
        "aggregate: raises, and nothing was written",
        "def after_aggregate(request, response, context): 1 / 0",
        ("GET", TITLES, None),
        500, {"errorCode": 901, "message": "An error occurred during execution of custom server code."}, ["Dune", "Emma"],
    ),
    (
        "additional data keeps its types and leaves the envelope alone",
        "from datetime import datetime, timezone\ndef after_create(request, response, context):\n"
        "    response.additional_data |= {'Rank': 1, 'At': datetime(2020, 1, 2, tzinfo=timezone.utc), 'Result': 'x', 'errorCode': 1}",
        ("POST", "Book", {"Id": "3", "Title": "x"}),
        201, {"Rank": 1, "At": "2020-01-02T00:00:00.000Z"}, ["Dune", "Emma", "x"],
    ),
    (
        "create many: item by item",
        "def after_create_item(request, response, context): response.result['Title'] = request.data['Title']",
        ("POST", "Book", [{"Id": "3", "Title": "x"}, {"Id": "4", "Title": "y"}]),
        201, {}, ["Dune", "Emma", "x", "y"],
    ),
    (
        "the status",
        "def after_update(request, response, context): response.status_code = 202",
        ("PUT", "Book/1", {"Title": "x"}),
        202, {"Result": 1}, ["x", "Emma"],
    ),
    (
        "an error made by hand stands without envelope",
        "def after_update(request, response, context):\n    response.result = {'message': 'odd'}; response.status_code = 409",
        ("PUT", "Book/1", {"Title": "x"}),
        409, {"message": "odd"}, ["x", "Emma"],
    ),
    (
        "raises: what is written stays, and the answer says so",
        "def after_create(request, response, context): 1 / 0",
        ("POST", "Book", [{"Title": "x"}, {"Title": "y"}]),
        500, {"errorCode": 901, "written": 2,
              "message": "An error occurred during execution of custom server code. 2 items were created before it."},
        ["Dune", "Emma", "x", "y"],
    ),
    (
        "sets an error: what is written stays",
        "from cloud import CloudError\ndef after_delete(request, response, context): raise CloudError('Sorry.', 77)",
        ("DELETE", "Book/1", None),
        400, {"errorCode": 77, "message": "Sorry.", "written": 1}, ["Emma"],
    ),
    (
        "raises after a read: nothing was written",
        "def after_read(request, response, context): 1 / 0",
        ("GET", "Book", None),
        500, {"errorCode": 901, "message": "An error occurred during execution of custom server code."}, ["Dune", "Emma"],
    ),
    (
        "nothing is left to cancel",
        "def after_create(request, response, context): request.cancel()",
        ("POST", "Book", {"Title": "x"}),
        500, {"errorCode": 901, "written": 1}, ["Dune", "Emma", "x"],
    ),
    (
        "is called after a failure, and the error stays",
        "def after_create(request, response, context):\n"
        "    assert (response.success, response.error.code, response.status_code, response.result) == (False, 107, 400, None)",
        ("POST", "Book", {"Isbn": "isbn-1"}),
        400, {"errorCode": 107}, ["Dune", "Emma"],
    ),
    (
        "a crash does not hide what the operation failed with",
        "def after_create(request, response, context): response.result['Id']",
        ("POST", "Book", {"Isbn": "isbn-1"}),
        400, {"errorCode": 107}, ["Dune", "Emma"],
    ),
    (
        "an error on purpose takes the place of a failure",
        "from cloud import CloudError\ndef after_create(request, response, context): raise CloudError('Have it.', 77)",
        ("POST", "Book", {"Isbn": "isbn-1"}),
        400, {"errorCode": 77}, ["Dune", "Emma"],
    ),
    (
        "a result in place of a failure is a success",
        "def after_read(request, response, context): response.result = {'Title': 'none'}",
        ("GET", "Book/9", None),
        200, {"Result": {"Title": "none"}}, ["Dune", "Emma"],
    ),
    (
        "an error by hand in place of a failure keeps its status",
        "def after_read(request, response, context): response.result = {'message': 'none'}",
        ("GET", "Book/9", None),
        404, {"message": "none"}, ["Dune", "Emma"],
    ),
    (
        "an update that stops half-way says so once",
        "def after_update(request, response, context): pass",
        ("PUT", "Book", {"Isbn": "x"}),
        400, {"errorCode": 107, "written": 1,
              "message": 'The operation results in a duplicate key for a unique index. Book.Isbn: "x" is taken already. 1 item was updated before it.'},
        ["Dune", "Emma"],
    ),
    (
        "makes the answer too large: what is written stays",
        "def after_create(request, response, context): response.additional_data['x'] = 'x' * 6_300_000",
        ("POST", "Book", {"Title": "x"}),
        500, {"errorCode": 901, "written": 1}, ["Dune", "Emma", "x"],
    ),
    (
        "answers in place of a failure",
        "def after_read(request, response, context): response.result = {'Title': 'none'}; response.status_code = 200",
        ("GET", "Book/9", None),
        200, {"Result": {"Title": "none"}}, ["Dune", "Emma"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "request_sent", "status", "body", "stored"), [row[1:] for row in AFTER], ids=[row[0] for row in AFTER]
)
def test_after(
    books: Any, source: str, request_sent: tuple[str, str, Any], status: int, body: Mapping[str, Any], stored: list[Any]
) -> None:
    items = books(source)
    answer = items.send(*request_sent)
    assert answer.status == status, answer.json
    assert {name: answer.json[name] for name in body} == body
    assert "written" not in answer.json or "written" in body
    assert items.stored() == stored


def test_after_errors_may_be_logged_alone(books: Any) -> None:
    items = books("def after_create(request, response, context): 1 / 0", type_options={"after_errors": "log"})
    answer = items.send("POST", "Book", {"Id": "3"})
    assert (answer.status, answer.json["Result"]["Id"]) == (201, "3")
    assert items.fired() == ["Book.after_create"]
    assert items.send("POST", "Book", {"Id": "3"}).error == (400, 107)


def test_rules_hold_for_what_a_handler_makes_of_an_item(books: Any) -> None:
    rules = {"fields": {"Copies": {"type": "number", "range": [0, 10]}}}
    items = books("def before_create(request, context): request.data['Copies'] = 99", type_options={"validate": rules})
    answer = items.send("POST", "Book", {"Copies": 1})
    assert (answer.error, answer.json["message"]) == ((400, 601), "Invalid request. Copies: 99 is more than 10.")
    assert items.stored() == ["Dune", "Emma"]


def test_the_context_is_copied_as_json(books: Any) -> None:
    items = books(
        "from datetime import datetime, timezone\n"
        "def before_read(request, context):\n"
        "    context['at'] = datetime(2020, 1, 2, tzinfo=timezone.utc); context['pair'] = (1, 2)\n"
        "def after_read(request, response, context): response.result = context"
    )
    assert items.send("GET", "Book").json["Result"] == {"at": "2020-01-02T00:00:00.000Z", "pair": [1, 2]}


def test_what_a_handler_is_told_of_a_request(books: Any) -> None:
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


def test_a_handler_sees_values_as_they_are_kept_and_defaults_filled_in(books: Any) -> None:
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
def test_wrong_values_never_reach_user_code(books: Any, method: str, data: Any, message: str) -> None:
    items = books(ALL)
    answer = items.send(method, "Book", data)
    assert (answer.error, answer.json["message"]) == ((400, 601), f"Invalid request. {message}")
    assert items.fired() == []


class TestAffectedItems:
    @pytest.mark.parametrize(("method", "data"), [("PUT", {"Title": "x"}), ("DELETE", None)])
    def test_before(self, books: Any, method: str, data: Any) -> None:
        event = "update" if method == "PUT" else "delete"
        items = books(
            f"def before_{event}(request, context):\n"
            "    request.answer([request.affected_ids, [book['Title'] for book in request.originals]])"
        )
        assert items.send(method, 'Book?filter={"Title":"Emma"}', data).json["Result"] == [["2"], ["Emma"]]
        assert items.send(method, "Book/1", data).json["Result"] == [["1"], ["Dune"]]
        assert items.send(method, "Book/9", data).json["Result"] == [[], []]

    @pytest.mark.parametrize(("method", "data"), [("PUT", {"Title": "x"}), ("DELETE", None)])
    def test_after(self, books: Any, method: str, data: Any) -> None:
        event = "update" if method == "PUT" else "delete"
        items = books(
            f"def after_{event}(request, response, context):\n"
            "    response.result = [request.affected_ids, [book['Title'] for book in request.originals]]"
        )
        assert items.send(method, "Book", data).json["Result"] == [["1", "2"], ["Dune", "Emma"]]

    def test_of_the_filter_that_the_handler_has_set(self, books: Any) -> None:
        items = books(
            "def before_delete(request, context):\n"
            "    request.filter = {'Title': 'Emma'}; context['ids'] = list(request.affected_ids)\n"
            "def after_delete(request, response, context): response.result = [context['ids'], request.affected_ids]"
        )
        assert items.send("DELETE", "Book").json["Result"] == [["2"], ["2"]]

    def test_no_others_are_changed_than_those_that_were_told(self, books: Any) -> None:
        """A book that comes to match after the handler has looked is none of its business."""
        items = books(
            "from cloud import data\n"
            "def before_delete(request, context):\n"
            "    list(request.affected_ids); data('Book').create({'Id': '3', 'Title': 'late'})"
        )
        assert items.send("DELETE", "Book").json["Result"] == 2
        assert items.stored() == ["late"]

    def test_too_many_to_hand_over(self, make_application: MakeApplication) -> None:
        source = "def before_delete(request, context): len(request.originals)"
        items = Items(make_application(app_with({"types/Book.py": source}), result_mb=0.01))
        items.create([{"Title": "x" * 2000} for _ in range(10)])
        assert items.send("DELETE", "Book").error == (400, 601)
        assert len(items.stored()) == 10

    def test_a_create_affects_none(self, books: Any) -> None:
        items = books("def before_create(request, context): request.affected_ids")
        assert items.send("POST", "Book", {}).error == (500, 901)


class TestNested:
    def test_data_fires_events_of_its_own(self, books: Any) -> None:
        items = books(
            "from cloud import data\n"
            "def before_create(request, context): request.data['Title'] += '!'\n"
            "def after_delete(request, response, context): data('Book').create({'Title': 'again'})"
        )
        assert items.send("DELETE", "Book/1").status == 200
        assert items.stored() == ["Emma", "again!"]
        assert items.fired() == ["Book.before_create", "Book.after_delete"]

    def test_deeper_than_eight_is_an_endless_loop(self, books: Any) -> None:
        items = books("from cloud import data\ndef before_create(request, context): data('Book').create({})")
        answer = items.send("POST", "Book", {}, headers=MASTER)
        assert answer.error == (500, 617)
        assert "types/Book.before_create" in answer.json["message"]
        assert items.stored() == ["Dune", "Emma"]
        assert items.fired() == ["Book.before_create"] * 9

    def test_the_trail_is_in_the_details(self, books: Any) -> None:
        items = books(
            "from cloud import data\ndef before_create(request, context): data('Book').count()\n"
            "def before_read(request, context): data('Book').create({})"
        )
        trail = items.send("POST", "Book", {}, headers=MASTER).json["details"]["trail"]
        assert trail == ["types/Book.before_create", "types/Book.before_read"] * 4 + ["types/Book.before_create"]

    def test_the_same_pair_may_recur_below_the_limit(self, books: Any) -> None:
        """Deleting a tree is legitimate."""
        items = books(
            "from cloud import data\n"
            "def after_delete(request, response, context):\n"
            "    if request.affected_ids: data('Book').delete({'Parent': {'$in': list(request.affected_ids)}})\n"
        )
        for depth in range(6):
            items.create({"Id": f"t{depth}", "Parent": f"t{depth - 1}", "Title": "tree"})
        assert items.send("DELETE", "Book/t0").status == 200
        assert items.stored() == ["Dune", "Emma"]

    def test_before_operation_and_after_share_one_deadline(self, make_application: MakeApplication) -> None:
        source = (
            "import time\ndef before_create(request, context): time.sleep(0.7)\n"
            "def after_create(request, response, context): time.sleep(0.7)"
        )
        items = Items(make_application(app_with({"types/Book.py": source}), budget_seconds=1.2))
        answer = items.send("POST", "Book", {"Title": "x"})
        assert answer.error == (500, 902)
        assert answer.json["written"] == 1
        assert items.stored() == ["x"]

    def test_a_busy_loop_is_out_of_time(self, make_application: MakeApplication) -> None:
        source = "def before_create(request, context):\n    while True: pass"
        items = Items(make_application(app_with({"types/Book.py": source}), budget_seconds=0.7))
        assert items.send("POST", "Book", {"Title": "x"}).error == (500, 902)
        assert items.stored() == []

    def test_handlers_are_disabled_after_too_many_time_outs(self, make_application: MakeApplication) -> None:
        source = "def before_create(request, context):\n    while True: pass"
        items = Items(make_application(app_with({"types/Book.py": source}), budget_seconds=1, breaker_timeouts=2))
        codes = [items.send("POST", "Book", {}).error for _ in range(3)]
        assert codes == [(500, 902), (500, 902), (500, 955)]
        assert items.send("GET", "Book").status == 200


class TestDataCapability:
    def test_all_that_it_offers(self, books: Any) -> None:
        source = """
from cloud import data
def on_request(request, response):
    books = data("Book")
    return {
        "create": books.create({"Id": "3", "Title": "Ada"})["Id"],
        "create many": [made["Id"] for made in books.create([{"Id": "4", "Title": "Ada"}, {"Id": "5"}])],
        "find": [book["Id"] for book in books.find({"Title": {"$exists": True}}, sort={"Title": -1, "Id": 1}, skip=1, take=2)],
        "find fields": books.find({"Id": "3"}, fields={"Title": 1, "Id": 0}),
        "find all": len(books.find()),
        "first": books.first({"Title": "Ada"}, sort={"Id": -1}, fields={"Title": 1}),
        "first of none": books.first({"Title": "none"}),
        "get": books.get("3", fields={"Title": 1}),
        "get none": books.get("none"),
        "count": [books.count(), books.count({"Title": "Ada"})],
        "aggregate": books.aggregate({"GroupBy": "Title", "Aggregate": {"N": {"count": None}}}),
        "aggregate a filter": books.aggregate({"Aggregate": {"Last": {"max": "Id"}}}, filter={"Title": "Ada"}),
        "update": books.update("3", {"Title": "x"}),
        "update by filter": books.update({"Title": "Ada"}, {"$set": {"Title": "y"}}),
        "delete": books.delete("3"),
        "delete by filter": books.delete({"Title": "y"}),
    }
"""
        items = books("", functions__all=source)
        assert items.send("GET", "Functions/all").json == {
            "create": "3", "create many": ["4", "5"], "find": ["1", "3"], "find fields": [{"Title": "Ada"}], "find all": 5,
            "first": {"Id": "4", "Title": "Ada"}, "first of none": None, "get": {"Id": "3", "Title": "Ada"}, "get none": None,
            "count": [5, 2], "aggregate a filter": [{"Last": "4"}],
            "aggregate": [{"Title": "Dune", "N": 1}, {"Title": "Emma", "N": 1}, {"Title": "Ada", "N": 2}, {"Title": None, "N": 1}],
            "update": 1, "update by filter": 1, "delete": 1, "delete by filter": 1,
        }  # fmt: skip

    ERRORS = [
        ("unknown type", "data('Movie').find()", 611),
        ("bad filter", "data('Book').find({'$no': 1})", 608),
        ("bad fields", "data('Book').find(fields={'a': 5, 'b': 0})", 616),
        ("bad sort", "data('Book').find(sort={'a': 5})", 601),
        ("bad aggregate", "data('Book').aggregate({'GroupBy': 5})", 601),
        ("bad filter of an aggregation", "data('Book').aggregate({'GroupBy': 'a'}, filter={'$no': 1})", 608),
        ("missing item", "data('Book').update('none', {'Title': 'x'})", 801),
        ("missing item to delete", "data('Book').delete('none')", 801),
        ("taken", "data('Book').create({'Isbn': 'isbn-1'})", 107),
        ("denied", "data('Secret').find()", 603),
    ]

    @pytest.mark.parametrize(("expression", "code"), [row[1:] for row in ERRORS], ids=[row[0] for row in ERRORS])
    def test_errors_are_cloud_errors(self, make_application: MakeApplication, expression: str, code: int) -> None:
        source = f"from cloud import CloudError, data\ndef on_request(request, response):\n    try: {expression}\n    except CloudError as error: return error.code"
        items = Items(make_application(app_with({"functions/f.py": source}, Secret={"policy": "private"})))
        items.create({"Isbn": "isbn-1"})
        assert items.send("GET", "Functions/f").json == code

    def test_an_aggregation_fires_its_events(self, books: Any) -> None:
        items = books(
            "def before_aggregate(request, context): request.filter = {'Title': 'Emma'}\n"
            "def after_aggregate(request, response, context): response.result[0]['By'] = request.principal.type",
            functions__f="from cloud import data\n"
            "def on_request(request, response): return data('Book', master=True).aggregate({'GroupBy': 'Title'})",
        )
        assert items.send("GET", "Functions/f").json == [{"Title": "Emma", "By": "masterKey"}]

    def test_as_the_caller_or_with_the_master_key(self, make_application: MakeApplication) -> None:
        source = "from cloud import data\ndef on_request(request, response): return data('Secret', master=request.data).count()"
        items = Items(make_application(app_with({"functions/f.py": source}, Secret={"policy": "private"})))
        items.create({}, "Secret")
        assert items.send("POST", "Functions/f", False).error == (403, 603)
        assert items.send("POST", "Functions/f", True).json == 1
        assert items.send("POST", "Functions/f", False, headers=MASTER).json == 1

    def test_calls_overlap_in_async_code(self, books: Any) -> None:
        source = """
import asyncio
from cloud import data
async def on_request(request, response):
    first, many = await asyncio.gather(data("Book").get("1"), data("Book").find())
    return [first["Title"], len(many), await data("Book").count()]
"""
        assert books("", functions__f=source).send("GET", "Functions/f").json == ["Dune", 2, 2]

    def test_a_handler_that_answers_with_an_error_by_hand(self, books: Any) -> None:
        items = books(
            "def before_read(request, context): request.answer({'message': 'closed', 'code': 7}, 503)",
            functions__f="from cloud import data\ndef on_request(request, response): return data('Book').find()",
        )
        answer = items.send("GET", "Functions/f")
        assert (answer.status, answer.json) == (503, {"message": "closed", "errorCode": 7})


def test_secrets_are_redacted_in_answers_and_errors(books: Any, make_application: MakeApplication) -> None:
    source = (
        "from cloud import CloudError, secrets\n"
        "def after_read(request, response, context): response.additional_data['key'] = secrets['KEY']\n"
        "def before_create(request, context): raise CloudError(f'key {secrets[\"KEY\"]}')"
    )
    items = Items(make_application(app_with({"types/Book.py": source}), secrets={"app": {"KEY": "top-secret-value"}}))
    assert items.send("GET", "Book").json["key"] == "[secret KEY]"
    assert items.send("POST", "Book", {}).json["message"] == "key [secret KEY]"
