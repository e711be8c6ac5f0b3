"""Errors that user code answers by hand: a status of 400 or more, and a body that says why."""

from typing import Any

from runtime.errors import ReliveError


def error_by_hand(status: int, body: Any, what: str) -> ReliveError:
    """The error in such an answer, for user code that has called other user code.

    Its message is the body's `message`, its code the body's `errorCode` or `code`, else 960. `what` answered.
    """
    told = body if isinstance(body, dict) else {}
    code = next((told[key] for key in ("errorCode", "code") if type(told.get(key)) is int and told[key] > 0), 960)
    return ReliveError.custom(code, status, str(told.get("message") or f"{what} answered with status {status}."))
