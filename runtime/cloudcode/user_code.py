"""Runs one handler in a file of an app's code, from the breaker to the log."""

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from runtime.apps.app import App
from runtime.budget import Budget
from runtime.cloudcode.breaker import Breaker
from runtime.cloudcode.call_host import CallHost, refusal
from runtime.cloudcode.call_log import CallLog
from runtime.cloudcode.capability import CallContext, Capability
from runtime.cloudcode.definitions import Definitions
from runtime.cloudcode.endings import Endings
from runtime.cloudcode.logs.record import OK, CallRecord, LogSink
from runtime.cloudcode.secrets import Secrets
from runtime.errors import ReliveError
from runtime.held import TooMuchAtOnce, text_bytes
from runtime.principal import Principal
from runtime.sandbox.endings import Ending, TimedOut
from runtime.sandbox.pool import NoRunnerInTime
from runtime.sandbox.processes import SandboxUnavailable
from runtime.sandbox.sandbox import Sandbox
from runtime.sandbox.share import Share
from runtime.settings import Settings

logger = logging.getLogger(__name__)

LEAST_TOLD = 200
"""Characters of an error that are kept in any case, however much its request has logged."""

Answer = TypeVar("Answer")

Read = Callable[[dict[str, Any], str, CallLog], Answer]
"""Reads the head and the body of what the guest answers. What it says to the log belongs to the call."""


@dataclass(frozen=True)
class Handler:
    """A handler, and what it is called in messages, in logs (`name`) and by the breaker (`unit`, its file's name).

    `step` is what it adds to the trail of nested calls.
    """

    path: str
    function: str
    name: str
    unit: str
    step: str


@dataclass(frozen=True)
class Call:
    """One call of a handler: for whom, within which budget, and what it may ask the host for besides the usual."""

    app: App
    handler: Handler
    principal: Principal
    api_url: str
    budget: Budget
    capabilities: tuple[Capability, ...] = ()


