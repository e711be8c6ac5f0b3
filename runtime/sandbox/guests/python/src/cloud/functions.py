"""Calls other functions of the app."""

import base64
from typing import Any

from cloud.calls import begin, in_event_loop
from relive_guest.pending import Pending, value_of


def call(name: str, data: Any = None, *, master: bool = False) -> Any:
    """Call the function `name` with `data` as its body; answers what it answered.

    It runs as the caller of this request, or with the rights of the master key. In an `async def`, await the answer;
    calls that are awaited together, as with asyncio.gather, run side by side.

    Raises CloudError with the code and status that the function ended with.
    """
    pending = begin("functions.call", {"name": name, "data": data, "master": master}, _answer, Pending)
    return pending if in_event_loop() else value_of(pending)


def _answer(value: dict[str, Any]) -> Any:
    return base64.b64decode(value["body"]) if value["kind"] == "bytes" else value["body"]
