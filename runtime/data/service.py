"""Operations on the items of content types, with the hooks around them."""

import logging
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace

from runtime.apps.app import App
from runtime.budget import Budget
from runtime.data import creation, deletion, update
from runtime.data.affected import Affected
from runtime.data.aggregating import aggregate, check_aggregate
from runtime.data.content_type import ContentType
from runtime.data.hooked import run_with
from runtime.data.hooks import Hooks
from runtime.data.operation import Operation
from runtime.data.policy import require, right_for
from runtime.data.reading import check_read, read
from runtime.data.request import Action, DataAnswer, DataRequest
from runtime.data.store_failure import store_failure
from runtime.data.validator import check_who
from runtime.deadline import Deadline
from runtime.errors import ReliveError
from runtime.query.interruption import in_time
from runtime.settings import MEGABYTE, Settings
from runtime.store.documents import Document, Documents, DuplicatesExistError
from runtime.store.port import StoreUnavailableError, TooLargeError

logger = logging.getLogger(__name__)

RUN: Mapping[Action, Callable[[Operation], DataAnswer]] = {
    "create": creation.create,
    "read": read,
    "update": update.update,
    "delete": deletion.delete,
    "aggregate": aggregate,
}


class Data:
    """Runs operations, from the permission check to what the after hook makes of the answer.

    `ensure_ready` is called before the items of an app are looked at (see Rollout).
    """

    def __init__(
        self,
        documents: Documents,
        hooks: Hooks,
        settings: Settings,
        ensure_ready: Callable[[App, Deadline], None] | None = None,
    ) -> None:
        self._documents = documents
        self._ensure_ready = ensure_ready
        self._hooks = hooks
        self._answer_bytes = int(settings.result_mb * MEGABYTE)

    def execute(self, request: DataRequest, budget: Budget) -> DataAnswer:
        """Answer the request. What is wrong with it is told before any user code runs (cloud code section 2.3).

        Raises ReliveError: 611 there is no such type, 603 the caller may not do this, 608, 601 and 616 the expressions
        and the body, 801 and 107 the operation; all that user code may end in; 650; and 1 for a store that fails.
        """
        budget.check_depth()
        try:
            with in_time(budget.deadline):
                return self._executed(request, budget)
        except StoreUnavailableError as error:
            logger.error("Request %s: %s", budget.request_id, error)
            raise store_failure(error) from error
        except TooLargeError as error:
            raise ReliveError(601, f"An item is too large. {error}") from error

    def _executed(self, request: DataRequest, budget: Budget) -> DataAnswer:
        operation = self._operation(request, budget)
        if self._ensure_ready:
            self._ensure_ready(request.app, budget.deadline)
        try:
            hook = self._hooks.around(operation.request, budget)
            return _run(operation) if hook is None else run_with(hook, operation, _run)
        except DuplicatesExistError as error:
            raise operation.duplicate(error) from None

    def _operation(self, request: DataRequest, budget: Budget) -> Operation:
        content_type = ContentType.of(request.app, request.type)
        scope = require(content_type.definition.policy, request.action, request.principal, request.type)
        affected = Affected(lambda request: _selected(operation.on(request)), self._answer_bytes, budget.hold)
        operation = Operation(
            request, content_type, scope, budget.deadline, self._documents, self._answer_bytes, affected, budget.hold
        )
        return _validated(operation)


def _run(operation: Operation) -> DataAnswer:
    return RUN[operation.request.action](operation)


def _validated(operation: Operation) -> Operation:
    """The operation as it begins: what the request says can be read, and the rules of the type hold.

    Raises ReliveError.
    """
    request, rules = operation.request, operation.content_type.definition.validation
    check_who(rules, request.principal, f"{right_for(request.action).upper()} access on type '{request.type}'")
    match request.action:
        case "create":
            return operation.on(replace(request, data=creation.begun(operation)))
        case "update":
            operation.selection()
            return operation.on(replace(request, data=update.begun(operation)))
        case "read":
            check_read(operation)
        case "aggregate":
            check_aggregate(operation)
        case "delete":
            operation.selection()
    return operation


def _selected(operation: Operation) -> Generator[Document, None, None]:
    with in_time(operation.deadline):  # user code asks for them in a thread of its own
        yield from operation.find(operation.selection())
