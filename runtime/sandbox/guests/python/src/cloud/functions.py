"""Calls other functions of the app."""

import base64
from typing import Any

from cloud.replies import value_in
from relive_guest import host
from relive_guest.pending import Pending


def call(name: str, data: Any = None) -> Any:
    """Call the function `name` as the caller of this request, with `data` as its body; answers what it answered.

    Raises CloudError with the code and status that the function ended with.
    """
    return Pending(host.start("functions.call", {"name": name, "data": data}), _answer)


def _answer(reply: dict[str, Any]) -> Any:
    value = value_in(reply)
    return base64.b64decode(value["base64"]) if value["kind"] == "bytes" else value["body"]
