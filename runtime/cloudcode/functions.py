"""Runs cloud functions."""

import json
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from runtime.apps.app import App
from runtime.budget import Budget
from runtime.cloudcode.breaker import Breaker
from runtime.cloudcode.call_host import CallHost
from runtime.cloudcode.call_log import CallLog
from runtime.cloudcode.capabilities.functions import FunctionCalls
from runtime.cloudcode.capability import CallContext, Capability
from runtime.cloudcode.endings import Endings
from runtime.cloudcode.function import FunctionAnswer, FunctionRequest
from runtime.cloudcode.logs.record import OK, CallRecord, LogSink
from runtime.cloudcode.secrets import Secrets
from runtime.errors import ReliveError
from runtime.sandbox.endings import Ending, TimedOut
from runtime.sandbox.pool import NoRunnerInTime
from runtime.sandbox.processes import SandboxUnavailable
from runtime.sandbox.sandbox import Sandbox
from runtime.settings import Settings

logger = logging.getLogger(__name__)

HANDLER = "on_request"


class Functions:
    """Runs a function of an app from the permission check to the log."""

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
        offered = [*capabilities, FunctionCalls(self.call)]
        self._capabilities: Mapping[str, Capability] = {capability.name: capability for capability in offered}
        self._breaker = breaker
        self._secrets = secrets
        self._log_sink = log_sink
        self._endings = Endings(settings)

    def execute(self, app: App, name: str, request: FunctionRequest, budget: Budget) -> FunctionAnswer:
        """Run the function for somebody outside: like `call`, with the app's secrets taken out of what it ends in."""
        redactor = self._secrets.redactor(app.id)
        try:
            answer = self.call(app, name, request, budget)
        except ReliveError as error:
            details = redactor.value(error.details)
            raise ReliveError.custom(error.code, error.status, redactor.text(error.message), details=details) from None
        headers = {header: redactor.text(value) for header, value in answer.headers.items()}
        body = redactor.json(answer.body) if answer.kind == "json" else redactor.content(answer.body)
        return replace(answer, headers=headers, body=body)

    def call(self, app: App, name: str, request: FunctionRequest, budget: Budget) -> FunctionAnswer:
        """Run the function and give its answer as it is.

        Raises ReliveError: 600 there is no such function, 603 the caller may not execute it, 955 it is disabled, and
        all that its run may end in (see Endings); 650 when no runner was free in time.
        """
        budget.check_depth()
        name = _declared_name(app, name)
        _check_permission(app, name, request)
        self._breaker.check(app.id, name)
        record = _OpenRecord(app.id, name, budget.request_id, CallLog(self._settings.log_kb * 1024))
        try:
            answer = self._run(app, name, request, budget.entering(f"functions/{name}"), record.log)
        except ReliveError as error:
            self._write(record, error)
            raise
        self._write(record, None)
        return answer

    def _run(self, app: App, name: str, request: FunctionRequest, budget: Budget, log: CallLog) -> FunctionAnswer:
        path = app.function_path(name)
        code = json.dumps({"entry": path, "files": {path: app.code[path], **app.shared}})

        def make_event() -> str:
            told = request.to_json(name, budget.request_id)
            return json.dumps({"handler": HANDLER, "time_left": budget.deadline.remaining(), "request": told})

        # What is still going on for this call when it ends, such as a nested call that nobody waited for, ends with it.
        scope = budget.deadline.scope()
        context = CallContext(app, request.principal, replace(budget, deadline=scope), request.api_url)
        host = CallHost(self._capabilities, context, log)
        seconds_at_start = budget.deadline.remaining()
        try:
            ending = self._sandbox.run(
                app.id, code, make_event, host=host, deadline=budget.deadline, depth=budget.depth
            )
        except NoRunnerInTime:
            self._breaker.record_nothing(app.id, name)
            raise ReliveError(650, "No sandbox was free in time.") from None
        except SandboxUnavailable as exception:
            self._breaker.record_nothing(app.id, name)
            raise ReliveError(1, details={"type": "SandboxUnavailable", "message": str(exception)}) from exception
        finally:
            scope.end()
        self._tell_breaker(app, name, ending, seconds_at_start)
        return self._endings.answer(ending, path, log)

    def _tell_breaker(self, app: App, name: str, ending: Ending, seconds_at_start: float) -> None:
        """A time-out counts for the function that used up the time.

        Not for one that waited for another, nor for one that was given too little of the request's time.
        """
        if not isinstance(ending, TimedOut):
            self._breaker.record_success(app.id, name)
        elif FunctionCalls.name in ending.waiting_for or seconds_at_start < self._settings.budget_seconds / 2:
            self._breaker.record_nothing(app.id, name)
        else:
            self._breaker.record_timeout(app.id, name)

    def _write(self, record: "_OpenRecord", error: ReliveError | None) -> None:
        """The call has ended, and how it ended does not change because its log cannot be written."""
        try:
            self._log_sink.write(self._closed(record, error))
        except Exception:
            logger.exception("The log of a call of %s cannot be written", record.function)

    def _closed(self, record: "_OpenRecord", error: ReliveError | None) -> CallRecord:
        redactor = self._secrets.redactor(record.app)
        return CallRecord(
            request_id=record.request_id,
            app=record.app,
            function=record.function,
            started_at=record.started_at,
            duration_ms=round((time.monotonic() - record.started) * 1000, 1),
            outcome=OK if error is None else str(error.code),
            lines=redactor.lines(record.log.lines),
            details={} if error is None else redactor.value({"error": error.message, **error.details}),
        )


@dataclass(frozen=True)
class _OpenRecord:
    """What is known of a call while it runs."""

    app: str
    function: str
    request_id: str
    log: CallLog
    started_at: float = field(default_factory=time.time)
    started: float = field(default_factory=time.monotonic)


def _declared_name(app: App, name: str) -> str:
    """The name as the app declares it; in URLs its case does not matter. Raises ReliveError 600."""
    if name in app.definition.functions:
        return name
    for declared in app.definition.functions:
        if declared.lower() == name.lower():
            return declared
    raise ReliveError(600, f"The app {app.id} has no function {name!r}.")


def _check_permission(app: App, name: str, request: FunctionRequest) -> None:
    allowed = app.definition.functions[name].execute
    if request.principal.is_master or allowed is None or set(allowed) & set(request.principal.roles):
        return
    raise ReliveError(603, f"EXECUTE access on function '{name}' denied for {request.principal.description}.")
