"""Starts calls to the host, and reads the host's replies."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from cloud.errors import CloudError
from relive_guest import host
from relive_guest.json_values import to_json
from relive_guest.pending import Pending, value_of

type Errors = Mapping[str, type[Exception]]


def begin[P: Pending](
    capability: str,
    arguments: dict[str, Any],
    convert: Callable[[Any], Any],
    kind: type[P],
    errors: Errors | None = None,
) -> P:
    """Start a call; `convert` makes its value from that of the reply, `errors` names exceptions by their kind.

    In an event loop the value is awaited. Plain code waits right here, so that `try` and `except` around a call mean
    what they say. Raises NotJson for arguments that JSON cannot say.
    """
    pending = kind(host.start(capability, to_json(arguments)), lambda reply: convert(_value_in(reply, errors or {})))
    if not in_event_loop():
        value_of(pending)
    return pending


def ask[P: Pending](capability: str, arguments: dict[str, Any], convert: Callable[[Any], Any], kind: type[P]) -> Any:
    """Start a call. In an event loop this is a value to await, in plain code the value itself."""
    pending = begin(capability, arguments, convert, kind)
    return pending if in_event_loop() else value_of(pending)


def in_event_loop() -> bool:
    return asyncio._get_running_loop() is not None


def _value_in(reply: dict[str, Any], errors: Errors) -> Any:
    """The value of a reply. Raises the error in it: one of `errors` by its kind, a CloudError, or RuntimeError."""
    if "error" not in reply:
        return reply["value"]
    error = reply["error"]
    if "code" in error:
        raise CloudError(error["message"], error["code"], error["status"])
    raise errors.get(error["kind"], RuntimeError)(error["message"])
