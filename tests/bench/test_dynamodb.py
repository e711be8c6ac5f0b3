"""What operations cost in DynamoDB does not depend on how many items there are."""

import pytest

from tests.bench import dynamodb


@pytest.mark.slow
def test_operations_cost_what_the_docs_say() -> None:
    costs = {cost.name: cost for cost in dynamodb.measure(items=300)}
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
