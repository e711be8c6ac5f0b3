"""What every engine of the store promises."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from runtime.store.port import Record, RecordExistsError, Store, StoreUnavailableError, VersionConflictError
from tests.store.engines import Clock

A_WHILE = 10.0

VALUES = [
    pytest.param({}, id="empty"),
    pytest.param(
        {"text": "Grüße, 世界 🙂", "none": None, "yes": True, "list": [1, -2.5, {"deep": []}]}, id="every JSON type"
    ),
    pytest.param({"number": 2**53}, id="large integer"),
    pytest.param({"text": 'a\0b\x1f\r\n\u2028\\"'}, id="control characters"),
    pytest.param({"text": "half \ud83d"}, id="lone surrogate"),
    pytest.param({"text": "x" * 300_000}, id="300 KB"),
]

KEYS = ["a", "A", "é", "世界", "with space", "a/b#c", "%_*", "'; DROP TABLE records; --", "k" * 1024]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_comes_back_as_it_was(store: Store, value: dict[str, Any]) -> None:
    written = store.insert("books", "1", value)
    assert store.get("books", "1") == written == Record("books", "1", value, written.version)


@pytest.mark.parametrize("key", KEYS)
def test_any_text_is_a_key(store: Store, key: str) -> None:
    store.insert(key, key, {"key": key})
    assert [record.key for record in store.page(key)] == [key]
    assert store.delete(key, key)


@pytest.mark.parametrize(
    ("partition", "key"),
    [("", "k"), ("p", ""), ("p" * 2049, "k"), ("p", "k" * 1025), ("p", "é" * 513), ("p", "\ud83d")],
    ids=["no partition", "no key", "partition too long", "key too long", "key too long in bytes", "not UTF-8"],
)
def test_a_name_that_no_engine_can_keep_is_refused(store: Store, partition: str, key: str) -> None:
    with pytest.raises(ValueError):
        store.put(partition, key, {})


@pytest.mark.parametrize("value", [{"n": float("nan")}, {"n": float("inf")}, {"n": {1}}, {"n": b"x"}], ids=repr)
def test_a_value_that_json_cannot_say_is_refused_and_nothing_is_written(store: Store, value: dict[str, Any]) -> None:
    for write in (store.insert, store.put):
        with pytest.raises((TypeError, ValueError)):
            write("books", "1", value)
    assert store.get("books", "1") is None


def test_insert_refuses_a_key_that_is_taken(store: Store) -> None:
    first = store.insert("books", "1", {"n": 1})
    with pytest.raises(RecordExistsError):
        store.insert("books", "1", {"n": 2})
    assert store.get("books", "1") == first
    store.insert("films", "1", {"n": 3})


def test_put_writes_over_and_changes_the_version(store: Store) -> None:
    first = store.put("books", "1", {"n": 1}, expires_at=None)
    second = store.put("books", "1", {"n": 2})
    assert store.get("books", "1") == second
    assert second.version != first.version


def test_replace_needs_the_version_that_was_read(store: Store) -> None:
    first = store.insert("books", "1", {"n": 1})
    second = store.replace("books", "1", {"n": 2}, version=first.version)
    with pytest.raises(VersionConflictError):
        store.replace("books", "1", {"n": 3}, version=first.version)
    assert store.get("books", "1") == second


@pytest.mark.parametrize("again", [False, True], ids=["deleted", "deleted and made again"])
def test_replace_does_not_take_a_later_record_for_the_one_that_was_read(store: Store, again: bool) -> None:
    first = store.insert("books", "1", {"n": 1})
    store.delete("books", "1")
    if again:
        store.insert("books", "1", {"n": 1})
    with pytest.raises(VersionConflictError):
        store.replace("books", "1", {"n": 2}, version=first.version)


def test_delete_says_whether_there_was_something(store: Store) -> None:
    record = store.insert("books", "1", {})
    assert not store.delete("books", "2")
    assert not store.delete("films", "1")
    assert not store.delete("books", "1", version=record.version + 1)
    assert store.delete("books", "1", version=record.version)
    assert not store.delete("books", "1")
    assert store.get("books", "1") is None


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, "ABab"),
        ({"descending": True}, "baBA"),
        ({"limit": 2}, "AB"),
        ({"limit": 2, "descending": True}, "ba"),
        ({"after": "B"}, "ab"),
        ({"after": "B", "descending": True}, "A"),
        ({"after": "C"}, "ab"),
        ({"after": "C", "descending": True}, "BA"),
        ({"after": "b"}, ""),
        ({"limit": 0}, ""),
        ({"limit": -1}, ""),
    ],
    ids=str,
)
def test_a_page_is_ordered_by_the_bytes_of_the_keys(store: Store, arguments: dict[str, Any], expected: str) -> None:
    for key in "bAaB":
        store.insert("books", key, {})
        store.insert("other", key * 2, {})
    assert "".join(record.key for record in store.page("books", **arguments)) == expected


def test_several_records_are_put_at_once(store: Store) -> None:
    old = store.insert("books", "a", {"n": 0})
    records = store.put_all("books", {"b": {"n": 2}, "a": {"n": 1}})
    assert [(record.key, record.value) for record in records] == [("b", {"n": 2}), ("a", {"n": 1})]
    assert list(store.page("books")) == [records[1], records[0]]
    assert records[1].version != old.version
    assert store.put_all("books", {}) == []


def test_records_are_restored_with_their_expiry(store: Store, clock: Clock) -> None:
    old = store.insert("books", "a", {"n": 0})
    expires_at = clock.now + A_WHILE + 0.125
    read = [Record("books", "a", {"n": 1}, 7), Record("films", "b", {"n": 2}, 7, expires_at)]
    store.restore(iter(read))
    a, b = store.get("books", "a"), store.get("films", "b")
    assert a == Record("books", "a", {"n": 1}, a.version)
    assert b == Record("films", "b", {"n": 2}, b.version, expires_at)
    assert len({a.version, b.version, old.version, 7}) == 4
    store.restore([])


def test_partitions_with_records_are_listed(store: Store, clock: Clock) -> None:
    assert list(store.partitions()) == []
    for partition in ("logs/a", "logs/b", "é", "d", "p" * 2040):
        store.insert(partition, "1", {})
        store.insert(partition, "2", {})
    store.insert("gone", "1", {}, expires_at=clock.now)
    store.insert("empty", "1", {})
    store.delete("empty", "1")
    assert sorted(store.partitions()) == sorted(["logs/a", "logs/b", "é", "d", "p" * 2040])


def test_none_of_several_records_is_put_under_a_wrong_name(store: Store) -> None:
    with pytest.raises(ValueError, match="key"):
        store.put_all("books", {"a": {}, "": {}})
    assert list(store.page("books")) == []


@pytest.mark.parametrize(("keep", "left"), [(0, ""), (2, "de"), (5, "abcde"), (9, "abcde"), (-1, "")])
def test_trim_keeps_the_highest_keys(store: Store, keep: int, left: str) -> None:
    for key in "caebd":
        store.insert("books", key, {})
    store.insert("other", "a", {})
    assert store.trim("books", keep) == 5 - len(left)
    assert "".join(record.key for record in store.page("books")) == left
    assert store.get("other", "a")


class TestExpiry:
    @pytest.fixture(autouse=True)
    def _one_record_expired_and_one_did_not(self, store: Store, clock: Clock) -> None:
        self.gone = store.insert("tokens", "b", {}, expires_at=clock.now + A_WHILE)
        self.left = store.insert("tokens", "a", {}, expires_at=clock.now + 2 * A_WHILE)
        clock.now += A_WHILE

    def test_no_reader_sees_an_expired_record(self, store: Store) -> None:
        assert store.get("tokens", "b") is None
        assert store.get("tokens", "a") == self.left
        assert [record.key for record in store.page("tokens")] == ["a"]
        assert [record.key for record in store.page("tokens", descending=True, limit=1)] == ["a"]

    def test_its_key_is_free(self, store: Store) -> None:
        store.insert("tokens", "b", {"new": True})
        assert store.get("tokens", "b") == Record("tokens", "b", {"new": True}, store.get("tokens", "b").version)

    def test_it_can_not_be_replaced(self, store: Store) -> None:
        with pytest.raises(VersionConflictError):
            store.replace("tokens", "b", {}, version=self.gone.version)
        assert store.get("tokens", "b") is None

    def test_it_can_not_be_deleted(self, store: Store) -> None:
        assert not store.delete("tokens", "b")

    def test_trim_does_not_count_it(self, store: Store) -> None:
        assert store.trim("tokens", keep=1) == 0
        assert store.get("tokens", "a")

    def test_every_write_sets_the_expiry_anew(self, store: Store, clock: Clock) -> None:
        store.replace("tokens", "a", {}, version=self.left.version, expires_at=clock.now + 3 * A_WHILE)
        clock.now += 2 * A_WHILE
        assert store.get("tokens", "a")
        store.put("tokens", "a", {})
        clock.now += 1_000_000
        assert store.get("tokens", "a")


def test_only_one_of_many_threads_inserts(store: Store) -> None:
    def insert(n: int) -> bool:
        try:
            store.insert("locks", "1", {"by": n})
        except RecordExistsError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(insert, range(40))) == 1


def test_threads_that_replace_under_condition_lose_no_update(store: Store) -> None:
    store.insert("counters", "1", {"n": 0})

    def add(_: int) -> None:
        while True:
            record = store.get("counters", "1")
            try:
                store.replace("counters", "1", {"n": record.value["n"] + 1}, version=record.version)
            except VersionConflictError:
                continue
            return

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, range(100)))
    assert store.get("counters", "1").value == {"n": 100}


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreUnavailableError, match="is closed"):
        store.get("books", "1")
