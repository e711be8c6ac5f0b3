"""Reads the host's replies: a value, or an error that is raised."""

from collections.abc import Callable
from typing import Any

from cloud.errors import CloudError


def value_in(reply: dict[str, Any], errors: dict[str, Callable[[str], Exception]] | None = None) -> Any:
    """The value of a reply. Raises the error in it: one of `errors` by its kind, a CloudError, or RuntimeError."""
    if "error" not in reply:
        return reply["value"]
    error = reply["error"]
    if "code" in error:
        raise CloudError(error["message"], error["code"], error["status"])
    raise (errors or {}).get(error["kind"], RuntimeError)(error["message"])
