"""What operations cost in DynamoDB does not depend on how many items there are."""

import re
from pathlib import Path

import pytest

from tests.bench import dynamodb
from tests.bench.dynamodb import Cost

DOCUMENT = Path(__file__).parents[2] / "docs" / "dynamodb.md"
ROW = re.compile(
    r"^\| (?P<name>[^|]+) \| (?P<requests>\d+) \| (?P<read>\d*) ?\| (?P<write>\d*) ?\| \$(?P<price>[\d.]+) \|$", re.M
)


def documented() -> dict[str, tuple[int, float, float, str]]:
    """Requests, read and write units and the price of a million, by what is done, without the number of items."""
    rows = ROW.finditer(DOCUMENT.read_text())
    return {
        row["name"].partition(", among")[0]: (
            int(row["requests"]), float(row["read"] or 0), float(row["write"] or 0), row["price"]
        )
        for row in rows
    }  # fmt: skip


def told(cost: Cost) -> tuple[int, float, float, str]:
    return cost.requests, cost.read_units, cost.write_units, f"{cost.price + 1e-9:.2f}"  # half a cent is a cent


@pytest.mark.slow
def test_operations_cost_what_the_docs_say() -> None:
    costs = {cost.name: cost for cost in dynamodb.measure(items=300)}
    measured = {name.partition(", among")[0]: told(cost) for name, cost in costs.items() if "count" not in name}
    assert measured == {name: row for name, row in documented().items() if "count" not in name}
    requests = {name: cost.requests for name, cost in costs.items()}
    assert requests == {
        "read by id": 1,
        "page of 20 by an indexed filter, among 300": 2,
        "the same with its count, 30": 4,
        "page of 20 of all, with their count, among 300": 3,
        "create with two unique fields": 1,
        "update": 2,
        "delete": 2,
    }
    assert (costs["read by id"].read_units, costs["read by id"].price) == (1, 0.125)
    create = costs["create with two unique fields"]
    # The document, its place, six entries, two unique values and the counter; in a transaction each counts twice.
    assert (create.read_units, create.write_units, create.price) == (0, 22, 13.75)
