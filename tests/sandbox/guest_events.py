"""Data events of the Python guest, and a small host with a few items."""

import json
import textwrap
from collections.abc import Mapping
from typing import Any, Protocol

from runtime.sandbox.sandbox import Sandbox
from tests.sandbox.guest_calls import PATIENCE_SECONDS, Outcome, SmallHost, run_code

IMPORTS = "import asyncio, json\nfrom cloud import CloudError, data, functions, http, log\n"

REQUEST: dict[str, Any] = {
    "id": "request-1", "type_name": "Book", "item_id": None, "specific_action": None, "data": None, "filter": None,
    "sort": None, "fields": None, "aggregate": None, "skip": None, "take": None, "query_string": {}, "headers": {},
    "principal": {"type": "anonymous", "id": "0", "roles": ["Anonymous"], "data": {}}, "custom_parameters": {},
    "api_url": "https://api.test/v1/app", "is_sync": False,
}  # fmt: skip

ACTIONS = {"create": "POST", "read": "GET", "update": "PUT", "delete": "DELETE", "aggregate": "GET"}

RESPONSE: dict[str, Any] = {
    "result": 1, "status_code": 200, "success": True, "error": None, "additional_data": {},
}  # fmt: skip

ITEMS = [{"Id": "a", "Title": "The Salt Road"}, {"Id": "b", "Title": "Winter of Glass"}]

GROUPS = [{"Author": "okonedo", "N": 2}]

BEFORE, AFTER = "request, context", "request, response, context"


def handler(name: str, body: str, parameters: str = "") -> str:
    """A file with one `def` handler."""
    parameters = parameters or (AFTER if name.startswith("after_") else BEFORE)
    return f"{IMPORTS}def {name}({parameters}):\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n"


def async_handler(name: str, body: str, parameters: str = "") -> str:
    """A file with one `async def` handler."""
    return handler(name, body, parameters).replace(f"\ndef {name}", f"\nasync def {name}")


class Event(Protocol):
    def __call__(self, name: str, source: str, **told: Any) -> Outcome:
        """Run the event `name` on a file. `told` is what differs in the request; `context` and `response` go beside."""
        ...


class DataHost(SmallHost):
    """A host with two items in every type; what is asked of a type's name says what happens.

    `Empty` has no items, `Forbidden` may not be used, `Together` answers when as many calls of it are under way as its
    filter says. The Id `missing` is that of no item. The items an event affects are those two.
    """

    def call(self, capability: str, arguments: str) -> str | None:
        told = json.loads(arguments)
        kind, _, operation = capability.partition(".")
        if kind not in ("data", "event"):
            return super().call(capability, arguments)
        with self._changed:
            self.calls.append((capability, told))
        if kind == "event":
            return self._affected(operation, told)
        return json.dumps(self._operation(operation, told))

    def _affected(self, operation: str, told: dict[str, Any]) -> str:
        if told["filter"] == {"bad": 1}:
            return json.dumps({"error": {"code": 608, "status": 400, "message": "A bad filter."}})
        return json.dumps({"value": ITEMS if operation == "originals" else [item["Id"] for item in ITEMS]})

    def _operation(self, operation: str, told: dict[str, Any]) -> dict[str, Any]:
        if told["type"] == "Forbidden":
            return {"error": {"code": 603, "status": 403, "message": "Not allowed."}}
        if told["type"] == "Together":
            with self._changed:
                self._together += 1
                self._changed.notify_all()
                assert self._changed.wait_for(lambda: self._together >= told["filter"]["calls"], PATIENCE_SECONDS)
        items = [] if told["type"] == "Empty" else ITEMS
        match operation:
            case "find":
                return {"value": items}
            case "get":
                return {"value": next((item for item in items if item["Id"] == told["id"]), None)}
            case "aggregate":
                return {"value": GROUPS}
            case "count":
                return {"value": len(items)}
            case "create":
                made = {"Id": "new", "CreatedAt": "2024-05-17T07:30:00.000Z"}
                return {"value": [made for _ in told["data"]] if isinstance(told["data"], list) else made}
        if told["id"] == "missing":
            return {"error": {"code": 801, "status": 404, "message": "No such item."}}
        return {"value": 1 if told["id"] else len(items)}


def run_event(sandbox: Sandbox, host: SmallHost, name: str, source: str, told: Mapping[str, Any]) -> Outcome:
    code = json.dumps({"entry": "types/Book.py", "files": {"types/Book.py": source}})
    action = ACTIONS.get(name.partition("_")[2], "")
    request = {**REQUEST, "event": name, "action": action, **told}
    event = {"handler": name, "time_left": 10, "request": request, "context": request.pop("context", {})}
    response = request.pop("response", {})
    if name.startswith("after_"):
        event["response"] = {**RESPONSE, **response}
    return run_code(sandbox, host, code, event)
