"""Operations on the same items at once, on a real store: nothing is lost, nothing is done twice."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.apps.app import App
from runtime.apps.definition import AppDefinition
from runtime.budget import Budget
from runtime.data.hooks import Hook
from runtime.data.request import Action, DataAnswer, DataRequest
from runtime.data.service import Data
from runtime.errors import ReliveError
from runtime.principal import MASTER
from runtime.settings import Settings
from runtime.store.documents import Documents
from runtime.store.sqlite.documents import SqliteDocuments
from runtime.store.sqlite.records import SqliteStore
from tests.store.engines import DOCUMENT_ENGINES, marked

APP = App(
    AppDefinition.model_validate(
        {
            "app": {"id": "app", "title": "App"},
            "types": {"Book": {"fields": {"Isbn": {"type": "text", "unique": True}}}},
        }
    ),
    {},
)


class NoHooks:
    def around(self, request: DataRequest, budget: Budget) -> Hook | None:
        return None


Execute = Callable[..., DataAnswer]


@pytest.fixture
def execute(tmp_path: Path) -> Iterator[Execute]:
    store = SqliteStore(tmp_path / "relive.sqlite")
    yield executing(SqliteDocuments(store.database))
    store.close()


@pytest.fixture(params=marked(DOCUMENT_ENGINES))
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Execute]:
    """The same, with each engine."""
    with DOCUMENT_ENGINES[request.param](tmp_path) as documents:
        yield executing(documents)


def executing(documents: Documents) -> Execute:
    data = Data(documents, NoHooks(), Settings())

    def execute(action: Action, **request: Any) -> DataAnswer:
        return data.execute(DataRequest(APP, "Book", action, MASTER, **request), Budget.start(Settings()))

    return execute


def at_once(times: int, work: Callable[[int], Any]) -> list[Any]:
    """What each call gave; all start together."""
    results: list[Any] = [None] * times
    start = threading.Barrier(times)

    def run(number: int) -> None:
        start.wait()
        try:
            results[number] = work(number)
        except ReliveError as error:
            results[number] = error.code

    threads = [threading.Thread(target=run, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_every_increment_counts(execute: Execute) -> None:
    execute("create", data=[{"Id": str(number), "Likes": 0} for number in range(3)])

    def work(number: int) -> None:
        for _ in range(20):
            execute("update", item_id="0", data={"$inc": {"Likes": 1}})
            execute("update", filter={"Id": {"$ne": "0"}}, data={"$inc": {"Likes": 1}})

    at_once(6, work)
    assert [item["Likes"] for item in execute("read", sort={"Id": 1}).result] == [120, 120, 120]


def test_each_change_is_later_than_the_one_before(execute: Execute) -> None:
    execute("create", data={"Id": "1"})
    moments = at_once(8, lambda number: execute("update", item_id="1", data={"N": number}).modified_at)
    assert len(set(moments)) == 8
    assert execute("read", item_id="1").result["ModifiedAt"] == max(moments)


def test_a_client_that_read_before_somebody_else_wrote_changes_nothing(execute: Execute) -> None:
    """The client's way to notice conflicts (protocol section 3.15): of those who read the same, one writes."""
    execute("create", data={"Id": "1"})
    seen = {"Id": "1", "ModifiedAt": execute("read", item_id="1").result["ModifiedAt"]}
    results = at_once(8, lambda number: execute("update", filter=seen, data={"N": number}).result)
    assert sorted(results) == [0] * 7 + [1]


def test_an_item_is_deleted_once(execute: Execute) -> None:
    execute("create", data=[{"Id": str(number)} for number in range(50)])
    assert sum(at_once(6, lambda _: execute("delete").result)) == 50
    execute("create", data={"Id": "1"})
    assert sorted(at_once(6, lambda _: execute("delete", item_id="1").status)) == [200] + [801] * 5


def test_a_unique_value_is_taken_once(anywhere: Execute) -> None:
    results = at_once(16, lambda number: anywhere("create", data=[{"Isbn": "x"}, {"N": number}]).status)
    assert sorted(results) == [107] * 15 + [201]
    assert anywhere("read", count_only=True).result == 2


def test_a_unique_value_is_taken_once_by_items_that_are_there(anywhere: Execute) -> None:
    anywhere("create", data=[{"Id": str(number)} for number in range(16)])
    results = at_once(16, lambda number: anywhere("update", item_id=str(number), data={"Isbn": "x"}).status)
    assert sorted(results) == [107] * 15 + [200]
    assert anywhere("read", filter={"Isbn": "x"}, count_only=True).result == 1


def test_no_update_is_lost_that_compares_what_was_read(anywhere: Execute) -> None:
    """Each of them reads, and writes if nobody else has written since, until it has (protocol section 3.15)."""
    anywhere("create", data={"Id": "1", "Likes": 0})

    def work(number: int) -> int:
        for attempt in range(1, 200):
            item = anywhere("read", item_id="1").result
            seen = {"Id": "1", "ModifiedAt": item["ModifiedAt"]}
            if anywhere("update", filter=seen, data={"Likes": item["Likes"] + 1}).result == 1:
                return attempt
        raise AssertionError("others were faster each time")

    assert all(at_once(16, work))
    assert anywhere("read", item_id="1").result["Likes"] == 16


def test_no_increment_is_lost(anywhere: Execute) -> None:
    anywhere("create", data={"Id": "1", "Likes": 0})
    results = at_once(16, lambda _: anywhere("update", item_id="1", data={"$inc": {"Likes": 1}}).status)
    assert results == [200] * 16
    assert anywhere("read", item_id="1").result["Likes"] == 16


def test_an_update_that_meets_a_duplicate_says_how_far_it_came(execute: Execute) -> None:
    execute("create", data=[{"Id": "1"}, {"Id": "2"}, {"Id": "3"}])
    with pytest.raises(ReliveError) as caught:
        execute("update", data={"Isbn": "x", "Seen": True})
    assert (caught.value.code, caught.value.written) == (107, 1)
    assert caught.value.message.endswith('Book.Isbn: "x" is taken already. 1 item was updated before it.')
    assert [item.get("Seen") for item in execute("read").result] == [True, None, None]


def test_a_disk_that_is_full_half_way_is_told_with_what_was_written(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "relive.sqlite")
    execute = executing(SqliteDocuments(store.database))
    for _ in range(5):
        execute("create", data=[{"Text": ""}] * 100)
    with store.database.connection() as reader, store.database.connection() as writer:
        (pages,) = reader.execute("PRAGMA page_count").fetchone()
        for connection in (reader, writer):
            connection.execute(f"PRAGMA max_page_count = {pages + 60}")
    with pytest.raises(ReliveError) as caught:
        execute("update", data={"Text": "x" * 1000})
    assert caught.value.code == 1
    assert caught.value.written in (100, 200, 300, 400)
    assert execute("read", filter={"Text": {"$ne": ""}}, count_only=True).result == caught.value.written
    store.close()


def test_more_than_one_batch(execute: Execute) -> None:
    for start in range(0, 250, 100):
        execute("create", data=[{"N": number} for number in range(start, min(start + 100, 250))])
    assert execute("update", filter={"N": {"$gte": 10}}, data={"$inc": {"N": 1000}}).result == 240
    assert execute("delete", sort={"N": -1}, take=205).result == 205
    assert [item["N"] for item in execute("read", sort={"N": 1}).result] == [*range(10), *range(1010, 1045)]
