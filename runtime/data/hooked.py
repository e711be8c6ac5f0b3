"""An operation with a hook around it: before, operation, after, and what their errors mean for each other."""

import json
from collections.abc import Callable

from runtime.data.hooks import Hook
from runtime.data.operation import Operation
from runtime.data.request import PARTICIPLES, Action, DataAnswer
from runtime.data.serialised import exceeds
from runtime.errors import ReliveError
from runtime.settings import MEGABYTE

Run = Callable[[Operation], DataAnswer]

OUT_OF_TIME = 650


def run_with(hook: Hook, operation: Operation, run: Run) -> DataAnswer:
    """Raises ReliveError with what the operation or a handler failed with; 901 for an answer of theirs too large."""
    before = hook.before(operation.request, operation.affected)
    if before.answer is not None:
        return _sendable(before.answer, operation)
    operation = operation.on(before.request)
    if not hook.has_after:
        return run(operation)
    operation.affected.begin_recording()
    outcome = _outcome(operation, run)
    if isinstance(outcome, ReliveError) and outcome.code == OUT_OF_TIME:
        raise outcome
    try:
        return _sendable(hook.after(operation.request, outcome, operation.affected), operation)
    except ReliveError as error:
        return _after_failed(error, outcome, operation)


def _outcome(operation: Operation, run: Run) -> DataAnswer | ReliveError:
    try:
        return run(operation)
    except ReliveError as error:
        return error


def _after_failed(error: ReliveError, outcome: DataAnswer | ReliveError, operation: Operation) -> DataAnswer:
    """What an operation is answered with whose after handler has failed.

    An operation that has failed itself has failed first, and clients know its code. What user code sets on purpose is
    the answer in any case, unless the type wants none of it.
    """
    fails = operation.content_type.definition.after_errors == "fail"
    if isinstance(outcome, ReliveError) and not (fails and error.in_own_words):
        raise outcome from None
    if fails or isinstance(outcome, ReliveError):
        raise _but_written(error, outcome, operation.request.action) from None
    return outcome


def _sendable(answer: DataAnswer, operation: Operation) -> DataAnswer:
    """The answer that user code has had a hand in, if it can be sent."""
    if exceeds(json.dumps(answer.envelope(), ensure_ascii=False), operation.answer_bytes):
        limit = f"{operation.answer_bytes / MEGABYTE:g} MB"
        raise ReliveError(901, f"With what user code made of it, the answer is larger than {limit}.")
    return answer


def _but_written(error: ReliveError, outcome: DataAnswer | ReliveError, action: Action) -> ReliveError:
    """The error, which says what was written all the same."""
    written = _written(outcome, action)
    if not written or error is outcome:
        return error
    return error.but_written(written, PARTICIPLES[action])


def _written(outcome: DataAnswer | ReliveError, action: Action) -> int:
    if isinstance(outcome, ReliveError):
        return outcome.written or 0
    match action:
        case "read" | "aggregate":
            return 0
        case "create":
            return len(outcome.result) if isinstance(outcome.result, list) else 1
    return int(outcome.result)
