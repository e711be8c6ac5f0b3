"""A filter on a field that has no index looks at everything: within the deadline, and the log says what would help."""

import functools
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from runtime.apps.names import SYSTEM_FIELDS, FieldName
from runtime.deadline import Deadline
from runtime.errors import ReliveError
from runtime.store.advice import can_be_declared
from runtime.store.documents import Collection
from runtime.store.dynamodb.documents import DynamoDocuments
from runtime.store.dynamodb.table import Table
from tests.store.asking import counted, ids, query, values
from tests.store.stand_ins.stand_in import StandIn

pytestmark = pytest.mark.slow

BOOKS = Collection("shop", "Book", indexed=("Title",))
NUMBER = 120


@pytest.fixture(scope="module")
def documents(aws: StandIn) -> DynamoDocuments:
    documents = DynamoDocuments(aws.table(), lease=600, settle=0)
    for start in range(0, NUMBER, 30):
        documents.insert(BOOKS, [book(n) for n in range(start, start + 30)])
    return documents


def book(n: int) -> dict[str, Any]:
    return {"Id": f"{n:03}", "Price": n % 7, "o": {"n": n}}


NONE = "Declaring a field would not spare it that."

ADVICE: list[tuple[Any, Any, str]] = [
    ({"Price": 3}, None, "Declare Price in relive.yaml to have an index."),
    ({"Price": {"$in": [3, 4]}}, None, "Declare Price in relive.yaml to have an index."),
    ({"Price": {"$gt": 3}}, None, "Declare Price in relive.yaml to have an index."),
    ({"Price": {"$regex": "^abc"}}, None, "Declare Price in relive.yaml to have an index."),
    ({"Tags": {"$all": [3, 4]}}, None, "Declare Tags in relive.yaml to have an index."),
    ({"Price": 3, "Stock": 0}, None, "Declare Price or Stock in relive.yaml to have an index."),
    ({"o.n": 3, "Price": 0}, None, "Declare Price in relive.yaml to have an index."),
    ({"Price": {"$ne": 3}, "Stock": 0}, None, "Declare Stock in relive.yaml to have an index."),
    ({"Price": 3}, {"Stock": 1}, "Declare Price in relive.yaml to have an index."),
    ({"$or": [{"Title": "x"}, {"Price": 3}]}, None, "Declare Price in relive.yaml to have an index."),
    ({"$or": [{"Price": 3}, {"Stock": 0}]}, None, "Declare Price and Stock in relive.yaml, so that each has an index."),
    (
        {"$or": [{"Price": 3, "Size": 1}, {"Stock": 0}]},
        None,
        "Declare Size and Stock in relive.yaml, so that each has an index.",
    ),
    ({"$or": [{"Title": "x"}, {"o.n": 3}]}, None, NONE),
    ({"$or": [{"Owner": "x"}, {"Price": 3}]}, None, NONE),
    ({"$nor": [{"Price": 3}]}, None, NONE),
    ({"o.n": 3}, None, NONE),
    ({"o.n": 3}, {"Price": 1}, NONE),
    ({"o": {"n": 3}}, None, NONE),
    ({"Owner": "x"}, None, NONE),
    ({"Price": {"$ne": 3}}, None, NONE),
    ({"Price": {"$nin": [3]}}, None, NONE),
    ({"Price": {"$exists": False}}, None, NONE),
    ({"Price": {"$not": {"$gt": 3}}}, None, NONE),
    ({"Price": {"$regex": "abc"}}, None, NONE),
    ({"Title": {"$ne": "x"}}, None, NONE),
    ({}, {"Price": 1}, "Declare Price in relive.yaml to have an index."),
    ({}, {"o.n": 1}, NONE),
    ({}, {"Id": 1}, NONE),
    ({}, {"Price": 1, "Title": 1}, NONE),
    ({}, {"Title": 1, "Price": 1}, NONE),
]


