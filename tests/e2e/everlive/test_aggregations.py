"""Figures about items with the original client's `AggregateQuery`."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e.everlive.client import Client, EverliveError

pytestmark = pytest.mark.slow

SALES = """[
    {Id: 'a', City: 'Porto', Year: 2015, Amount: 20, At: new Date('2015-02-03T04:05:06.789Z'), Buyer: {Name: 'Ana'}},
    {Id: 'b', City: 'Lund', Year: 2016, Amount: 5.5, At: new Date('2016-02-03T04:05:06.789Z'), Buyer: {Name: 'Bo'}},
    {Id: 'c', City: 'Porto', Year: 2016, Amount: 100, At: new Date('2016-05-01'), Buyer: {Name: 'Ana'}},
    {Id: 'd', City: 'Porto', Year: 2016, Amount: 0.5, At: null, Buyer: {Name: 'Cy'}},
]"""
FIRST, LAST = datetime(2015, 2, 3, 4, 5, 6, 789000, UTC), datetime(2016, 5, 1, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def _sales(client: Client) -> None:
    client.run(f"await master.data('Sale').destroy(); await master.data('Sale').create({SALES})")


# name, what is called on a new AggregateQuery, the result
QUERIES: list[tuple[str, str, list[dict[str, Any]]]] = [
    ("count", "count()", [{"Count": 4}]),
    ("count by a name", "count('N')", [{"N": 4}]),
    ("sum", "sum('Amount')", [{"Amount": 126}]),
    ("sum by a name", "sum('Amount', 'Total')", [{"Total": 126}]),
    ("avg", "avg('Amount')", [{"Amount": 31.5}]),
    ("average", "average('Amount', 'Mean')", [{"Mean": 31.5}]),
    ("min", "min('Amount')", [{"Amount": 0.5}]),
    ("max", "max('Amount')", [{"Amount": 100}]),
    ("min and max of dates", "min('At', 'First').max('At', 'Last')", [{"First": FIRST, "Last": LAST}]),
    ("max of texts", "max('City')", [{"City": "Porto"}]),
    ("groupBy", "groupBy('City').count()", [{"City": "Porto", "Count": 3}, {"City": "Lund", "Count": 1}]),
    ("groupBy alone", "groupBy('City')", [{"City": "Porto"}, {"City": "Lund"}]),
    ("groupBy several", "groupBy(['City', 'Year']).sum('Amount', 'Total')", [
        {"City": "Porto", "Year": 2015, "Total": 20}, {"City": "Lund", "Year": 2016, "Total": 5.5},
        {"City": "Porto", "Year": 2016, "Total": 100.5}]),
    ("groupBy twice", "groupBy('Year').groupBy('City').count()", [
        {"Year": 2015, "City": "Porto", "Count": 1}, {"Year": 2016, "City": "Lund", "Count": 1},
        {"Year": 2016, "City": "Porto", "Count": 2}]),
    ("a filter", "where().eq('Year', 2016).done().groupBy('City').max('Amount')", [
        {"City": "Lund", "Amount": 5.5}, {"City": "Porto", "Amount": 100}]),
    ("a filter with dates", "where().gte('At', new Date('2016-01-01')).done().count()", [{"Count": 2}]),
    ("a filter that finds nothing", "where().eq('City', 'Oslo').done().count().sum('Amount')", [{"Count": 0, "Amount": 0}]),
    ("a path", "groupBy('Year').max('Buyer.Name', 'Last')", [
        {"Year": 2015, "Last": "Ana"}, {"Year": 2016, "Last": "Cy"}]),
]  # fmt: skip


@pytest.mark.parametrize(("calls", "expected"), [row[1:] for row in QUERIES], ids=[row[0] for row in QUERIES])
def test_queries(client: Client, calls: str, expected: list[dict[str, Any]]) -> None:
    script = f"return anyone.data('Sale').aggregate(new Everlive.AggregateQuery().{calls})"
    assert client.run(script)["result"] == expected


OFFLINE = """
    const own = connect({offlineStorage: {storage: {name: `sales-${process.hrtime.bigint()}`}}});
    await own.data('Sale').get();
    own.offline();
    return own.data('Sale').aggregate(new Everlive.AggregateQuery().%s);"""


# It has no min and max but of numbers, compares no dates, and makes no group of nothing, which grids would fail on.
NOT_OFFLINE = {
    "min and max of dates",
    "max of texts",
    "a filter with dates",
    "a filter that finds nothing",
    "a path",
}


@pytest.mark.parametrize("calls", [row[1] for row in QUERIES if row[0] not in NOT_OFFLINE])
def test_the_client_works_out_the_same_offline(client: Client, calls: str) -> None:
    online = client.run(f"return anyone.data('Sale').aggregate(new Everlive.AggregateQuery().{calls})")["result"]
    assert unordered(client.run(OFFLINE % calls)["result"]) == unordered(online)


def unordered(groups: list[dict[str, Any]]) -> list[list[tuple[str, Any]]]:
    return sorted(sorted(group.items()) for group in groups)


def test_an_expression_written_by_hand(client: Client) -> None:
    query = "new Everlive.AggregateQuery({Year: 2016}, null, null, null, null, null, {GroupBy: 'City', Aggregate: {N: {count: null}}})"
    assert client.run(f"return anyone.data('Sale').aggregate({query})")["result"] == [
        {"City": "Lund", "N": 1},
        {"City": "Porto", "N": 2},
    ]


def test_the_totals_of_a_grid_are_those_of_all_pages(client: Client) -> None:
    """A grid sends the sort, skip and take of the page that it shows along with the query for its totals."""
    query = "new Everlive.AggregateQuery({}, null, {City: 1}, 2, 1).sum('Amount', 'Total').count()"
    assert client.run(f"return anyone.data('Sale').aggregate({query})")["result"] == [{"Total": 126, "Count": 4}]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        pytest.param("new Everlive.AggregateQuery()", 601, id="nothing to do"),
        pytest.param("query()", 601, id="no aggregation"),
        pytest.param("new Everlive.AggregateQuery().groupBy('City').max('City')", 601, id="one name for two"),
        pytest.param("new Everlive.AggregateQuery({Year: {$above: 1}}).count()", 608, id="a filter"),
    ],
)
def test_errors(client: Client, query: str, code: int) -> None:
    with pytest.raises(EverliveError) as caught:
        client.run(f"return anyone.data('Sale').aggregate({query})")
    assert caught.value.code == code
