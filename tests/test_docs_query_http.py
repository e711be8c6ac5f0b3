"""Runs the examples of docs/query-language.md again, over HTTP: as a client sends them, on stored items."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from runtime.application import Application
from runtime.apps.app import App
from runtime.apps.definition import AppDefinition
from runtime.apps.names import SYSTEM_FIELDS
from runtime.errors import CATALOGUE
from runtime.settings import Settings
from tests.conftest import MASTER_KEY
from tests.curl import Curl
from tests.documents import Example
from tests.function_url import Answer, make_event, read_answer
from tests.query_page import BOOKS, ITEM, PAGE, Row, rows_with

pytestmark = pytest.mark.slow

FIELDS = {
    "Title": "text",
    "Published": "date",
    "Pages": "number",
    "Likes": "number",
    "InPrint": "boolean",
    "Tags": "array",
    "Author": "object",
}
"""Declared in `Book`, so that some fields have an index. `Shelf` holds anything."""

# Header, key of the query string
FILTER = ("X-Everlive-Filter", "filter")
SORT = ("X-Everlive-Sort", "sort")
PROJECTION = ("X-Everlive-Fields", "fields")
AGGREGATION = ("X-Everlive-Aggregate", "aggregate")

WAYS = ("header", "encoded header", "query string")


def table(*columns: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows_with(*columns), ids=lambda row: f"line {row.line}")


each_way = pytest.mark.parametrize("way", WAYS)


class Client:
    """Calls one app, as anybody."""

    def __init__(self, application: Application, app_id: str) -> None:
        self._application = application
        self._app_id = app_id

    def send(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        sent = dict(headers or {})
        if body is not None:
            sent["Content-Type"] = "application/json"
        text = None if body is None else json.dumps(body)
        event = make_event(method, f"/v1/{self._app_id}/{path}", sent, text)
        return read_answer(self._application.handle(event, "request-of-the-documentation"))

    def get(self, path: str, parameter: tuple[str, str], value: Any, way: str) -> Answer:
        header, key = parameter
        text = json.dumps(value)
        if way == "query string":
            return self.send("GET", f"{path}?{key}={quote(text)}")
        return self.send("GET", path, headers={header: text if way == "header" else quote(text)})

    def fill(self) -> None:
        """Make `Book` hold the books of the page, in their order, and nothing else."""
        self.send("DELETE", "Book")
        assert self.send("POST", "Book", BOOKS).status == 201


@pytest.fixture(scope="module")
def application(guests: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    application = Application(Settings(data=tmp_path_factory.mktemp("data"), guests=guests), MASTER_KEY)
    for app_id in ("library", "bookstore"):
        definition = {
            "app": {"id": app_id, "title": "Books"},
            "types": {
                "Book": {"policy": "public", "fields": {name: {"type": type} for name, type in FIELDS.items()}},
                "Draft": {"policy": "public"},
            },
        }
        application.apps.apply(App(AppDefinition.model_validate(definition), {}))
    yield application
    application.close()


@pytest.fixture(scope="module")
def library(application: Application) -> Client:
    """An app with the books, which stay as they are, and drafts to write on."""
    client = Client(application, "library")
    client.fill()
    assert client.send("POST", "Draft", ITEM).status == 201
    return client


@pytest.fixture
def bookstore(application: Application) -> Application:
    """As it is before each command of the page."""
    Client(application, "bookstore").fill()
    return application


@each_way
@table("Filter", "Finds")
def test_filter(library: Client, row: Row, way: str) -> None:
    answer = library.get("Book", FILTER, row.json("Filter"), way)
    assert [book["Id"] for book in answer.json["Result"]] == row.ids("Finds")
    assert answer.json["Count"] == len(row.ids("Finds"))


@table("Filter", "Finds")
def test_count(library: Client, row: Row) -> None:
    answer = library.get("Book/_count", FILTER, row.json("Filter"), "header")
    assert answer.json == {"Result": len(row.ids("Finds"))}


@each_way
@table("Sort", "Order")
def test_sort(library: Client, row: Row, way: str) -> None:
    answer = library.get("Book", SORT, row.json("Sort"), way)
    assert [book["Id"] for book in answer.json["Result"]] == row.ids("Order")


@table("Sort", "Order")
def test_sorted_pages(library: Client, row: Row) -> None:
    query = {"sort": json.dumps(row.json("Sort")), "skip": 1, "take": 3}
    answer = library.send("GET", f"Book?{urlencode(query)}").json
    assert [book["Id"] for book in answer["Result"]] == row.ids("Order")[1:4]
    assert answer["Count"] == len(BOOKS)


@each_way
@table("Fields", "Gives")
def test_fields(library: Client, row: Row, way: str) -> None:
    result = library.get(f"Draft/{ITEM['Id']}", PROJECTION, row.json("Fields"), way).json["Result"]
    given = row.json("Gives")
    assert result.get("Id") == given.get("Id")
    assert own_fields(result) == own_fields(given)


@each_way
@table("Aggregation", "Result")
def test_aggregation(library: Client, row: Row, way: str) -> None:
    answer = library.get("Book/_aggregate", AGGREGATION, row.json("Aggregation"), way)
    assert json.dumps(answer.json) == json.dumps({"Result": row.json("Result")})


@table("Update", "Before", "After")
def test_update(library: Client, row: Row) -> None:
    path = new_draft(library, row.json("Before"))
    answer = library.send("PUT", path, row.json("Update"))
    assert (answer.status, answer.json["Result"]) == (200, 1)
    assert own_fields(library.send("GET", path).json["Result"]) == own_fields(row.json("After"))


def new_draft(library: Client, fields: Any) -> str:
    """The path of a new item."""
    return f"Draft/{library.send('POST', 'Draft', fields).json['Result']['Id']}"


def own_fields(item: Any) -> str:
    """What is not the server's: as JSON, where 15.0 is not 15 and fields have an order."""
    return json.dumps({name: value for name, value in item.items() if name not in SYSTEM_FIELDS})


