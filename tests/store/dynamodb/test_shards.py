"""Documents that are spread over shards, so that no partition of the table gets all reads and writes."""

import random
from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from runtime.store.documents import Collection, Documents, ShardsChangedError
from runtime.store.dynamodb.actions import Delete, Put, Update
from runtime.store.dynamodb.changes import Changes
from runtime.store.dynamodb.counters import counting
from runtime.store.dynamodb.documents import DynamoDocuments
from runtime.store.dynamodb.items import Stored
from runtime.store.dynamodb.keys import Keys, sort_key_of
from runtime.store.dynamodb.state import State
from tests.store.asking import counted, found, ids
from tests.store.books import BOOKS, INDEXED, get
from tests.store.stand_ins.stand_in import StandIn

SHARDED = replace(INDEXED, shards=4)


@pytest.fixture
def sharded(aws: StandIn) -> Any:
    table = aws.table()
    yield DynamoDocuments(table, lease=0, settle=0)
    aws.delete_table(table.name)


QUERIES: list[tuple[Any, Any, str]] = [
    (None, None, "abcdefg"),
    ({"Title": "Emma"}, None, "ac"),
    ({"Tags": "love"}, {"Year": -1}, "ca"),
    ({}, {"Year": 1}, "abecdfg"),
    ({}, {"Year": -1}, "gfdcbea"),
    ({}, {"Title": -1}, "gfacbde"),
    ({"o.n": {"$gt": 0}}, None, "abc"),
    ({"Id": {"$in": ["f", "b"]}}, None, "bf"),
    ({"Year": {"$gt": 1815}}, None, "bce"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("filter", "sort", "expected"), QUERIES, ids=str)
def test_what_is_found_is_the_same(sharded: Documents, filter: Any, sort: Any, expected: str) -> None:
    sharded.insert(SHARDED, BOOKS)
    assert ids(sharded, SHARDED, filter, sort) == expected
    assert ids(sharded, SHARDED, filter, sort, skip=1, take=2) == expected[1:3]
    assert counted(sharded, SHARDED, filter) == len(expected)


@pytest.mark.slow
def test_documents_stay_where_they_are(sharded: Documents) -> None:
    sharded.insert(SHARDED, BOOKS)
    for shards in (1, 8):
        other = replace(SHARDED, shards=shards)
        with pytest.raises(ShardsChangedError, match=f"4 shards, not in {shards}.*relive copy"):
            sharded.prepare(other)
        assert get(sharded, other, "d").id == "d"
        assert ids(sharded, other, {"Title": "Emma"}) == "ac"
        sharded.insert(other, [{"Id": f"n{shards}"}])
    sharded.prepare(SHARDED)
    sharded.delete(SHARDED, found(sharded, SHARDED))
    assert counted(sharded, SHARDED) == 0


def spread(shards: int, number: int) -> tuple[Counter[str], Counter[str]]:
    """How many documents and how many writes each partition of the table gets, of books that are inserted."""
    collection = Collection("shop", "Book", unique=("ISBN",), indexed=("Shelf",), shards=shards)
    keys = Keys("shop", "Book", shards)
    changes = Changes(keys, State.new(collection))
    documents: Counter[str] = Counter()
    writes: Counter[str] = Counter()
    ids = random.Random(1)
    for n in range(number):
        value = {"Id": str(UUID(int=ids.getrandbits(128))), "ISBN": n, "Shelf": "new"}
        key = keys.document(sort_key_of(value["Id"]))
        documents[key.partition] += 1
        change = changes.insert(Stored(value, 1, key, n.to_bytes(14, "big")), 0)
        for action in (*change.actions, counting(keys, 1)):
            assert isinstance(action, Put | Update | Delete)
            writes[action.key.partition] += 1
    return documents, writes


@pytest.mark.slow
@pytest.mark.parametrize("shards", [4, 8, 16])
def test_documents_and_writes_are_spread_evenly(shards: int) -> None:
    even = 1000
    documents, writes = spread(shards, even * shards)
    assert len(documents) == shards
    assert 0.88 * even < min(documents.values()) <= max(documents.values()) < 1.12 * even
    # Of each insert, one write of a document, one of its place and one of each index goes to its shard.
    assert max(writes.values()) < 1.12 * even
    assert spread(1, even)[1].most_common(1)[0][1] == even
