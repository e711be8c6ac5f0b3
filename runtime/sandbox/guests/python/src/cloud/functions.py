"""Calls other functions of the app."""

import base64
from typing import Any

from cloud.calls import ask
from relive_guest.pending import Pending


def call(name: str, data: Any = None, *, master: bool = False) -> Any:
    """Call the function `name` with `data` as its body; answers what it answered.

    It runs as the caller of this request, or with the rights of the master key. In an `async def`, await the answer;
    calls that are awaited together, as with asyncio.gather, run side by side.

    Raises CloudError with the code and status that the function ended with.
    """
    return ask("functions.call", {"name": name, "data": data, "master": master}, _answer, Pending)


def _answer(value: dict[str, Any]) -> Any:
    return base64.b64decode(value["body"]) if value["kind"] == "bytes" else value["body"]
