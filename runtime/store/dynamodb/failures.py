"""What a request fails with, and what that means: again, or not, and in which words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runtime.store.dynamodb.actions import Item
from runtime.store.port import StoreError

THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "TooManyRequestsException",
        "LimitExceededException",
        # as reasons of a transaction
        "ProvisionedThroughputExceeded",
        "ThrottlingError",
    }
)
CONFLICTS = frozenset(
    {
        "TransactionConflictException",
        "TransactionInProgressException",
        "ReplicatedWriteConflictException",
        # as reason of a transaction
        "TransactionConflict",
    }
)
NOT_PERMITTED = frozenset({"AccessDeniedException", "NotAuthorized", "OptInRequired"})
BAD_CREDENTIALS = frozenset(
    {
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "MissingAuthenticationToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)


@dataclass(frozen=True)
class Reason:
    """Why one action of a transaction could not be done.

    `code` is "None" for an action that could have been, else the API's word: `ConditionalCheckFailed` and others.
    `item` is the one that was there.
    """

    code: str
    item: Item | None = None
    message: str = ""

    @property
    def is_condition(self) -> bool:
        return self.code == "ConditionalCheckFailed"


class ConditionFailedError(StoreError):
    """The condition of a write does not hold for `item`, which is what was there; None: nothing was.

    `repeated`: the write was sent before, and may have been done then, so that the condition may fail because of it.
    """

    def __init__(self, item: Item | None, *, repeated: bool = False) -> None:
        super().__init__("A condition of a write does not hold.")
        self.item = item
        self.repeated = repeated


class CancelledError(StoreError):
    """Conditions of a transaction do not hold; nothing of it was written. A reason for each action, in their order.

    `repeated` as in ConditionFailedError, for engines alone that do not keep to the request's token.
    """

    def __init__(self, reasons: Sequence[Reason], *, repeated: bool = False) -> None:
        super().__init__(f"A transaction was cancelled: {', '.join(reason.code for reason in reasons)}.")
        self.reasons = reasons
        self.repeated = repeated


@dataclass(frozen=True)
class Failure:
    """One attempt that failed.

    `again`: another one may succeed. `maybe_done`: the request may have been applied nevertheless. `busy`: the table
    works, there are just too many requests. `sentence` is for the operator.
    """

    sentence: str
    again: bool = False
    maybe_done: bool = False
    busy: bool = False


def failure_of(error: Exception, table: str) -> Failure | None:
    """What an exception of botocore means; None for one that is not its, and for what tells of a defect of ours."""
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
    from botocore.parsers import ResponseParserError

    if isinstance(error, ClientError):
        return _of_answer(error.response, table)
    if isinstance(error, BotoCoreError) and not isinstance(error, ParamValidationError):
        return _of_client(error, table)
    if isinstance(error, ResponseParserError):
        return Failure(f"DynamoDB's answer for the table {table} cannot be read: {error}", again=True, maybe_done=True)
    return None


def code_of(error: Exception) -> str:
    """The API's word for what went wrong; empty if it did not answer."""
    response: Any = getattr(error, "response", None)
    return str(response["Error"].get("Code", "")) if isinstance(response, dict) and "Error" in response else ""


def _of_answer(response: Any, table: str) -> Failure | None:
    code = response["Error"].get("Code", "")
    message = response["Error"].get("Message") or code
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in THROTTLED:
        return Failure(f"The table {table} takes no more requests at the moment: {message}", again=True, busy=True)
    if code in CONFLICTS:
        return Failure(f"Others write to the same items of the table {table} all the time.", again=True, busy=True)
    if code == "ResourceNotFoundException":
        return Failure(f"There is no DynamoDB table {table} in this account and region ({message}).")
    if code in NOT_PERMITTED:
        return Failure(f"AWS does not permit this use of the table {table}: {message}")
    if code in BAD_CREDENTIALS:
        return Failure(f"AWS does not accept the credentials with which the table {table} is used: {message}")
    if status >= 500 or code in ("InternalServerError", "InternalServerErrorException", "ServiceUnavailable"):
        return Failure(f"DynamoDB fails for the table {table}: {message}", again=True, maybe_done=True)
    if code == "RequestTimeTooSkewed":
        return Failure(f"The clock of this machine is wrong, and AWS refuses its requests: {message}")
    if code == "ValidationException":
        return None
    return Failure(f"DynamoDB refuses a request for the table {table}: {message} ({code})")


def _of_client(error: Any, table: str) -> Failure:
    from botocore import exceptions

    if isinstance(error, (exceptions.NoCredentialsError, exceptions.PartialCredentialsError)):
        return Failure(f"There are no AWS credentials to use the table {table} with: {error}")
    if isinstance(error, exceptions.NoRegionError):
        return Failure(f"Which AWS region the table {table} is in is not known. Set AWS_DEFAULT_REGION or AWS_REGION.")
    if isinstance(error, (exceptions.ConnectTimeoutError, exceptions.EndpointConnectionError)):
        return Failure(f"DynamoDB cannot be reached for the table {table}: {error}", again=True)
    if isinstance(error, (exceptions.HTTPClientError, exceptions.SSLError, exceptions.ChecksumError)):
        return Failure(f"DynamoDB does not answer for the table {table}: {error}", again=True, maybe_done=True)
    if isinstance(error, (exceptions.CredentialRetrievalError, exceptions.MetadataRetrievalError)):
        return Failure(f"The AWS credentials to use the table {table} cannot be had: {error}", again=True)
    return Failure(f"The table {table} cannot be used as AWS is set up here: {error}")
