"""A new version of an app finds the store ready, whoever of its processes comes first."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from runtime.apps.app import App
from runtime.apps.definition import AppDefinition
from runtime.data.rollout import LOOK_SECONDS, definition_of
from runtime.data.rollout_lease import LEASE_SECONDS
from runtime.deadline import Deadline
from runtime.store.documents import NEVER, Collection
from runtime.store.port import StoreUnavailableError
from tests.data.rolling_out import Parts, Process, in_file, in_table, make_app
from tests.store.engines import SHARING, Clock
from tests.store.stand_ins.stand_in import stand_in

Start = Callable[..., Process]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=SHARING)
def start(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Start]:
    processes: list[Process] = []
    make: Callable[[], Parts] = partial(in_file, tmp_path / "relive.db", clock)
    if request.param != "sqlite":
        make = partial(in_table, stand_in(request.param.removeprefix("dynamodb-")).table(), clock)

    def start(app: App, built: float = 100) -> Process:
        processes.append(Process(make(), clock, app, built))
        return processes[-1]

    yield start
    for process in processes:
        process.documents.go.set()
        process.store.close()


def test_the_first_one_makes_it_ready_and_the_next_one_only_reads(start: Start) -> None:
    first = start(make_app("Code"))
    for _ in range(3):
        first.use()
    assert [(c.type, c.unique) for c in first.documents.prepared] == [("Book", ("Code",))]
    assert first.store.reads == 1
    second = start(make_app("Code", title="Another title"), built=200)
    for _ in range(3):
        second.use()
    assert (second.documents.prepared, second.store.reads) == ([], 1)
    third = start(make_app("Code"), built=200)
    for _ in range(3):
        third.use()
    assert (third.documents.prepared, third.store.reads) == ([], 1)


def test_an_app_that_is_not_expected_is_left_alone(start: Start, clock: Clock) -> None:
    process = start(make_app())
    other = App(AppDefinition.model_validate({"app": {"id": "other", "title": "Another"}}), {})
    process.rollout.ensure(other, NEVER)
    assert process.store.reads == 0


def test_all_at_once(start: Start) -> None:
    processes = [start(make_app("Code")) for _ in range(6)]
    with ThreadPoolExecutor(24) as threads:
        list(threads.map(lambda n: processes[n % 6].use(), range(24)))
    assert sum(len(process.documents.prepared) for process in processes) == 1


def test_others_serve_meanwhile_and_look_now_and_then(start: Start, clock: Clock) -> None:
    first, second = start(make_app("Code")), start(make_app("Code"))
    first.documents.go.clear()
    first.use(Deadline.after(0.1))  # does not wait for longer than its request may
    for _ in range(3):
        first.use()
        second.use()
    assert second.store.reads == 1
    first.documents.go.set()
    while first.store.get("apps", "shop").value["owner"]:
        pass
    clock.now += LOOK_SECONDS
    for _ in range(3):
        second.use()
    assert (second.documents.prepared, second.store.reads) == ([], 2)


def test_a_later_version_is_made_ready_and_a_late_process_of_the_old_one_undoes_nothing(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    start(make_app("Code"), built=100).use()
    later = start(make_app("Code", "Title"), built=200)
    later.use()
    late = start(make_app("Code"), built=100)
    for _ in range(2):
        late.use()
    assert (late.documents.prepared, late.store.reads) == ([], 1)
    assert "A later version of shop has been served" in caplog.text
    later.documents.insert(later.collection, [{"Id": "1", "Title": "same"}])
    with pytest.raises(Exception, match="Title has the value"):
        late.documents.insert(Collection("shop", "Book", ("Code",)), [{"Id": "2", "Title": "same"}])


@pytest.mark.parametrize(
    "failure", [StoreUnavailableError("no permission"), ValueError("a defect")], ids=["store", "defect"]
)
def test_what_fails_is_told_and_tried_again(
    start: Start, clock: Clock, caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    first, second = start(make_app("Code")), start(make_app("Code"))
    first.documents.failure = failure
    first.use()
    assert "The store cannot be made ready for shop" in caplog.text
    assert str(failure) in caplog.text
    first.documents.failure = None
    for process in (first, second):
        process.use()
    assert second.documents.prepared == []
    clock.now += LEASE_SECONDS
    second.use()
    assert len(second.documents.prepared) == 1
    clock.now += LOOK_SECONDS
    first.use()
    assert len(first.documents.prepared) == 1


def test_a_store_that_cannot_be_read_is_told_to_the_request(start: Start, clock: Clock) -> None:
    process = start(make_app("Code"))
    process.store.close()
    with pytest.raises(StoreUnavailableError):
        process.use()


def test_duplicates_are_told_and_hold_nothing_up(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    first = start(make_app(Pen={"fields": {}}), built=100)
    first.use()
    first.documents.insert(first.collection, [{"Id": "1", "Code": "same"}, {"Id": "2", "Code": "same"}])
    second = start(make_app("Code", Pen={"fields": {}}), built=200)
    second.use()
    assert "types.Book.fields.Code.unique: several items have the same value" in caplog.text
    assert [collection.type for collection in second.documents.prepared] == ["Book", "Pen"]
    third = start(make_app("Code", Pen={"fields": {}}), built=200)
    third.use()
    assert third.documents.prepared == []


@pytest.mark.parametrize(
    ("app", "same"),
    [
        pytest.param(make_app("Code"), True, id="the same"),
        pytest.param(make_app("Code", title="Another title"), True, id="what the store does not care for"),
        pytest.param(make_app("Title"), False, id="another unique field"),
        pytest.param(make_app("Code", Pen={"fields": {}}), False, id="another type"),
        pytest.param(make_app("Code", Book={"fields": {"Code": {"type": "text", "unique": True}}}), False, id="fewer fields"),
        pytest.param(
            make_app(Book={"fields": {"Code": {"type": "text", "unique": True}, "Title": {"type": "text"}}}),
            True,
            id="in another order",
        ),
    ],
)  # fmt: skip
def test_what_makes_a_definition_another_one(app: App, same: bool) -> None:
    assert (definition_of(app) == definition_of(make_app("Code"))) == same
