"""Where the stand-ins do not do what AWS documents: what a test on one of them does not prove.

An update of a stand-in that changes any of it fails here; then what was written around the difference may go.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.store.stand_ins.stand_in import STAND_INS, stand_in

pytestmark = pytest.mark.slow

INVALID = "ValidationException"
CANCELLED = "TransactionCanceledException"

LARGE = {"S": "x" * 390_000}


@dataclass(frozen=True)
class Asked:
    """A new table of a stand-in, by botocore's client."""

    client: Any
    table: str

    def put(self, sort: bytes = b"1", **attributes: Any) -> Any:
        return self.client.put_item(TableName=self.table, Item=item(sort, **attributes))

    def get(self) -> Any:
        return self.client.get_item(TableName=self.table, Key=item())["Item"]

    def write(self, *requests: Any) -> Any:
        return self.client.batch_write_item(RequestItems={self.table: list(requests)})

    def read(self, number: int) -> Any:
        """A BatchGetItem of the first of `many` items."""
        return self.client.batch_get_item(RequestItems={self.table: {"Keys": many(number)}})

    def transact(self, *items: Any, token: str | None = None) -> Any:
        """Put items that must not be there."""
        new = "attribute_not_exists(pk)"
        puts = [{"Put": {"TableName": self.table, "Item": item, "ConditionExpression": new}} for item in items]
        more = {"ClientRequestToken": token} if token else {}
        return self.client.transact_write_items(TransactItems=puts, ReturnConsumedCapacity="TOTAL", **more)

    def query(self, filter: str = "", values: Mapping[str, Any] | None = None, **parameters: Any) -> Any:
        return self.client.query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": "p"}, **(values or {})},
            **({"FilterExpression": filter} if filter else {}),
            **parameters,
        )


def item(sort: bytes = b"1", **attributes: Any) -> dict[str, Any]:
    return {"pk": {"S": "p"}, "sk": {"B": sort}, **attributes}


def many(number: int, **attributes: Any) -> list[dict[str, Any]]:
    return [item(bytes([n]), **attributes) for n in range(number)]


def numbers(count: int) -> dict[str, Any]:
    return {f":v{n}": {"N": str(n)} for n in range(count)}


def nested(levels: int) -> dict[str, Any]:
    return {"L": [nested(levels - 1)]} if levels else {"S": "x"}


def twice(asked: Asked, second: dict[str, Any]) -> None:
    for put in (item(), second):
        asked.transact(put, token="token")


def put_and_delete(asked: Asked) -> None:
    asked.write({"PutRequest": {"Item": item()}}, {"DeleteRequest": {"Key": item()}})


def number(asked: Asked, text: str) -> str:
    asked.put(n={"N": text})
    return str(asked.get()["n"]["N"])


def page_is_whole(asked: Asked) -> bool:
    for each in many(4, a=LARGE):
        asked.put(each["sk"]["B"], a=LARGE)
    return "LastEvaluatedKey" not in asked.query()


def batch_is_whole(asked: Asked) -> bool:
    for each in many(50):
        asked.put(each["sk"]["B"], a=LARGE)
    return not asked.read(50)["UnprocessedKeys"]


def units(asked: Asked) -> float | None:
    """Those of a transaction with one small item."""
    told = asked.transact(item()).get("ConsumedCapacity")
    return float(told[0]["CapacityUnits"]) if told else None


@dataclass(frozen=True)
class Difference:
    """`does` is what is done. Its result, the code of its error or None, is `aws` by the `documentation`.

    `others` has what stand-ins do instead.
    """

    documentation: str
    does: Callable[[Asked], Any]
    aws: Any
    others: Mapping[str, Any]


def both(result: Any) -> dict[str, Any]:
    return dict.fromkeys(STAND_INS, result)


TRANSACT = "API reference, TransactWriteItems"
QUOTAS = "Developer guide, Quotas in Amazon DynamoDB"
TYPES = "Developer guide, Supported data types and naming rules"