@each_way
@table("Filter", "Message")
def test_filter_error(library: Client, row: Row, way: str) -> None:
    assert_error(library.get("Book", FILTER, row.json("Filter"), way), 608, row)


@each_way
@table("Sort", "Message")
def test_sort_error(library: Client, row: Row, way: str) -> None:
    assert_error(library.get("Book", SORT, row.json("Sort"), way), 601, row)


@each_way
@table("Fields", "Message")
def test_fields_error(library: Client, row: Row, way: str) -> None:
    assert_error(library.get("Book", PROJECTION, row.json("Fields"), way), 616, row)


@each_way
@table("Aggregation", "Message")
def test_aggregation_error(library: Client, row: Row, way: str) -> None:
    assert_error(library.get("Book/_aggregate", AGGREGATION, row.json("Aggregation"), way), 601, row)


@table("Update", "Message")
def test_update_error(library: Client, row: Row) -> None:
    assert_error(library.send("PUT", "Book/salt", row.json("Update")), 601, row)
    assert_error(library.send("PUT", "Book", row.json("Update")), 601, row)


@table("Update", "Before", "Message")
def test_update_that_does_not_fit(library: Client, row: Row) -> None:
    path = new_draft(library, row.json("Before"))
    assert_error(library.send("PUT", path, row.json("Update")), 601, row)
    assert own_fields(library.send("GET", path).json["Result"]) == own_fields(row.json("Before"))


def assert_error(answer: Answer, code: int, row: Row) -> None:
    assert answer.json == {"message": f"{CATALOGUE[code].message} {row.code('Message')}", "errorCode": code}
    assert answer.status == 400


@pytest.mark.parametrize("parameter", ["filter={}", "filter={}&sort={}", "skip=5", "take=0"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_beside_an_id_there_is_nothing_to_choose(library: Client, method: str, parameter: str) -> None:
    path = new_draft(library, {"Likes": 1})
    none = quote(json.dumps({"Likes": 2}))
    body = {"Likes": 3} if method == "PUT" else None
    assert library.send(method, f"{path}?{parameter.replace('{}', none)}", body).status == 200


# The commands of the page


def typed(words: tuple[str, ...]) -> list[str]:
    """A command with what `-G` and `--data-urlencode` put into its address."""
    rest, query = list(words), {}
    while "--data-urlencode" in rest:
        position = rest.index("--data-urlencode")
        name, _, value = rest[position + 1].partition("=")
        query[name] = value
        del rest[position : position + 2]
    if "-G" in rest:
        rest.remove("-G")
        rest[1] = f"{rest[1]}?{urlencode(query)}"
    return rest


EXAMPLES = PAGE.examples({"API": "http://127.0.0.1:8240/v1/bookstore"})


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line {example.line}")
def test_command(bookstore: Application, example: Example) -> None:
    curl = Curl.parse(typed(example.words))
    assert curl.differences(example.shown, curl.send(bookstore)) == []
