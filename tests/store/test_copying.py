"""Copies of all data, from each engine to each other one."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.store.copying import MARKER, Copy, CopyError, Part, Progress, Side
from runtime.store.documents import Collection
from runtime.store.dynamodb.documents import DynamoDocuments
from runtime.store.dynamodb.records import DynamoStore
from runtime.store.sqlite.documents import SqliteDocuments
from runtime.store.sqlite.records import SqliteStore
from tests.store.asking import counted, found, ids, values
from tests.store.books import BOOKS, INDEXED, get
from tests.store.engines import Clock
from tests.store.stand_ins.stand_in import stand_in

FILMS = Collection("cinema", "Film", indexed=("Year",), shards=3)
MANY = [{"Id": f"{number:03}", "Year": number % 7, "f": 1.0, "n": 2**60} for number in range(230)]
EMPTY = Collection("shop", "Empty")

PARTS = {"breaker/shop": 1, "logs/shop": 250, "secrets/shop": 1, "cinema/Film": 230, "shop/Book": 7, "shop/Empty": 0}

Made = Callable[[str], Side]


@pytest.fixture
def made(tmp_path: Path, clock: Clock) -> Iterator[Made]:
    """Makes places, each of the engine that its name begins with."""
    stores: list[SqliteStore] = []

    def make(name: str) -> Side:
        engine = name.partition("-")[0]
        if engine == "sqlite":
            stores.append(store := SqliteStore(tmp_path / name, durable=False, clock=clock))
            return Side(name, store, SqliteDocuments(store.database))
        table = stand_in(engine).table()
        return Side(name, DynamoStore(table, clock=clock), DynamoDocuments(table, lease=0, settle=0))

    yield make
    for store in stores:
        store.close()


def fill(side: Side, clock: Clock) -> None:
    side.records.put("secrets/shop", "KEY", {"value": "Grüße \ud83d"})
    side.records.put("breaker/shop", "slow", {"n": 1.0}, expires_at=clock.now + 1000.125)
    side.records.put("breaker/shop", "gone", {}, expires_at=clock.now)
    side.records.put("breaker/shop", "soon gone", {}, expires_at=clock.now + 1)
    side.records.put_all("logs/shop", {f"{number:04}": {"n": number} for number in range(250)})
    side.records.put("keys", "master", {"of": side.name})
    side.documents.insert(INDEXED, BOOKS)
    for start in range(0, len(MANY), 30):
        side.documents.insert(FILMS, list(reversed(MANY[start : start + 30])))
    side.documents.insert(EMPTY, [{"Id": "1"}])
    side.documents.delete(EMPTY, [get(side.documents, EMPTY, "1")])


def copied(source: Side, target: Side, clock: Clock, progress: Progress = lambda *_: None) -> list[Part]:
    return Copy(source, target, own=["keys"], clock=clock, progress=progress).run()


def everything(side: Side) -> Any:
    records = [side.records.page(partition, limit=1000) for partition in ("secrets/shop", "breaker/shop", "logs/shop")]
    kept = [(record.key, record.value, record.expires_at) for page in records for record in page]
    return repr([kept, [values(side.documents, collection) for collection in (INDEXED, FILMS, EMPTY)]])


def check(source: Side, target: Side) -> None:
    """The target has what the source has, in the same order, wherever it is looked up."""
    assert everything(target) == everything(source)
    assert set(target.records.partitions()) - {"keys"} == {"breaker/shop", "logs/shop", "secrets/shop"}
    assert counted(target.documents, FILMS) == len(MANY)
    for filter in ({"Title": "Emma"}, {"Tags": "love"}, {"Year": {"$gt": 1900}}):
        assert ids(target.documents, INDEXED, filter) == ids(source.documents, INDEXED, filter) != ""
    described = [
        {(one.app, one.type, one.unique, one.indexed, one.shards) for one in side.documents.collections()}
        for side in (source, target)
    ]
    assert described[0] == described[1]


PAIRS = pytest.mark.parametrize(
    ("source", "target"),
    [
        ("sqlite", "sqlite-2"),
        pytest.param("sqlite", "ministack", marks=pytest.mark.slow),
        pytest.param("ministack", "sqlite", marks=pytest.mark.slow),
        pytest.param("ministack", "ministack-2", marks=pytest.mark.slow),
    ],
)


@PAIRS
def test_everything_is_copied(made: Made, clock: Clock, source: str, target: str) -> None:
    ours, theirs = made(source), made(target)
    fill(ours, clock)
    parts = copied(ours, theirs, clock)
    assert {part.name: part.count for part in parts} == PARTS
    assert len({part.checksum for part in parts}) == len(parts)
    check(ours, theirs)


class Stopped(BaseException):
    """As when the process is killed at this moment."""


@PAIRS
@pytest.mark.parametrize("every", [1, 4])
def test_a_copy_that_was_stopped_goes_on(made: Made, clock: Clock, source: str, target: str, every: int) -> None:
    ours, theirs = made(source), made(target)
    fill(ours, clock)
    told: list[str] = []
    steps = 0

    def stop(step: str, done: int, total: int | None) -> None:
        nonlocal steps
        steps += 1
        told.append(f"{step} {done}")
        if steps % every == 0 and told.count(told[-1]) == 1:
            raise Stopped

    for _ in range(100):
        try:
            parts = copied(ours, theirs, clock, stop)
            break
        except Stopped:
            assert theirs.records.get(*MARKER)
    assert {part.name: part.count for part in parts} == PARTS
    check(ours, theirs)
    assert told.count("Copying cinema/Film 33") == 1  # what is there is not copied again


def record(side: Side) -> None:
    side.records.put("secrets/other", "KEY", {})


def item(side: Side) -> None:
    side.documents.insert(EMPTY, [{"Id": "x"}])


@pytest.mark.parametrize(
    ("occupy", "message"),
    [
        (record, "holds records in secrets/other"),
        (item, "holds items of shop/Empty"),
        (lambda side: side.records.put(*MARKER, {"source": "elsewhere"}), "is an unfinished copy of elsewhere"),
    ],
    ids=["records", "items", "another copy"],
)
@pytest.mark.parametrize("engine", ["sqlite-2", pytest.param("ministack", marks=pytest.mark.slow)])
def test_a_place_that_is_not_empty_is_left_alone(
    made: Made, clock: Clock, engine: str, occupy: Callable[[Side], object], message: str
) -> None:
    ours, theirs = made("sqlite"), made(engine)
    fill(ours, clock)
    occupy(theirs)
    before = sorted(theirs.records.partitions())
    with pytest.raises(CopyError, match=message):
        copied(ours, theirs, clock)
    assert sorted(theirs.records.partitions()) == before
    assert found(theirs.documents, FILMS) == []


def test_an_unfinished_copy_is_nothing_to_copy_from(made: Made, clock: Clock) -> None:
    ours = made("sqlite")
    ours.records.put(*MARKER, {"source": "elsewhere"})
    with pytest.raises(CopyError, match="sqlite is itself an unfinished copy"):
        copied(ours, made("sqlite-2"), clock)


def change_record(side: Side) -> None:
    side.records.put("logs/shop", "0000", {"n": "changed"})


def change_item(side: Side) -> None:
    document = get(side.documents, FILMS, "000")
    document.value["Year"] = 2020
    side.documents.replace(FILMS, [document])


def add_partition(side: Side) -> None:
    side.records.put("secrets/new", "KEY", {})


@pytest.mark.parametrize(
    ("changed", "change", "part"),
    [
        ("source", change_record, "logs/shop is not the same"),
        ("source", change_item, "cinema/Film is not the same"),
        ("target", change_record, "logs/shop is not the same"),
        ("target", change_item, "cinema/Film is not the same"),
        ("target", add_partition, "holds records in secrets/new"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_what_changes_meanwhile_is_noticed(
    made: Made, clock: Clock, changed: str, change: Callable[[Side], None], part: str
) -> None:
    sides = {"source": made("sqlite"), "target": made("sqlite-2")}
    fill(sides["source"], clock)

    def meddle(step: str, done: int, total: int | None) -> None:
        if (step, done) == ("Copying shop/Book", 7):
            change(sides[changed])

    with pytest.raises(CopyError, match=part):
        copied(sides["source"], sides["target"], clock, meddle)
    assert sides["target"].records.get(*MARKER)


def test_a_record_that_was_changed_is_copied_by_the_next_run(made: Made, clock: Clock) -> None:
    ours, theirs = made("sqlite"), made("sqlite-2")
    fill(ours, clock)
    with pytest.raises(CopyError):
        copied(ours, theirs, clock, lambda step, done, _: change_record(ours) if step == "Copying shop/Book" else None)
    copied(ours, theirs, clock)
    check(ours, theirs)


def test_what_belongs_to_the_place_stays(made: Made, clock: Clock) -> None:
    ours, theirs = made("sqlite"), made("sqlite-2")
    fill(ours, clock)
    theirs.records.put("keys", "master", {"of": "theirs"})
    copied(ours, theirs, clock)
    kept = theirs.records.get("keys", "master")
    assert kept
    assert kept.value == {"of": "theirs"}


@pytest.mark.slow
def test_a_definition_that_the_target_is_prepared_for_counts(made: Made, clock: Clock) -> None:
    ours, theirs = made("sqlite"), made("ministack")
    fill(ours, clock)
    spread = Collection("cinema", "Film", indexed=("f",), shards=2)
    theirs.documents.prepare(spread)
    copied(ours, theirs, clock)
    assert values(theirs.documents, spread) == values(ours.documents, FILMS)
    (there,) = (one for one in theirs.documents.collections() if one.type == "Film")
    assert (there.indexed, there.shards) == (("f",), 2)


def test_items_that_cannot_be_unique_in_the_target_are_told(made: Made, clock: Clock) -> None:
    ours, theirs = made("sqlite"), made("sqlite-2")
    fill(ours, clock)
    theirs.documents.prepare(Collection("cinema", "Film", unique=("Year",)))
    with pytest.raises(CopyError, match=r"cinema/Film, item .*Year has the value"):
        copied(ours, theirs, clock)
