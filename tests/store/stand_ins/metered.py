"""A client that counts what its requests would cost on AWS.

The stand-ins do not work out what a request consumes as AWS does, so it is worked out here from the sizes of the items
(AWS: "DynamoDB read and write operations"): a strongly consistent read takes a unit for each 4 KB, a write one for each
1 KB of the item before or after, whichever is larger; in a transaction, a write takes twice that. A query takes a unit
for each 4 KB of all items that it looks at together.
"""

import math
from dataclasses import dataclass, field
from typing import Any

from runtime.store.dynamodb.sizes import item_bytes

READ_BYTES, WRITE_BYTES = 4096, 1024


@dataclass
class Meter:
    """What was asked for, in order, and the units that it takes on demand."""

    requests: list[str] = field(default_factory=list)
    read_units: int = 0
    write_units: int = 0


class MeteredClient:
    """Does what `client` does, and notes it in `meter`."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.meter = Meter()

    def start(self) -> Meter:
        """From now on what is asked for is noted in this meter."""
        self.meter = Meter()
        return self.meter

    def get_item(self, **request: Any) -> Any:
        answer = self._client.get_item(**request)
        self._read("get_item", [answer.get("Item", {})])
        return answer

    def batch_get_item(self, **request: Any) -> Any:
        answer = self._client.batch_get_item(**request)
        (table,) = request["RequestItems"]
        found = answer["Responses"].get(table, [])
        missing = len(request["RequestItems"][table]["Keys"]) - len(found)
        self._read("batch_get_item", [*found, *[{}] * missing])
        return answer

    def query(self, **request: Any) -> Any:
        """Of items that a filter leaves out, or of which only some attributes are asked for, all counts."""
        answer = self._client.query(**request)
        whole = {
            name: value
            for name, value in request.items()
            if name not in ("FilterExpression", "ProjectionExpression", "Select")
        }
        signs = str(whole.get("KeyConditionExpression"))
        for which in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
            whole[which] = {sign: value for sign, value in request[which].items() if sign in signs}
        looked_at = answer if whole == request else self._client.query(**whole)
        self.meter.requests.append("query")
        size = sum(item_bytes(item) for item in looked_at["Items"])
        self.meter.read_units += max(1, math.ceil(size / READ_BYTES))
        return answer

    def put_item(self, **request: Any) -> Any:
        return self._write("put_item", request, 1, [("Put", request)])

    def update_item(self, **request: Any) -> Any:
        return self._write("update_item", request, 1, [("Update", request)])

    def delete_item(self, **request: Any) -> Any:
        return self._write("delete_item", request, 1, [("Delete", request)])

    def transact_write_items(self, **request: Any) -> Any:
        actions = [pair for action in request["TransactItems"] for pair in action.items()]
        return self._write("transact_write_items", request, 2, actions)

    def batch_write_item(self, **request: Any) -> Any:
        ((table, writes),) = request["RequestItems"].items()
        actions = [
            (name.removesuffix("Request"), {"TableName": table, **content})
            for write in writes
            for name, content in write.items()
        ]
        return self._write("batch_write_item", request, 1, actions)

    def _read(self, name: str, items: list[Any]) -> None:
        self.meter.requests.append(name)
        self.meter.read_units += sum(max(1, math.ceil(item_bytes(item) / READ_BYTES)) for item in items)

    def _write(self, name: str, request: Any, times: int, actions: list[tuple[str, Any]]) -> Any:
        before = [self._size(action) for _, action in actions]
        answer = getattr(self._client, name)(**request)
        self.meter.requests.append(name)
        for (kind, action), size in zip(actions, before, strict=True):
            after = item_bytes(action["Item"]) if kind == "Put" else self._size(action) if kind == "Update" else 0
            self.meter.write_units += times * max(1, math.ceil(max(size, after) / WRITE_BYTES))
        return answer

    def _size(self, action: Any) -> int:
        key = action.get("Key") or {name: action["Item"][name] for name in ("pk", "sk")}
        there = self._client.get_item(TableName=action["TableName"], Key=key, ConsistentRead=True)
        return item_bytes(there.get("Item", {}))
