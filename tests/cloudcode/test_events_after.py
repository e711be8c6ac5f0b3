"""What handlers after operations make of answers, and what becomes of errors there."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.cloudcode.data_calls import MakeBooks

TITLES = 'Book/_aggregate?aggregate={"GroupBy":"Title"}'


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
    books: MakeBooks,
    source: str,
    request_sent: tuple[str, str, Any],
    status: int,
    body: Mapping[str, Any],
    stored: list[Any],
) -> None:
    items = books(source)
    answer = items.send(*request_sent)
    assert answer.status == status, answer.json
    assert {name: answer.json[name] for name in body} == body
    assert "written" not in answer.json or "written" in body
    assert items.stored() == stored


def test_after_errors_may_be_logged_alone(books: MakeBooks) -> None:
    items = books("def after_create(request, response, context): 1 / 0", type_options={"after_errors": "log"})
    answer = items.send("POST", "Book", {"Id": "3"})
    assert (answer.status, answer.json["Result"]["Id"]) == (201, "3")
    assert items.fired() == ["Book.after_create"]
    assert items.send("POST", "Book", {"Id": "3"}).error == (400, 107)