# fmt: off
DIFFERENCES = {
    "a transaction repeated with its token": Difference(
        f"{TRANSACT}: ClientRequestToken makes the call idempotent",
        lambda asked: twice(asked, item()), None, {"moto": CANCELLED}),
    "another transaction with the same token": Difference(
        f"{TRANSACT}: ClientRequestToken, IdempotentParameterMismatch",
        lambda asked: twice(asked, item(b"2")), "IdempotentParameterMismatchException", {"moto": None}),
    "a token of 37 characters": Difference(
        f"{TRANSACT}: ClientRequestToken has 1 to 36",
        lambda asked: void(asked.transact(item(), token="t" * 37)), INVALID, both(None)),
    "a transaction of more than 4 MB": Difference(
        f"{TRANSACT}: the aggregate size of the items cannot exceed 4 MB",
        lambda asked: void(asked.transact(*many(12, a=LARGE))), INVALID, {"moto": None}),
    "a transaction of nothing": Difference(
        f"{TRANSACT}: TransactItems has 1 to 100 members",
        lambda asked: void(asked.transact()), INVALID, {"moto": None}),
    "what a transaction consumed": Difference(
        f"{TRANSACT}: ReturnConsumedCapacity",
        units, 2.0, {"moto": None}),
    "26 items in a batch": Difference(
        "API reference, BatchWriteItem: more than 25 requests",
        lambda asked: void(asked.write(*({"PutRequest": {"Item": each}} for each in many(26)))),
        INVALID, {"moto": None}),
    "an item put and deleted in a batch": Difference(
        "API reference, BatchWriteItem: multiple operations on the same item",
        put_and_delete, INVALID, {"moto": None}),
    "a batch of more than 16 MB": Difference(
        "API reference, BatchGetItem: up to 16 MB, the rest in UnprocessedKeys",
        batch_is_whole, False, {"ministack": True}),
    "a page of more than 1 MB": Difference(
        "API reference, Query: up to 1 MB, then LastEvaluatedKey",
        page_is_whole, False, {"ministack": True}),
    "a page of no items": Difference(
        "API reference, Query: Limit is at least 1",
        lambda asked: void(asked.query(Limit=0)), INVALID, {"moto": None}),
    "a filter by a key": Difference(
        "API reference, Query: FilterExpression does not allow key attributes",
        lambda asked: void(asked.query("sk = :sk", {":sk": {"B": b"1"}})), INVALID, both(None)),
    "an expression of more than 4 KB": Difference(
        f"{QUOTAS}: expression parameters, up to 4 KB",
        lambda asked: void(asked.query(" OR ".join(["n = :v"] * 500), {":v": {"N": "1"}})), INVALID, {"moto": None}),
    "101 operands of IN": Difference(
        f"{QUOTAS}: expression parameters, up to 100 operands of IN",
        lambda asked: void(asked.query(f"n IN ({', '.join(numbers(101))})", numbers(101))), INVALID, both(None)),
    "an empty sort key": Difference(
        "API reference, PutItem: a binary attribute of the key has a length greater than zero",
        lambda asked: void(asked.put(b"")), INVALID, {"moto": None}),
    "a name without characters": Difference(
        f"{TYPES}: names have at least one character",
        lambda asked: void(asked.put(b"1", **{"": {"S": "x"}})), INVALID, both(None)),
    "39 digits": Difference(
        f"{TYPES}: numbers have up to 38 digits of precision",
        lambda asked: void(asked.put(n={"N": "1" * 39})), INVALID, {"moto": None}),
    "a number that is too large": Difference(
        f"{TYPES}: numbers are up to 9.99E+125",
        lambda asked: void(asked.put(n={"N": "1e126"})), INVALID, {"moto": None}),
    "a number with zeroes at its end": Difference(
        f"{TYPES}: leading and trailing zeroes are trimmed",
        lambda asked: number(asked, "1.50"), "1.5", {"moto": "1.50"}),
    "33 levels": Difference(
        f"{QUOTAS}: nested attributes, up to 32 levels deep",
        lambda asked: void(asked.put(a=nested(33))), INVALID, {"moto": None}),
}
# fmt: on


def void(_: object) -> None:
    """What is answered to what should have been refused does not matter."""


@pytest.mark.parametrize("name", STAND_INS)
@pytest.mark.parametrize("difference", DIFFERENCES.values(), ids=DIFFERENCES.keys())
def test_difference(difference: Difference, name: str) -> None:
    serving = stand_in(name)
    asked = Asked(serving.client(), serving.create_table())
    try:
        result = difference.does(asked)
    except ClientError as error:
        result = error.response["Error"]["Code"]
    finally:
        serving.delete_table(asked.table)
    assert result == difference.others.get(name, difference.aws), difference.documentation


def test_each_row_tells_of_a_difference() -> None:
    assert all(result != difference.aws for difference in DIFFERENCES.values() for result in difference.others.values())
    assert all(difference.others for difference in DIFFERENCES.values())
