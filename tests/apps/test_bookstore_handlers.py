"""The example app: what its handlers make of operations on authors and books."""

from typing import Any

import pytest

from runtime.application import Application
from runtime.apps.app import App
from tests.apps.bookstore import BOOKSTORE, ask, send
from tests.conftest import MakeApplication

pytestmark = pytest.mark.slow


@pytest.fixture
def bookstore(make_application: MakeApplication) -> Application:
    """With its first items."""
    application = make_application(BOOKSTORE)
    assert ask(application, "top_books").status == 200
    return application


def titles(application: Application) -> set[str]:
    return set(send(application, "GET", "Book?singleField=Title").json["Result"])


FOG = {"Title": "Fog", "Author": "ranta"}

# Name, whether with the master key, what is sent, what of it is read again
CREATED = [
    ("defaults", False, {}, {"Slug": "fog", "Likes": 0, "Copies": 0, "Ordered": 0, "SoldOut": True}),
    ("what callers may say", False, {"Copies": 3, "Slug": "mist"}, {"Copies": 3, "Slug": "mist", "SoldOut": False}),
    ("what they may not", False, {"Likes": 9, "Ordered": 9}, {"Likes": 0, "Ordered": 0}),
    ("the master key may", True, {"Likes": 9, "Ordered": 9}, {"Likes": 9, "Ordered": 9}),
    ("a slug of odd letters", False, {"Title": " Élan & Vital: Part 2! "}, {"Slug": "élan-and-vital-part-2"}),
]


@pytest.mark.parametrize(("master", "more", "read"), [row[1:] for row in CREATED], ids=[row[0] for row in CREATED])
def test_a_book_is_completed(bookstore: Application, master: bool, more: dict[str, Any], read: dict[str, Any]) -> None:
    assert send(bookstore, "POST", "Book", {**FOG, **more, "Id": "fog"}, master=master).status == 201
    book = send(bookstore, "GET", "Book/fog").json["Result"]
    assert {name: book[name] for name in read} == read


# Name, method, path, what is sent, status, code, message
REFUSED = [
    ("no title", "POST", "Book", {"Author": "ranta"}, 400, 601, "Title: is required."),
    ("a title of dots", "POST", "Book", {**FOG, "Title": "..."}, 400, 601, "does not match"),
    ("no author", "POST", "Book", {"Title": "Fog"}, 400, 601, "Author: is required."),
    ("an author who is not there", "POST", "Book", {**FOG, "Author": "x"}, 422, 4001, "There is no author 'x'."),
    ("one of a list", "POST", "Book", [FOG, {**FOG, "Author": "x"}], 422, 4001, "There is no author 'x'."),
    ("a filter as author", "POST", "Book", {**FOG, "Author": {"$ne": ""}}, 400, 601, "is not the Id of"),
    ("less than no copies", "POST", "Book", {**FOG, "Copies": -1}, 400, 601, "Copies: -1 is less than 0."),
    ("a slug that is taken", "POST", "Book", {**FOG, "Title": "The Salt road"}, 400, 107, 'Book.Slug: "the-salt-road"'),
    ("another author", "PUT", "Book?take=1&filter={}", {"Author": "x"}, 400, 601, "send a filter"),
    ("of one book", "PUT", 'Book?filter={"Likes":41}', {"Author": "x"}, 422, 4001, "There is no author 'x'."),
    ("renamed", "PUT", 'Book?filter={"Likes":41}', {"$rename": {"X": "Author"}}, 422, 4001, "author with $set."),
    ("set otherwise", "PUT", 'Book?filter={"Likes":41}', {"$set": {"Author": "x"}}, 422, 4001, "no author 'x'."),
    ("all books", "DELETE", "Book", None, 400, 601, "send a filter"),
]


@pytest.mark.parametrize(
    ("method", "path", "data", "status", "code", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)  # fmt: skip
def test_what_must_not_be_is_refused(
    bookstore: Application, method: str, path: str, data: Any, status: int, code: int, message: str
) -> None:
    before = titles(bookstore)
    answer = send(bookstore, method, path, data, master=method != "POST")
    assert answer.error == (status, code)
    assert message in answer.json["message"]
    assert titles(bookstore) == before


# Path, what anybody may not do
DENIED = [("POST", "Author", {"Name": "X"}), ("PUT", "Author/ranta", {"Name": "X"}), ("DELETE", "Author/ranta", None),
          ("PUT", 'Book?filter={"Likes":41}', {"Likes": 99}), ("DELETE", 'Book?filter={"Likes":41}', None)]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "data"), DENIED)
