"""How queries are answered: by which lookup, and never by going through a whole table."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from runtime.query.filter import Filter
from runtime.query.sort import Sort
from runtime.store.documents import Collection
from runtime.store.lookup import AnyKey, Either, Everything, Ids, KeyRange
from runtime.store.sqlite.database import Connection, SqliteDatabase
from runtime.store.sqlite.documents import SqliteDocuments
from runtime.store.sqlite.indexes import SqliteIndexes
from runtime.store.sqlite.plan import Order, Plan, planned
from runtime.store.sqlite.sql import Sql
from runtime.store.sqlite.statement import counting, finding

BOOKS = Collection(
    "shop", "Book", unique=("ISBN",), indexed=("Title", "Author", "Status", "Year", "Tags", "Long", "Rank")
)
MANY = 1200


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteDatabase]:
    """Books of which most are old, many are by A and few by B."""
    database = SqliteDatabase(tmp_path_factory.mktemp("plan") / "relive.db", durable=False)
    documents = SqliteDocuments(database)
    for start in range(0, MANY, 100):
        documents.insert(BOOKS, [book(n) for n in range(start, start + 100)])
    yield database
    database.close()


def book(n: int) -> dict[str, Any]:
    return {
        "Id": f"{n:04}",
        "ISBN": n,
        "Title": f"Title {n % 7}",
        "Author": "B" if n % 200 == 0 else "A",
        "Status": "new" if n % 100 == 0 else "old",
        "Year": 1900 + n % 100,
        "Tags": ["a"],
        "Long": "x" * 1000,
        "Price": n % 13,
        "Rank": n * 7919 % MANY,
    }


@contextmanager
def prepared(database: SqliteDatabase) -> Iterator[tuple[Connection, SqliteIndexes]]:
    with database.connection() as connection:
        yield connection, SqliteIndexes.read(*connection.execute("SELECT number, indexes FROM collections").fetchone())


def plan(database: SqliteDatabase, filter: Any, sort: Any = None) -> Plan:
    with prepared(database) as (connection, indexes):
        return planned(connection, indexes, Filter.parse(filter), Sort.parse(sort))


def steps(database: SqliteDatabase, statement: Sql) -> list[str]:
    with database.connection() as connection:
        rows = connection.execute(f"EXPLAIN QUERY PLAN {statement.text}", statement.parameters).fetchall()
    return [row[3] for row in rows]


EXACT = [
    ("id", {"Id": "0001"}, None, Ids, Order.INSERTION),
    ("ids", {"Id": {"$in": ["0001", "0002"]}}, None, Ids, Order.INSERTION),
    ("unique", {"ISBN": 5}, None, AnyKey, Order.INSERTION),
    ("equal", {"Author": "A"}, None, AnyKey, Order.INSERTION),
    ("an element", {"Tags": "a"}, None, AnyKey, Order.INSERTION),
    ("a long value", {"Long": "x" * 1000}, None, AnyKey, Order.INSERTION),
    ("null", {"Author": None}, None, AnyKey, Order.INSERTION),
    ("any of", {"Author": {"$in": ["A", "B"]}}, None, AnyKey, Order.INSERTION),
    ("all of", {"Tags": {"$all": ["a", "b"]}}, None, AnyKey, Order.INSERTION),
    ("all of as many as are looked up", {"Tags": {"$all": [*"abcdef"]}}, None, AnyKey, Order.INSERTION),
    ("either, one of them all of", {"$or": [{"Year": 1900}, {"Tags": {"$all": ["a"]}}]}, None, Either, Order.INSERTION),
    ("range", {"Year": {"$gte": 1990}}, None, KeyRange, Order.INSERTION),
    ("two bounds", {"Year": {"$gte": 1990, "$lt": 1995}}, None, KeyRange, Order.INSERTION),
    ("prefix", {"Title": {"$regex": "^Title 3"}}, None, KeyRange, Order.INSERTION),
    ("two equal", {"Author": "A", "Status": "old"}, None, AnyKey, Order.INSERTION),
    ("either", {"$or": [{"Author": "B"}, {"Year": {"$lt": 1901}}, {"Id": "0007"}]}, None, Either, Order.INSERTION),
    ("all in the order of an index", {}, {"Year": 1}, KeyRange, Order.ASCENDING),
    ("all in the order of an index, descending", {}, {"Year": -1}, KeyRange, Order.DESCENDING),
    ("all in the order of a unique one", {}, {"ISBN": -1}, KeyRange, Order.DESCENDING),
    ("range in its order", {"Year": {"$gt": 1950}}, {"Year": 1}, KeyRange, Order.ASCENDING),
    ("many in another order", {"Author": "A"}, {"Year": -1}, KeyRange, Order.DESCENDING),
    ("few in another order", {"Author": "B"}, {"Year": -1}, AnyKey, Order.SORTED),
    ("few in no index's order", {"Author": "B"}, {"Price": 1}, AnyKey, Order.SORTED),
    ("equal in its own order", {"Author": "A"}, {"Author": 1}, AnyKey, Order.INSERTION),
    ("many and few", {"Author": "B", "Status": "old"}, None, AnyKey, Order.INSERTION),
]
LOOKED_AT = [
    ("equal and unindexed", {"Author": "B", "Price": 5}, None, AnyKey, Order.INSERTION),
    ("all of many", {"Tags": {"$all": [*map(str, range(5000))]}}, None, AnyKey, Order.INSERTION),
    ("all of more than are looked up", {"Tags": {"$all": [*"abcdefghijk"]}}, None, AnyKey, Order.INSERTION),
    ("either, with all of", {"$or": [{"Tags": {"$all": ["a", "b"]}}, {"Year": 1900}]}, None, Either, Order.INSERTION),
    ("part of a prefix", {"Title": {"$regex": "^Title.*3$"}}, None, KeyRange, Order.INSERTION),
    ("beyond a long value", {"Long": {"$gt": "x" * 999}}, None, KeyRange, Order.INSERTION),
    ("several elements in a range", {"Tags": {"$gt": "a", "$lt": "c"}}, None, KeyRange, Order.INSERTION),
    ("either, with more", {"$or": [{"Author": "B", "Price": 1}, {"Year": 1900}]}, None, Either, Order.INSERTION),
    ("sorted with more", {"Price": 5}, {"Year": -1}, KeyRange, Order.DESCENDING),
]
WHOLE = [
    ("all", {}, None, Everything, Order.INSERTION),
    ("unindexed", {"Price": 5}, None, Everything, Order.INSERTION),
    ("negation", {"Author": {"$ne": "A"}}, None, Everything, Order.INSERTION),
    ("either, one of them unindexed", {"$or": [{"Author": "B"}, {"Price": 1}]}, None, Everything, Order.INSERTION),
    ("inside", {"Tags.a": 1}, None, Everything, Order.INSERTION),
    ("in the order of arrays", {}, {"Tags": 1}, Everything, Order.SORTED),
    ("in the order of long values", {}, {"Long": 1}, Everything, Order.SORTED),
    ("in the order of two fields", {}, {"Year": 1, "Author": 1}, Everything, Order.SORTED),
    ("an id that may be a date", {"Id": "2016-02-03T04:05:06Z"}, None, Everything, Order.INSERTION),
]
COLUMNS = ("filter", "sort", "lookup", "order")


@pytest.mark.parametrize(COLUMNS, [case[1:] for case in EXACT], ids=[case[0] for case in EXACT])
def test_indexes_alone(database: SqliteDatabase, filter: Any, sort: Any, lookup: type, order: Order) -> None:
    chosen = plan(database, filter, sort)
    assert (type(chosen.lookup), chosen.order, chosen.rest) == (lookup, order, ())
    assert_lookups_only(steps(database, finding(chosen, 10, 20)))
    count = counting(plan(database, filter))
    assert_lookups_only(steps(database, count))
    assert "body" not in count.text


@pytest.mark.parametrize(COLUMNS, [case[1:] for case in LOOKED_AT], ids=[case[0] for case in LOOKED_AT])
def test_indexes_and_a_look_at_what_they_find(
    database: SqliteDatabase, filter: Any, sort: Any, lookup: type, order: Order
) -> None:
    chosen = plan(database, filter, sort)
    assert (type(chosen.lookup), chosen.order) == (lookup, order)
    assert chosen.rest
    assert_lookups_only(steps(database, finding(chosen, 10, 20)))


@pytest.mark.parametrize(COLUMNS, [case[1:] for case in WHOLE], ids=[case[0] for case in WHOLE])
def test_the_whole_collection_and_no_other(
    database: SqliteDatabase, filter: Any, sort: Any, lookup: type, order: Order
) -> None:
    chosen = plan(database, filter, sort)
    assert (type(chosen.lookup), chosen.order) == (lookup, order)
    assert_lookups_only(steps(database, finding(chosen, 10, 20)))


def assert_lookups_only(steps: list[str]) -> None:
    """Tables are searched; what is gone through are queries inside the statement."""
    assert any(step.startswith("SEARCH") for step in steps)
    gone_through = [step for step in steps if step.startswith("SCAN")]
    assert set(gone_through) <= {"SCAN s", "SCAN keys", "SCAN CONSTANT ROW"}, steps


def test_the_fewest_are_looked_up_and_the_others_probed(database: SqliteDatabase) -> None:
    chosen = plan(database, {"Status": "old", "Author": "B", "Title": "Title 0"})
    assert isinstance(chosen.lookup, AnyKey)
    assert chosen.lookup.index.field == "Author"
    assert {probe.index.field for probe in chosen.probes} == {"Status", "Title"}


def test_no_order_of_an_index_has_to_be_made(database: SqliteDatabase) -> None:
    for sort in ({"Year": 1}, {"Year": -1}, {"ISBN": 1}):
        for filter in ({}, {"Author": "A"}, {"Price": 1}):
            chosen = plan(database, filter, sort)
            assert not [step for step in steps(database, finding(chosen, 0, 20)) if "TEMP B-TREE" in step]


@pytest.mark.parametrize("sort", [{"Rank": 1}, {"Rank": -1}, {"Author": -1}, {"ISBN": -1}], ids=str)
def test_each_document_along_an_index_costs_the_same(database: SqliteDatabase, sort: Any) -> None:
    def cost(skip: int) -> int:
        steps = []
        statement = finding(plan(database, {"Status": {"$in": ["old", "new"]}}, sort), skip, 20)
        with database.connection() as connection:
            connection.set_progress_handler(lambda: steps.append(1), 10)
            assert len(connection.execute(statement.text, statement.parameters).fetchall()) == 20
            connection.set_progress_handler(None, 0)
        return len(steps)

    assert cost(500) - cost(0) == pytest.approx(cost(1000) - cost(500), rel=0.2)


def test_a_count_of_everything_counts_nothing(database: SqliteDatabase) -> None:
    assert steps(database, counting(plan(database, {}))) == ["SEARCH collections USING INTEGER PRIMARY KEY (rowid=?)"]


@pytest.mark.parametrize("filter", [{"Price": 5}, {"Author": "B", "Price": {"$lte": 4}}])
def test_python_sees_only_what_sqlite_lets_pass(database: SqliteDatabase, filter: Any) -> None:
    seen = []
    with database.connection() as connection:
        connection.create_function("matches", 1, lambda body: seen.append(body) or True)
        statement = finding(plan(database, filter), 0, None)
        rows = connection.execute(statement.text, statement.parameters).fetchall()
        connection.callbacks = type(connection.callbacks)(connection)
    matching = [book(n) for n in range(MANY) if Filter.parse(filter).matches(book(n))]
    assert len(rows) == len(seen) == len(matching)
