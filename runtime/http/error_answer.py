"""The one place where errors become answers (protocol section 9.1)."""

import logging
import traceback
from typing import Any

from runtime.data.store_failure import store_failure
from runtime.errors import ReliveError
from runtime.http.answer import Answer, headers_of_all, json_answer
from runtime.store.port import StoreUnavailableError

logger = logging.getLogger(__name__)


class MethodNotAllowedError(ReliveError):
    """602: the path exists, and takes only the methods in `allowed`."""

    def __init__(self, allowed: list[str]) -> None:
        super().__init__(602, f"Use {', '.join(allowed)}.")
        self.allowed = allowed


def error_answer(error: Exception, request_id: str, *, for_master: bool, timed_out: bool) -> Answer:
    """The answer to a request that ended in this error.

    The caller with the master key also gets `details`. An exception that nobody raised on purpose is logged, and told
    to nobody else; if the request's time was over by then, that is what went wrong, and it is 650.
    """
    known = error if isinstance(error, ReliveError) else _unexpected(error, request_id, timed_out)
    body: dict[str, Any] = {"message": known.message, "errorCode": known.code}
    if known.written is not None:
        body["written"] = known.written
    if for_master and known.details:
        body["details"] = known.details
    return json_answer(known.status, body, _headers(known))


def refusal(error: ReliveError, request_id: str) -> dict[str, Any]:
    """The answer to a request that does not get as far as the router, in the form that Lambda sends."""
    body = {"message": error.message, "errorCode": error.code}
    return json_answer(error.status, body, headers_of_all(request_id)).to_lambda()


def _unexpected(error: Exception, request_id: str, timed_out: bool) -> ReliveError:
    if isinstance(error, StoreUnavailableError):
        logger.error("Request %s: %s", request_id, error, extra={"request_id": request_id})
        return store_failure(error)
    logger.error("Request %s failed unexpectedly", request_id, exc_info=error, extra={"request_id": request_id})
    return ReliveError(
        650 if timed_out else 1,
        details={
            "exception": type(error).__name__,
            "message": str(error),
            "trace": traceback.format_exception(error),
        },
    )


def _headers(error: ReliveError) -> dict[str, str]:
    if isinstance(error, MethodNotAllowedError):
        return {"allow": ", ".join(error.allowed)}
    if error.status == 401:
        return {"www-authenticate": "MasterKey, Bearer"}
    return {}