@pytest.mark.parametrize(("filter", "sort", "advice"), ADVICE, ids=str)
def test_the_log_says_what_would_help(
    documents: DynamoDocuments,
    filter: Any,
    sort: Any,
    advice: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids(documents, BOOKS, filter, sort)
    assert caplog.messages == []  # few documents are nothing to tell about
    monkeypatch.setattr("runtime.store.dynamodb.finding.MANY_LOOKED_AT", 100)
    with caplog.at_level(logging.WARNING):
        ids(documents, BOOKS, filter, sort)
    assert caplog.messages == [f"A query on the type Book of the app shop looked at 120 items one by one. {advice}"]


@pytest.fixture(scope="module")
def declared(aws: StandIn) -> Callable[[tuple[str, ...]], tuple[DynamoDocuments, Collection]]:
    """Gives the same documents in a collection that has more indexes."""
    documents = DynamoDocuments(aws.table(), lease=600, settle=0)

    @functools.cache
    def having(fields: tuple[str, ...]) -> tuple[DynamoDocuments, Collection]:
        books = replace(BOOKS, type="".join(fields), indexed=(*BOOKS.indexed, *fields))
        for start in range(0, NUMBER, 15):
            documents.insert(books, [book(n) for n in range(start, start + 15)])
        return documents, books

    return having


FOLLOWED = [
    pytest.param(filter, sort, choice.split(" and "), id=f"{filter} {sort} {choice}")
    for filter, sort, advice in ADVICE
    if (named := re.match(r"Declare (.*) in relive", advice))
    for choice in named[1].split(" or ")
]


@pytest.mark.parametrize(("filter", "sort", "fields"), FOLLOWED)
def test_who_does_so_is_told_nothing_any_more(
    declared: Callable[[tuple[str, ...]], tuple[DynamoDocuments, Collection]],
    filter: Any,
    sort: Any,
    fields: list[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    documents, books = declared(tuple(fields))
    monkeypatch.setattr("runtime.store.dynamodb.finding.MANY_LOOKED_AT", 0)
    with caplog.at_level(logging.WARNING):
        ids(documents, books, filter, sort)
        assert caplog.messages == []
        counted(documents, books, filter)
        assert caplog.messages == []


@pytest.mark.parametrize(
    "name", [*sorted(SYSTEM_FIELDS), "Price", "a_1", "owner", "_a", "1a", "a-b", "a b", "ä", "a\n", "x" * 64, "x" * 65]
)
def test_no_field_is_named_that_cannot_be_declared(name: str) -> None:
    try:
        TypeAdapter(FieldName).validate_python(name)
    except ValidationError:
        assert not can_be_declared(name)
    else:
        assert can_be_declared(name)


def test_it_ends_at_the_deadline(
    aws: StandIn, documents: DynamoDocuments, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.store.dynamodb.finding.MANY_LOOKED_AT", 100)

    class Slow:
        """A client to which a page is the last thing that there is time for."""

        def __init__(self, deadline: Deadline) -> None:
            self.queries = 0
            self._deadline = deadline

        def __getattr__(self, name: str) -> Any:
            def request(**parameters: Any) -> Any:
                answer = getattr(aws.client(), name)(**parameters)
                if name == "query":
                    self.queries += 1
                    self._deadline.end()
                return answer

            return request

    for sort in (None, {"Price": 1}):
        deadline = Deadline.after(60).scope()
        client = Slow(deadline)
        slow = DynamoDocuments(Table(lambda client=client: client, documents._table.name))
        with pytest.raises(ReliveError) as error:
            list(slow.find(BOOKS, query({"Price": 3}, sort), deadline))
        assert error.value.code == 650
        assert client.queries == 1
    told = "A query on the type Book of the app shop looked at 120 items one by one. Declare Price in relive.yaml"
    assert [message.startswith(told) for message in caplog.messages] == [True, True]


def test_a_few_are_found_without_a_look_at_all(documents: DynamoDocuments, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert values(documents, BOOKS, {"Price": 3}, take=2) == [
            {"Id": "003", "Price": 3, "o": {"n": 3}},
            {"Id": "010", "Price": 3, "o": {"n": 10}},
        ]
    assert caplog.messages == []
