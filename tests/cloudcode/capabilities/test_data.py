"""Items from user code: what `data` offers, as whom, and its errors."""

import pytest

from tests.cloudcode.calling import MASTER
from tests.cloudcode.data_calls import MakeBooks


def test_all_that_it_offers(books: MakeBooks) -> None:
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


SECRET = {"Secret": {"policy": "private"}}
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
def test_errors_are_cloud_errors(books: MakeBooks, expression: str, code: int) -> None:
    source = f"from cloud import CloudError, data\ndef on_request(request, response):\n    try: {expression}\n    except CloudError as error: return error.code"
    items = books("", functions__f=source, more_types=SECRET)
    assert items.send("GET", "Functions/f").json == code


def test_an_aggregation_fires_its_events(books: MakeBooks) -> None:
    items = books(
        "def before_aggregate(request, context): request.filter = {'Title': 'Emma'}\n"
        "def after_aggregate(request, response, context): response.result[0]['By'] = request.principal.type",
        functions__f="from cloud import data\n"
        "def on_request(request, response): return data('Book', master=True).aggregate({'GroupBy': 'Title'})",
    )
    assert items.send("GET", "Functions/f").json == [{"Title": "Emma", "By": "masterKey"}]


def test_as_the_caller_or_with_the_master_key(books: MakeBooks) -> None:
    source = (
        "from cloud import data\ndef on_request(request, response): return data('Secret', master=request.data).count()"
    )
    items = books("", functions__f=source, more_types=SECRET)
    items.create({}, "Secret")
    assert items.send("POST", "Functions/f", False).error == (403, 603)
    assert items.send("POST", "Functions/f", True).json == 1
    assert items.send("POST", "Functions/f", False, headers=MASTER).json == 1


def test_calls_overlap_in_async_code(books: MakeBooks) -> None:
    source = """
import asyncio
from cloud import data
async def on_request(request, response):
    first, many = await asyncio.gather(data("Book").get("1"), data("Book").find())
    return [first["Title"], len(many), await data("Book").count()]
"""
    assert books("", functions__f=source).send("GET", "Functions/f").json == ["Dune", 2, 2]


def test_a_handler_that_answers_with_an_error_by_hand(books: MakeBooks) -> None:
    items = books(
        "def before_read(request, context): request.answer({'message': 'closed', 'code': 7}, 503)",
        functions__f="from cloud import data\ndef on_request(request, response): return data('Book').find()",
    )
    answer = items.send("GET", "Functions/f")
    assert (answer.status, answer.json) == (503, {"message": "closed", "errorCode": 7})
