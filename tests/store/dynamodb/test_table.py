"""One table, by its requests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.deadline import Deadline
from runtime.errors import ReliveError
from runtime.store.documents import NEVER
from runtime.store.dynamodb.actions import MISSING, Condition, Key, Put, Update, successor
from runtime.store.dynamodb.failures import CancelledError, ConditionFailedError
from runtime.store.dynamodb.sizes import ITEM_BYTES, item_bytes
from runtime.store.dynamodb.table import Table
from runtime.store.port import StoreBusyError, TooLargeError
from tests.store.stand_ins.stand_in import StandIn

SORT_KEYS = st.binary(min_size=1, max_size=3) | st.sampled_from([b"\xff" * 1024, b"a" * 1024, b"a" * 1023 + b"\xff"])
EIGHT = [bytes([n]) for n in range(8)]


@given(SORT_KEYS, SORT_KEYS)
def test_nothing_is_between_a_key_and_its_successor(key: bytes, other: bytes) -> None:
    after = successor(key)
    if after is None:
        assert other <= key
    else:
        assert key < after
        assert len(after) <= 1024
        assert other <= key or other >= after


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"pk": {"S": "ab"}, "sk": {"B": b"abc"}}, 9),
        ({"é": {"S": "é"}}, 4),
        ({"n": {"N": "-12.50"}}, 1 + 5),
        ({"n": {"N": "1000"}}, 1 + 3),
        ({"n": {"NULL": True}, "b": {"BOOL": False}}, 4),
        ({"l": {"L": [{"S": "a"}, {"L": []}]}}, 1 + 3 + 2 + 4),
        ({"m": {"M": {"ab": {"S": "c"}}}}, 1 + 3 + 1 + 2 + 1),
    ],
    ids=repr,
)
def test_the_size_of_an_item(item: dict[str, dict[str, object]], size: int) -> None:
    assert item_bytes(item) == size


@pytest.fixture
def table(aws: StandIn) -> Table:
    return aws.table(patience=10)


@pytest.mark.slow
class TestTable:
    @pytest.mark.parametrize("limit", [None, 1, 3])
    @pytest.mark.parametrize(
        ("low", "high", "expected"),
        [
            (None, None, EIGHT),
            (b"\2", None, EIGHT[2:]),
            (None, b"\2", EIGHT[:2]),
            (b"\2", b"\5", EIGHT[2:5]),
            (b"\2", b"\2", []),
            (b"\5", b"\2", []),
            (b"", b"\4\0", EIGHT[:5]),
        ],
        ids=repr,
    )
    def test_a_range_of_keys(
        self, table: Table, low: bytes | None, high: bytes | None, expected: list[bytes], limit: int | None
    ) -> None:
        table.write_many(NEVER, puts=[Key(partition, sort).item for sort in EIGHT for partition in "pq"])
        for descending in (False, True):
            pages = table.query("p", NEVER, low=low, high=high, descending=descending, limit=limit)
            keys = [Key.of(item).sort for page in pages for item in page.items]
            assert keys == (expected[::-1] if descending else expected)

    def test_a_filter_and_a_projection(self, table: Table) -> None:
        table.write_many(
            NEVER, puts=[{**Key("p", sort).item, "n": {"N": str(sort[0])}, "x": {"S": ""}} for sort in EIGHT]
        )
        above = Condition("#n > :n", {"#n": "n"}, {":n": {"N": "5"}})
        (page,) = table.query("p", NEVER, filter=above, projection=["n"])
        assert page.items == [{**Key("p", sort).item, "n": {"N": str(sort[0])}} for sort in EIGHT[6:]]
        assert page.scanned == 8
        assert sum(len(page.items) for page in table.scan(NEVER, filter=above)) == 2

    def test_many_items(self, table: Table) -> None:
        keys = [Key("p", n.to_bytes(2, "big")) for n in range(230)]
        table.write_many(NEVER, puts=[key.item for key in keys])
        assert set(table.get_many([*keys, *keys, Key("q", b"x")], NEVER)) == set(keys)
        table.write_many(NEVER, deletes=keys[:200])
        assert set(table.get_many(keys, NEVER)) == set(keys[200:])

    def test_a_condition_that_does_not_hold_tells_what_is_there(self, table: Table) -> None:
        there = {**Key("p", b"a").item, "n": {"N": "1"}}
        table.write(Put(there, MISSING), NEVER)
        with pytest.raises(ConditionFailedError) as failed:
            table.write(Put(Key("p", b"a").item, MISSING), NEVER)
        assert failed.value.item == there
        add = Update(Key("p", b"count"), "ADD #n :one", {"#n": "n"}, {":one": {"N": "1"}})
        with pytest.raises(CancelledError) as cancelled:
            table.transact([add, Put(Key("p", b"a").item, MISSING)], NEVER)
        assert [(reason.code, reason.item) for reason in cancelled.value.reasons] == [
            ("None", None),
            ("ConditionalCheckFailed", there),
        ]
        assert table.get(add.key, NEVER) is None

    def test_an_item_that_is_too_large_is_told_with_its_size(self, table: Table) -> None:
        large = {**Key("p", b"a").item, "x": {"S": "x" * ITEM_BYTES}}
        for write in (lambda: table.write(Put(large), NEVER), lambda: table.transact([Put(large)], NEVER)):
            with pytest.raises(TooLargeError, match=r"takes up to 409,600 bytes\. It has 409,607"):
                write()

    def test_without_time_nothing_is_sent(self, table: Table) -> None:
        with pytest.raises(ReliveError) as error:
            table.get(Key("p", b"a"), Deadline.after(0))
        assert error.value.code == 650
        with pytest.raises(StoreBusyError):
            table.write(Put(Key("p", b"a").item), Deadline.after(0))
        assert table.get(Key("p", b"a"), NEVER) is None
