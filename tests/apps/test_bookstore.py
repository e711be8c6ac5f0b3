"""The example app: what each of its functions answers. What its handlers do is in test_bookstore_handlers.py."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from runtime.application import Application
from tests.apps.bookstore import BOOKSTORE, ask, send
from tests.cloudcode.outgoing.scripted_peer import Peer, http_answer
from tests.conftest import MakeApplication

pytestmark = pytest.mark.slow


@pytest.fixture
def bookstore(make_application: MakeApplication) -> Application:
    return make_application(BOOKSTORE)


def test_every_file_has_its_place() -> None:
    functions = {BOOKSTORE.function_path(name) for name in BOOKSTORE.definition.functions}
    types = {BOOKSTORE.type_path(name) for name in BOOKSTORE.definition.types}
    assert functions | types | set(BOOKSTORE.shared) == set(BOOKSTORE.code)
    assert list(BOOKSTORE.definition.types) == ["Author", "Book"]


def test_it_compiles(bookstore: Application) -> None:
    assert bookstore.check(BOOKSTORE) == []


def test_the_first_items_come_once(make_application: MakeApplication) -> None:
    """Also when the server is started again on the same data."""
    for application in (make_application(BOOKSTORE), make_application(BOOKSTORE)):
        for _ in range(2):
            assert len(ask(application, "top_books", query="take=100").json) == 6


def test_the_first_items_come_once_when_many_look_at_once(bookstore: Application) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: ask(bookstore, "top_books"), range(4)))
    assert [answer.status for answer in answers] == [200] * 4
    assert len(ask(bookstore, "top_books", query="take=100").json) == 6


def test_a_first_call_that_ended_half_way_is_made_up_for(bookstore: Application) -> None:
    for author in ({"Id": "okonedo", "Name": "Mira Okonedo"}, {"Id": "ranta", "Name": "Aulikki Ranta"}):
        assert send(bookstore, "POST", "Author", author, master=True).status == 201
    assert len(ask(bookstore, "top_books", query="take=100").json) == 6
    assert send(bookstore, "GET", "Author/_count").json["Result"] == 5


def test_nothing_is_added_to_books_of_others(bookstore: Application) -> None:
    assert send(bookstore, "POST", "Author", {"Id": "moreau", "Name": "Claire Moreau"}, master=True).status == 201
    assert send(bookstore, "POST", "Book", {"Title": "Fog", "Author": "moreau"}, master=True).status == 201
    assert [book["Title"] for book in ask(bookstore, "top_books").json] == ["Fog"]


TAKES = {"none": ("", 5), "fewer": ("take=2", 2), "more than there are": (f"take={'9' * 30}", 6)}


@pytest.mark.parametrize(("query", "count"), TAKES.values(), ids=TAKES.keys())
def test_top_books(bookstore: Application, query: str, count: int) -> None:
    books = ask(bookstore, "top_books", query=query).json
    assert len(books) == count
    assert books == sorted(books, key=lambda book: -book["Likes"])
    assert books[0] == {"Title": "The Salt Road", "Author": "Mira Okonedo", "Likes": 41}


@pytest.mark.parametrize("take", ["0", "-1", "many", "1.5", "", "9" * 5000])
def test_top_books_with_a_wrong_take(bookstore: Application, take: str) -> None:
    answer = ask(bookstore, "top_books", query=f"take={take}")
    assert answer.status == 422
    assert answer.json == {"message": "take must be a whole number from 1.", "errorCode": 4002}


def test_shelf(bookstore: Application) -> None:
    answer = ask(bookstore, "shelf")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<li><b>Bread &amp; Thunder</b> by Mira Okonedo (12 in stock)</li>" in answer.text
    assert "<li><b>A Map of Small Rivers</b> by Ines Carvalho (sold out)</li>" in answer.text


@pytest.mark.parametrize("change", [{"$unset": {"Copies": ""}}, {"Copies": None}], ids=str)
def test_a_book_of_which_nobody_knows_how_many_there_are(bookstore: Application, change: Any) -> None:
    ask(bookstore, "top_books")
    assert send(bookstore, "PUT", 'Book?filter={"Slug":"the-salt-road"}', change, master=True).json["Result"] == 1
    assert "<li><b>The Salt Road</b> by Mira Okonedo (sold out)</li>" in ask(bookstore, "shelf").text
    order = ask(bookstore, "order", {"book": "the-salt-road"})
    assert order.json == {"message": "Not enough in stock: 0 left.", "errorCode": 910}


@dataclass(frozen=True)
class Order:
    name: str
    data: Any
    status: int
    code: int
    message: str


ORDERS = [
    Order("no data", [], 422, 4004, "Say which book."),
    Order("unknown book", {"book": "x"}, 404, 4041, "There is no book named x."),
    Order("a list as book", {"book": ["x"]}, 422, 4004, "Say which book."),
    Order("a filter as book", {"book": {"$ne": ""}}, 422, 4004, "Say which book."),
    Order("no copies", {"book": "the-salt-road", "copies": 0}, 422, 4001, "copies must be a whole number from 1."),
    Order("half a copy", {"book": "the-salt-road", "copies": 1.5}, 422, 4001, "copies must be a whole number from 1."),
    Order("a switch", {"book": "the-salt-road", "copies": True}, 422, 4001, "copies must be a whole number from 1."),
    Order("too many", {"book": "winter-of-glass", "copies": 4}, 500, 910, "Not enough in stock: 3 left."),
    Order("sold out", {"book": "a-map-of-small-rivers"}, 500, 910, "Not enough in stock: 0 left."),
    Order("crash", {"rehearse": "crash"}, 500, 901, "An error occurred during execution of custom server code."),
]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.name)
def test_orders_that_fail(bookstore: Application, order: Order) -> None:
    answer = ask(bookstore, "order", order.data)
    assert (answer.status, answer.json["errorCode"]) == (order.status, order.code)
    assert order.message in answer.json["message"]


def test_an_order(bookstore: Application) -> None:
    answer = ask(bookstore, "order", {"book": "bread-and-thunder", "copies": 12})
    assert answer.status == 201
    assert answer.json == {"Book": "Bread & Thunder", "Copies": 12}


def test_orders_empty_the_shelf(bookstore: Application) -> None:
    order = {"book": "winter-of-glass", "copies": 2}
    assert ask(bookstore, "order", order).status == 201
    assert ask(bookstore, "order", order).json == {"message": "Not enough in stock: 1 left.", "errorCode": 910}
    assert ask(bookstore, "order", {"book": "winter-of-glass"}).status == 201
    assert "<b>Winter of Glass</b> by Tomas Lindqvist (sold out)" in ask(bookstore, "shelf").text


def test_no_two_orders_get_the_same_copy(bookstore: Application) -> None:
    ask(bookstore, "top_books")
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: ask(bookstore, "order", {"book": "winter-of-glass"}), range(6)))
    assert sorted(answer.status for answer in answers) == [201] * 3 + [500] * 3


def test_an_order_by_get(bookstore: Application) -> None:
    answer = ask(bookstore, "order")
    assert answer.status == 405
    assert answer.json == {"message": "Send the order with POST.", "errorCode": 4005}


def test_a_slow_order(make_application: MakeApplication) -> None:
    assert ask(make_application(BOOKSTORE, budget_seconds=1.5), "order", {"rehearse": "slow"}).error == (500, 902)


Library = Callable[[bytes], tuple[Application, Peer]]


@pytest.fixture
def library(make_application: MakeApplication) -> Iterator[Library]:
    """Makes the bookstore with a stand-in for Open Library that has one answer."""
    peers: list[Peer] = []

    def make(answer: bytes) -> tuple[Application, Peer]:
        peer = Peer({"/search.json": answer})
        peers.append(peer)
        return make_application(BOOKSTORE, http_stand_ins={"https://openlibrary.org": peer.url}), peer

    yield make
    for peer in peers:
        peer.close()


def test_find_book(library: Library) -> None:
    found = {"docs": [{"title": "Fog", "author_name": ["A. Writer"], "first_publish_year": 1901}, {"title": "Fog II"}]}
    application, peer = library(http_answer(body=json.dumps(found).encode()))

    assert ask(application, "find_book", query="title=fog+%26+rain").json == [
        {"Title": "Fog", "Authors": ["A. Writer"], "Year": 1901},
        {"Title": "Fog II", "Authors": [], "Year": None},
    ]
    assert [request.target for request in peer.received] == ["/search.json?title=fog+%26+rain&limit=5"]


def test_find_book_without_title(bookstore: Application) -> None:
    answer = ask(bookstore, "find_book", query="title=+")
    assert (answer.status, answer.json["errorCode"]) == (422, 4003)


FAILURES = {
    "an error": (http_answer(503), (502, 5022), "Open Library answers 503."),
    "nothing": (b"", (502, 5021), "Open Library does not answer."),
}


@pytest.mark.parametrize(("content", "error", "message"), FAILURES.values(), ids=FAILURES.keys())
def test_find_book_when_the_library_fails(
    library: Library, content: bytes, error: tuple[int, int], message: str
) -> None:
    application, _ = library(content)
    answer = ask(application, "find_book", query="title=fog")
    assert answer.error == error
    assert answer.json["message"] == message
