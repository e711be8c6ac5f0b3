"""What is inserted together is one transaction of DynamoDB, as it really would be written."""

from collections.abc import Iterator
from typing import Any

import pytest

from runtime.store.documents import Collection
from runtime.store.dynamodb.changes import Changes
from runtime.store.dynamodb.items import Stored
from runtime.store.dynamodb.keys import Keys, sort_key_of
from runtime.store.dynamodb.state import State
from runtime.store.dynamodb.transactions import fits
from runtime.store.insertable import insertable

PLAIN = Collection("shop", "Item")
INDEXED = Collection("shop", "Item", unique=("ISBN", "Code"), indexed=("Tags", "More", "Title"))
WIDE = Collection("shop", "Item", indexed=tuple(f"t{n}" for n in range(6)))


def items(number: int, **fields: Any) -> Iterator[dict[str, Any]]:
    for n in range(number):
        yield {"Id": f"{n}", **{name: value(n) if callable(value) else value for name, value in fields.items()}}


def some(count: int) -> Any:
    return lambda n: [f"{n}-{k}" for k in range(count)]


CASES = [
    pytest.param(PLAIN, items(250), 49, id="nothing but ids"),
    pytest.param(INDEXED, items(100), 14, id="indexes and no values"),
    pytest.param(INDEXED, items(100, ISBN=str, Code=str), 11, id="unique values"),
    pytest.param(INDEXED, items(100, Tags=some(18), More=some(10)), 2, id="arrays"),
    pytest.param(INDEXED, items(100, Tags=["a", "a", "b"], More=[]), 11, id="elements that are equal"),
    pytest.param(INDEXED, items(100, Tags=some(21), More=some(1000)), 11, id="more elements than have entries"),
    pytest.param(INDEXED, items(100, Tags=lambda n: list(range(n))), 3, id="arrays of any length"),
    pytest.param(PLAIN, items(30, Text="x" * 390_000), 2, id="large"),
    pytest.param(PLAIN, items(100, Text="\u2028" * 100_000), 1, id="large in JSON"),
    pytest.param(PLAIN, items(100, n=list(range(10_000))), 17, id="many numbers"),
    pytest.param(INDEXED, items(100, Title="x" * 5000, Tags=some(20)), 3, id="long keys"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("collection", "values", "least"), CASES)
def test_one_transaction_takes_it(collection: Collection, values: Iterator[dict[str, Any]], least: int) -> None:
    """`least` is how many are inserted at once at least, but for the last ones: the more, the cheaper."""
    there = list(values)
    batches = list(insertable(there, collection))
    assert [value for batch in batches for value in batch] == there
    assert min(len(batch) for batch in batches[:-1]) >= least
    assert all(fits(actions(collection, batch)) for batch in batches)


def test_what_no_transaction_takes_is_alone() -> None:
    full = {f"t{n}": list(range(20)) for n in range(6)}
    values = [{"Id": "a"}, {"Id": "full", **full}, {"Id": "b"}, {"Id": "c"}]
    batches = list(insertable(values, WIDE))
    assert [[value["Id"] for value in batch] for batch in batches] == [["a"], ["full"], ["b", "c"]]
    assert [fits(actions(WIDE, batch)) for batch in batches] == [True, False, True]


def test_without_documents_there_is_nothing_to_insert() -> None:
    assert list(insertable([], INDEXED)) == []


def actions(collection: Collection, values: list[dict[str, Any]]) -> list[Any]:
    """What an insert of these writes."""
    changes = Changes(Keys(collection.app, collection.type), State.new(collection))
    new = [Stored(value, 1, changes.keys.document(sort_key_of(value["Id"])), bytes(8)) for value in values]
    return [action for number, each in enumerate(new) for action in changes.insert(each, number).actions]
