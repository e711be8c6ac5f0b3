"""Requests of one table, repeated until they are answered, cannot be, or time is over."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import SystemRandom
from typing import Any

from runtime.deadline import Deadline
from runtime.errors import ReliveError
from runtime.store.dynamodb.client import Answer, DynamoDBClient, answer_within
from runtime.store.dynamodb.failures import (
    CONFLICTS,
    THROTTLED,
    CancelledError,
    ConditionFailedError,
    Failure,
    Reason,
    code_of,
    failure_of,
)
from runtime.store.dynamodb.sizes import ITEM_BYTES
from runtime.store.port import StoreBusyError, StoreUnavailableError, TooLargeError
from runtime.threads import about_to_wait

PATIENCE_SECONDS = 20.0
"""How long a request is repeated for one that has no deadline, or a later one."""

FIRST_PAUSE_SECONDS = 0.025
LONGEST_PAUSE_SECONDS = 1.0
"""The pauses between attempts grow from one to the other, and each is a random part of that, so that those who got into
each other's way do not meet again (AWS: "Exponential backoff and jitter", full jitter)."""

UNKNOWN = "Whether the write was done is not known."


class Requests:
    """Requests of the table `name`, as dicts that botocore's client takes, without the table's name.

    All raise StoreUnavailableError and, when the table refuses to take as many, StoreBusyError; TooLargeError.
    """

    def __init__(self, client: Callable[[], DynamoDBClient], name: str, patience: float = PATIENCE_SECONDS) -> None:
        self._client = client
        self._name = name
        self._patience = patience
        self._random = SystemRandom()
        self._closed = False

    def read(self, operation: str, request: Mapping[str, Any], deadline: Deadline) -> Answer:
        """The answer. Raises ReliveError 650 when the deadline is over."""
        return self._send(operation, request, deadline, writes=False)

    def write(self, operation: str, request: Mapping[str, Any], deadline: Deadline) -> Answer:
        """The answer. The request is repeated also when it may have been applied.

        Raises ConditionFailedError and CancelledError, StoreBusyError for one for which there was no time.
        """
        return self._send(operation, request, deadline, writes=True)

    def pause(self, attempt: int, deadline: Deadline) -> bool:
        """Wait before the attempt after this one, which counts from 0. False if that would take too long."""
        seconds = self._random.uniform(0, min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(attempt, 10)))
        if seconds >= deadline.remaining():
            return False
        time.sleep(seconds)
        return True

    def patience(self, deadline: Deadline) -> Deadline:
        return deadline.at_most(self._patience)

    def out_of_time(self, deadline: Deadline, failure: Failure, *, writes: bool) -> Exception:
        """What to raise after the last attempt, which ended in this failure."""
        if not writes and deadline.expired:
            return ReliveError(650)
        if failure.busy and not (failure.maybe_done and writes):
            return StoreBusyError(failure.sentence)
        return _refused(failure, writes)

    def close(self) -> None:
        """Refuse all further requests. The client is its owner's."""
        self._closed = True

    def _send(self, operation: str, request: Mapping[str, Any], deadline: Deadline, *, writes: bool) -> Answer:
        patience = self.patience(deadline)
        failure = Failure(f"There was no time left for a request to the table {self._name}.", busy=True)
        attempt = 0
        while not patience.expired:
            if self._closed:
                closed = replace(failure, sentence=f"The table {self._name} is closed.")
                raise _refused(closed, writes)
            try:
                about_to_wait()
                with answer_within(patience.remaining()):
                    answer: Answer = getattr(self._client(), operation)(**request)
                    return answer
            except Exception as error:
                # What an earlier attempt may have done stays so, whatever a later one is told.
                before = failure.maybe_done
                failure = self._failure(error, before)
                failure = replace(failure, maybe_done=failure.maybe_done or before)
                if not failure.again:
                    raise _refused(failure, writes) from error
            if not self.pause(attempt, patience):
                break
            attempt += 1
        raise self.out_of_time(deadline, failure, writes=writes)

    def _failure(self, error: Exception, repeated: bool) -> Failure:
        """What the attempt failed with. Raises what is no failure of the table: a condition, a size, a defect."""
        response: Any = getattr(error, "response", None)
        code = code_of(error)
        if code == "ConditionalCheckFailedException":
            raise ConditionFailedError(response.get("Item"), repeated=repeated) from error
        if code == "TransactionCanceledException":
            return self._cancelled(error, response.get("CancellationReasons", []), repeated)
        if code == "ValidationException" and "size" in str(error).lower():
            raise TooLargeError(ITEM_BYTES) from error
        failure = failure_of(error, self._name)
        if failure is None:
            raise error
        return failure

    def _cancelled(self, error: Exception, answers: Sequence[Any], repeated: bool) -> Failure:
        reasons = [
            Reason(answer.get("Code") or "None", answer.get("Item"), answer.get("Message") or "") for answer in answers
        ]
        if any(reason.is_condition for reason in reasons):
            raise CancelledError(reasons, repeated=repeated) from error
        for reason in reasons:
            if reason.code == "ValidationError" and "size" in reason.message.lower():
                raise TooLargeError(ITEM_BYTES) from error
        codes = {reason.code for reason in reasons} - {"None"}
        if codes and codes <= CONFLICTS:
            return Failure(f"Others write to the same items of the table {self._name} all the time.", True, busy=True)
        if codes and codes <= CONFLICTS | THROTTLED:
            return Failure(f"The table {self._name} takes no more requests at the moment.", True, busy=True)
        raise error


def _refused(failure: Failure, writes: bool) -> StoreUnavailableError:
    """What the operator is told: also that the request may have been applied, if it was one that writes."""
    return StoreUnavailableError(f"{failure.sentence} {UNKNOWN}" if failure.maybe_done and writes else failure.sentence)
