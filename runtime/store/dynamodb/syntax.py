"""How actions, conditions and ranges of keys are said in requests of the API."""

from collections.abc import Sequence
from typing import Any

from runtime.store.dynamodb.actions import PARTITION, SORT, Action, Check, Condition, Delete, Put, Update


def in_range(partition: str, low: bytes | None, high: bytes | None) -> Condition:
    """The condition for the keys of a partition from `low` up to below `high`; with both, `high` itself as well."""
    values: dict[str, Any] = {":partition": {"S": partition}}
    of_sort = []
    # An empty key is no key, and every other one is above it.
    if low:
        values[":low"] = {"B": low}
        of_sort.append("#sort >= :low")
    if high is not None:
        values[":high"] = {"B": high}
        of_sort.append("#sort < :high")
    if len(of_sort) == 2:
        of_sort = ["#sort BETWEEN :low AND :high"]
    names = {"#partition": PARTITION, **({"#sort": SORT} if of_sort else {})}
    return Condition(" AND ".join(["#partition = :partition", *of_sort]), names, values)


def reading(
    table: str, keys: Condition | None, filter: Condition | None, projection: Sequence[str] | None
) -> dict[str, Any]:
    """A query, or a scan if there are no `keys`; `projection` names attributes, beside which the key always comes."""
    request: dict[str, Any] = {"TableName": table, "ConsistentRead": True}
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    for parameter, condition in (("KeyConditionExpression", keys), ("FilterExpression", filter)):
        if condition:
            request[parameter] = condition.expression
            names |= condition.names
            values |= condition.values
    if projection is not None:
        # With the key, by which pages go on.
        attributes = dict.fromkeys((PARTITION, SORT, *projection))
        placeholders = {f"#projected{position}": name for position, name in enumerate(attributes)}
        request["ProjectionExpression"] = ", ".join(placeholders)
        names |= placeholders
    if names:
        request["ExpressionAttributeNames"] = names
    if values:
        request["ExpressionAttributeValues"] = values
    return request


def single(action: Put | Update | Delete) -> tuple[str, dict[str, Any]]:
    """A write on its own: the operation and its request."""
    match action:
        case Put():
            return "put_item", {"Item": action.item} | _placeholders(action.condition)
        case Update():
            return "update_item", _update(action)
        case Delete():
            return "delete_item", {"Key": action.key.item} | _placeholders(action.condition)


def transacted(action: Action, table: str) -> dict[str, Any]:
    """A write as part of a transaction, which tells what was there if its condition does not hold."""
    match action:
        case Put():
            kind, request = "Put", {"Item": action.item} | _placeholders(action.condition)
        case Update():
            kind, request = "Update", _update(action)
        case Delete():
            kind, request = "Delete", {"Key": action.key.item} | _placeholders(action.condition)
        case Check():
            kind, request = "ConditionCheck", {"Key": action.key.item} | _placeholders(action.condition)
    return {kind: {"TableName": table, "ReturnValuesOnConditionCheckFailure": "ALL_OLD", **request}}


def _update(action: Update) -> dict[str, Any]:
    request = {"Key": action.key.item, "UpdateExpression": action.expression}
    return request | _placeholders(action.condition, action)


def _placeholders(condition: Condition | None, update: Update | None = None) -> dict[str, Any]:
    request: dict[str, Any] = {"ConditionExpression": condition.expression} if condition else {}
    names = {**(condition.names if condition else {}), **(update.names if update else {})}
    values = {**(condition.values if condition else {}), **(update.values if update else {})}
    if names:
        request["ExpressionAttributeNames"] = names
    if values:
        request["ExpressionAttributeValues"] = values
    return request
