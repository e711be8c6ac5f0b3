"""The handlers of a content type around one operation."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from runtime.budget import Budget
from runtime.cloudcode.call_log import CallLog
from runtime.cloudcode.capabilities.affected import AffectedIds, Originals
from runtime.cloudcode.capability import Capability
from runtime.cloudcode.endings import malformed_answer
from runtime.cloudcode.told import read_told
from runtime.cloudcode.user_code import Call, Handler, UserCode
from runtime.data.affected import Affected
from runtime.data.hooks import Before
from runtime.data.request import ENVELOPE_NAMES, DataAnswer, DataRequest
from runtime.errors import ReliveError

EXPRESSIONS = ("data", "filter", "sort", "fields", "aggregate", "skip", "take")
"""What a before handler may change of a request (cloud code section 3)."""


class EventHook:
    """Runs `before_create` and `after_create`, or their siblings, each in a sandbox of its own.

    What the before handler leaves in `context` reaches the after handler as JSON (cloud code section 2.7).
    """

    def __init__(self, user_code: UserCode, handlers: frozenset[str], request: DataRequest, budget: Budget) -> None:
        self._user_code = user_code
        self._budget = budget
        self._before = f"before_{request.action}"
        self._after = f"after_{request.action}"
        self._context: dict[str, Any] = {}
        self.has_before = bool(handlers & {self._before, f"{self._before}_item"})
        self.has_after = bool(handlers & {self._after, f"{self._after}_item"})

    def before(self, request: DataRequest, affected: Affected) -> Before:
        """Raises ReliveError with what the handler ends in; see UserCode."""
        if not self.has_before:
            return Before(request)
        told = self._run(self._before, request, affected, {})
        context = told.get("context")
        if not isinstance(context, dict):
            raise malformed_answer()
        self._context = context
        answer = told.get("answer")
        changes: dict[str, Any] = {name: told.get(name) for name in EXPRESSIONS}
        changed = replace(request, **changes)
        return Before(changed, None if answer is None else _answer(answer, "status"))

    def after(self, request: DataRequest, outcome: DataAnswer | ReliveError, affected: Affected) -> DataAnswer:
        """Raises ReliveError with what the handler ends in, or else with what the operation failed with.

        A handler that gives a failed operation a result has answered it: with 200, unless it sets another status or
        makes an error by hand.
        """
        told = self._run(self._after, request, affected, {"response": _response(outcome)})
        answer = _answer(told, "status_code")
        if isinstance(outcome, DataAnswer):
            return replace(answer, count=outcome.count, modified_at=outcome.modified_at)
        if answer.result is None:
            raise outcome
        by_hand = isinstance(answer.result, dict) and "message" in answer.result
        return answer if by_hand or answer.status != outcome.status else replace(answer, status=200)

    def _run(self, event: str, request: DataRequest, affected: Affected, more: Mapping[str, Any]) -> dict[str, Any]:
        unit = f"types/{request.type}"
        handler = Handler(request.app.type_path(request.type), event, f"{unit}.{event}", unit, step=f"{unit}.{event}")
        capabilities: tuple[Capability, ...] = ()
        if request.action in ("update", "delete"):
            capabilities = (AffectedIds(affected, request), Originals(affected, request))
        call = Call(request.app, handler, request.principal, request.api_url, self._budget, capabilities)
        told = {"request": _told(request, event, self._budget.request_id), "context": self._context, **more}
        return self._user_code.run(call, told, _read)


def _told(request: DataRequest, event: str, request_id: str) -> dict[str, Any]:
    """The request as the guest gets it."""
    return {
        "id": request_id,
        "event": event,
        "action": request.method,
        "type_name": request.type,
        "item_id": request.item_id,
        "specific_action": "GetCount" if request.count_only else None,
        **{name: getattr(request, name) for name in EXPRESSIONS},
        "query_string": dict(request.query_string),
        "headers": dict(request.headers),
        "principal": request.principal.to_json(),
        "custom_parameters": dict(request.custom_parameters),
        "api_url": request.api_url,
        "is_sync": request.is_sync,
    }


def _response(outcome: DataAnswer | ReliveError) -> dict[str, Any]:
    """What the operation ended in, as the guest gets it."""
    if isinstance(outcome, ReliveError):
        error = {"message": outcome.message, "code": outcome.code}
        return {
            "result": None, "status_code": outcome.status, "success": False, "error": error, "additional_data": {},
        }  # fmt: skip
    return {
        "result": outcome.result, "status_code": outcome.status, "success": True, "error": None,
        "additional_data": dict(outcome.additional_data),
    }  # fmt: skip


def _read(_head: dict[str, Any], body: str, log: CallLog) -> dict[str, Any]:
    """What the guest tells of the request or of the response. It is not trusted."""
    try:
        told = read_told(body)
    except ValueError:
        raise malformed_answer() from None
    if not isinstance(told, dict):
        raise malformed_answer()
    answer = told.get("answer", told)
    additional = answer.get("additional_data") if isinstance(answer, dict) else None
    if isinstance(additional, dict) and (taken := sorted(ENVELOPE_NAMES & set(additional))):
        log.add("warning", f"additional_data cannot set {', '.join(taken)}, which are the envelope's own.")
    return told


def _answer(told: Any, status_name: str) -> DataAnswer:
    match told:
        case {"result": result, "additional_data": dict() | None as additional}:
            status = told.get(status_name)
            if type(status) is int and 200 <= status <= 599:
                return DataAnswer(status, result, additional_data=additional or {})
    raise malformed_answer()
