"""A filter on a field that has no index looks at everything: within the deadline, and the log says what would help."""

import logging
from typing import Any

import pytest

from runtime.deadline import Deadline
from runtime.errors import ReliveError
from runtime.store.documents import Collection
from runtime.store.dynamodb.documents import DynamoDocuments
from runtime.store.dynamodb.table import Table
from tests.store.asking import ids, query, values
from tests.store.stand_ins.stand_in import stand_in

pytestmark = pytest.mark.slow

BOOKS = Collection("shop", "Book", indexed=("Title",))
NUMBER = 120


@pytest.fixture(scope="module")
def documents() -> DynamoDocuments:
    documents = DynamoDocuments(stand_in("ministack").table(), lease=600, settle=0)
    for start in range(0, NUMBER, 30):
        documents.insert(BOOKS, [{"Id": f"{n:03}", "Price": n % 7, "o": {"n": n}} for n in range(start, start + 30)])
    return documents


ADVICE: list[tuple[Any, Any, str]] = [
    ({"Price": 3}, None, " Declare Price in relive.yaml to have an index."),
    ({"Price": 3, "Stock": 0}, None, " Declare Price or Stock in relive.yaml to have an index."),
    ({"o.n": 3, "Price": 0}, None, " Declare o or Price in relive.yaml to have an index."),
    ({"$or": [{"Title": "x"}, {"Price": 3}]}, None, ""),
    ({"Title": {"$ne": "x"}}, None, ""),
    ({}, {"Price": 1}, " Declare Price in relive.yaml to have an index."),
    ({}, {"Price": 1, "Title": 1}, " Declare Price in relive.yaml to have an index."),
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
    assert caplog.messages == [f"A query on the type Book of the app shop looked at 120 items one by one.{advice}"]


def test_it_ends_at_the_deadline(
    documents: DynamoDocuments, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.store.dynamodb.finding.MANY_LOOKED_AT", 100)

    class Slow:
        """A client to which a page is the last thing that there is time for."""

        def __init__(self, deadline: Deadline) -> None:
            self.queries = 0
            self._deadline = deadline

        def __getattr__(self, name: str) -> Any:
            def request(**parameters: Any) -> Any:
                answer = getattr(stand_in("ministack").client(), name)(**parameters)
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