def test_what_anybody_may_not_do(bookstore: Application, method: str, path: str, data: Any) -> None:
    assert send(bookstore, method, path, data).error == (403, 603)


READ = {
    "a list": ("Book?take=1&sort={\"Copies\":1}&fields={\"Copies\":1,\"Id\":0}", [{"Copies": 0, "SoldOut": True}]),
    "without copies": ("Book?take=1&fields={\"Title\":1,\"Id\":0}", [{"Title": "The Salt Road"}]),
    "single fields": ("Book?take=2&singleField=Copies", [7, 3]),
    "a number of items": ("Book/_count", 6),
}  # fmt: skip


@pytest.mark.parametrize(("path", "result"), READ.values(), ids=READ.keys())
def test_what_is_sold_out_is_told(bookstore: Application, path: str, result: Any) -> None:
    assert send(bookstore, "GET", path).json["Result"] == result


def test_a_book_that_is_not_there_is_still_not_there(bookstore: Application) -> None:
    assert send(bookstore, "GET", "Book/x").error == (404, 801)


@pytest.fixture
def ordered(bookstore: Application) -> Application:
    """Somebody has ordered The Salt Road, which is by okonedo."""
    assert ask(bookstore, "order", {"book": "the-salt-road"}).status == 201
    return bookstore


KEPT = {
    "the book": ('Book?filter={"Slug":"the-salt-road"}', "Somebody waits for The Salt Road."),
    "with others": ('Book?filter={"Likes":{"$gt":1}}', "Somebody waits for The Salt Road."),
    "its author": ("Author/okonedo", "Somebody waits for a book of this author."),
    "all authors": ("Author", "Somebody waits for a book of this author."),
}


@pytest.mark.parametrize(("path", "message"), KEPT.values(), ids=KEPT.keys())
def test_what_somebody_waits_for_stays(ordered: Application, path: str, message: str) -> None:
    answer = send(ordered, "DELETE", path, master=True)
    assert (answer.status, answer.json) == (500, {"message": message, "errorCode": 910})
    assert len(titles(ordered)) == 6
    assert send(ordered, "GET", "Author/_count").json["Result"] == 5


def test_an_author_takes_the_books_along(ordered: Application) -> None:
    answer = send(ordered, "DELETE", 'Author?filter={"Id":{"$in":["ranta","adeyemi"]}}', master=True)
    assert answer.json == {"Result": 2, "Books": 2}
    assert titles(ordered) == {"The Salt Road", "Winter of Glass", "A Map of Small Rivers", "Bread & Thunder"}


def test_an_author_who_is_not_there_takes_none_along(ordered: Application) -> None:
    assert send(ordered, "DELETE", "Author/x", master=True).error == (404, 801)
    assert len(titles(ordered)) == 6


ORDERED_MEANWHILE = """

before_delete_alone = before_delete


def before_delete(request, context):
    before_delete_alone(request, context)
    data("Book", master=True).update({"Slug": "salt"}, {"$inc": {"Ordered": 1}})
"""
MANY, ONE = 'Book?filter={"Likes":{"$gt":1}}', "Book/salt"


@pytest.mark.parametrize(("path", "status", "left"), [(MANY, 200, 1), (ONE, 404, 7)], ids=["by filter", "by id"])
def test_what_is_ordered_between_the_look_and_the_delete_stays(
    make_application: MakeApplication, path: str, status: int, left: int
) -> None:
    code = {**BOOKSTORE.code, "types/Book.py": BOOKSTORE.code["types/Book.py"] + ORDERED_MEANWHILE}
    bookstore = make_application(App(BOOKSTORE.definition, code))
    assert ask(bookstore, "top_books").status == 200
    book = {"Id": "salt", "Title": "Salt", "Slug": "salt", "Author": "okonedo", "Likes": 9}
    assert send(bookstore, "POST", "Book", book, master=True).status == 201

    assert send(bookstore, "DELETE", path, master=True).status == status
    assert len(titles(bookstore)) == left
    assert "Salt" in titles(bookstore)


def test_the_first_books_come_again_when_all_are_gone(bookstore: Application) -> None:
    assert send(bookstore, "DELETE", 'Book?filter={"Likes":{"$gt":0}}', master=True).json["Result"] == 6
    assert send(bookstore, "DELETE", "Author/ranta", master=True).json == {"Result": 1, "Books": 0}
    assert len(ask(bookstore, "top_books", query="take=100").json) == 6
