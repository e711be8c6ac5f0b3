"""Calls other functions of the app."""

import base64
from typing import Any

from cloud.replies import value_in
from relive_guest import host
from relive_guest.pending import Pending


def call(name: str, data: Any = None, *, master: bool = False) -> Any:
    """Call the function `name` with `data` as its body; answers what it answered.

    It runs as the caller of this request, or with the rights of the master key.

    Raises CloudError with the code and status that the function ended with.
    """
    return Pending(host.start("functions.call", {"name": name, "data": data, "master": master}), _answer)


def _answer(reply: dict[str, Any]) -> Any:
    value = value_in(reply)
    return base64.b64decode(value["body"]) if value["kind"] == "bytes" else value["body"]
