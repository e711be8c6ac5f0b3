"""What handlers before operations make of requests, and how they end them."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.cloudcode.data_calls import MakeBooks

TITLES = 'Book/_aggregate?aggregate={"GroupBy":"Title"}'


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
    books: MakeBooks,
    source: str,
    request_sent: tuple[str, str, Any],
    status: int,
    body: Mapping[str, Any],
    stored: list[Any],
) -> None:
    items = books(source + "\ndef after_create(request, response, context): pass")
    answer = items.send(*request_sent)
    assert answer.status == status, answer.json
    assert {name: answer.json[name] for name in body} == body
    assert items.stored() == stored