class UserCode:
    """Runs handlers. `capabilities` is what all of them may ask for, by name; more may be added to it."""

    def __init__(
        self,
        sandbox: Sandbox,
        settings: Settings,
        capabilities: Iterable[Capability],
        breaker: Breaker,
        secrets: Secrets,
        log_sink: LogSink,
    ) -> None:
        self._sandbox = sandbox
        self._settings = settings
        self._capabilities = {capability.name: capability for capability in capabilities}
        self._breaker = breaker
        self._secrets = secrets
        self._log_sink = log_sink
        self._endings = Endings(settings)
        self._definitions = Definitions(sandbox)

    def offer(self, capability: Capability) -> None:
        """Let user code ask for this, too. For capabilities that run user code themselves."""
        self._capabilities[capability.name] = capability

    def run(self, call: Call, event: Mapping[str, Any], read: Read[Answer]) -> Answer:
        """Run the handler with what `event` holds, and give what `read` makes of its answer: its head and its body.

        Raises ReliveError: 617 the request has called user code too often, 955 the code is disabled, 650 when no runner
        was free in time, what `read` raises, and all that a run may end in (see Endings).
        """
        call = replace(call, budget=call.budget.entering(call.handler.step))
        call.budget.take_code_call()
        record, answer = self._recorded(call, event, read)
        self._write(record, None)
        return answer

    def ask(self, call: Call, event: Mapping[str, Any], read: Read[Answer]) -> Answer:
        """Run the guest on the code without a handler of the user's: the same, but the log has only failures."""
        return self._recorded(call, event, read)[1]

    def _recorded(self, call: Call, event: Mapping[str, Any], read: Read[Answer]) -> tuple["_OpenRecord", Answer]:
        self._breaker.check(call.app.id, call.handler.unit)
        log = CallLog(self._settings.log_kb * 1024, call.budget.tree.log)
        record = _OpenRecord(call.app.id, call.handler.name, call.budget.request_id, log)
        try:
            return record, read(*self._answered(call, event, log), log)
        except ReliveError as error:
            self._write(record, error)
            raise

    def _answered(self, call: Call, event: Mapping[str, Any], log: CallLog) -> tuple[dict[str, Any], str]:
        """The head and the body of what the guest answers."""
        app, handler = call.app, call.handler
        budget = call.budget
        seconds_at_start = budget.deadline.remaining()
        code = self._definitions.text(app, handler.path, budget.deadline, budget.depth)

        def make_event() -> str:
            told = json.dumps({"handler": handler.function, "time_left": budget.deadline.remaining(), **event})
            budget.hold.add(text_bytes(told))
            return told

        # What is still going on for this call when it ends, such as a nested call that nobody waited for, ends with it.
        scope = budget.deadline.scope()
        context = CallContext(app, call.principal, replace(budget, deadline=scope), call.api_url)
        host = CallHost({**self._capabilities, **{own.name: own for own in call.capabilities}}, context, log)
        try:
            ending = self._sandbox.run(
                app.id,
                code,
                make_event,
                host=host,
                deadline=budget.deadline,
                depth=budget.depth,
                share=Share(budget.tree.runners, budget.tree.held, refusal(budget.tree.held)),
            )
        except TooMuchAtOnce:
            self._breaker.record_nothing(app.id, handler.unit)
            raise
        except NoRunnerInTime:
            self._breaker.record_nothing(app.id, handler.unit)
            raise ReliveError(650, "No sandbox was free in time.") from None
        except SandboxUnavailable as exception:
            self._breaker.record_nothing(app.id, handler.unit)
            raise ReliveError(1, details={"type": "SandboxUnavailable", "message": str(exception)}) from exception
        finally:
            scope.end()
        self._tell_breaker(app, handler.unit, ending, seconds_at_start)
        try:
            head, body = self._endings.answered(ending, handler.path)
            budget.hold.add_json(body)
            return head, body
        except ReliveError as error:
            raise host.with_details(error) from None

    def _tell_breaker(self, app: App, unit: str, ending: Ending, seconds_at_start: float) -> None:
        """A time-out counts for the code that used up the time.

        Not for code that waited for other code, nor for code that was given too little of the request's time.
        """
        if not isinstance(ending, TimedOut):
            self._breaker.record_success(app.id, unit)
        elif any(map(self._runs_user_code, ending.waiting_for)) or seconds_at_start < self._settings.budget_seconds / 2:
            self._breaker.record_nothing(app.id, unit)
        else:
            self._breaker.record_timeout(app.id, unit)

    def _runs_user_code(self, capability: str) -> bool:
        offered = self._capabilities.get(capability)
        return offered is not None and offered.runs_user_code

    def _write(self, record: "_OpenRecord", error: ReliveError | None) -> None:
        """The call has ended, and how it ended does not change because its log cannot be written."""
        try:
            self._log_sink.write(self._closed(record, error))
        except Exception:
            logger.exception("The log of a call of %s cannot be written", record.name)

    def _closed(self, record: "_OpenRecord", error: ReliveError | None) -> CallRecord:
        redactor = self._secrets.redactor(record.app)
        details: Mapping[str, Any] = {} if error is None else {"error": error.message, **error.details}
        if error is not None and not record.log.has_room_for_details(len(json.dumps(details))):
            details = {"error": error.message[:LEAST_TOLD]}
        return CallRecord(
            request_id=record.request_id,
            app=record.app,
            function=record.name,
            started_at=record.started_at,
            duration_ms=round((time.monotonic() - record.started) * 1000, 1),
            outcome=OK if error is None else str(error.code),
            lines=redactor.lines(record.log.lines),
            details=redactor.value(details),
        )


@dataclass(frozen=True)
class _OpenRecord:
    """What is known of a call while it runs."""

    app: str
    name: str
    request_id: str
    log: CallLog
    started_at: float = field(default_factory=time.time)
    started: float = field(default_factory=time.monotonic)
