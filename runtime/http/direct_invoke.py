"""A cloud function by direct invoke of Lambda (command line, Step Functions, EventBridge), with no HTTP around it."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runtime.apps.service import Apps
from runtime.budget import Budget
from runtime.cloudcode.function import FunctionRequest
from runtime.cloudcode.functions import Functions
from runtime.errors import ReliveError
from runtime.http.error_answer import error_answer
from runtime.http.request import VERSION
from runtime.principal import MASTER
from runtime.settings import Settings


class Invocation(BaseModel):
    """The payload. `data` is any JSON value; with `raise`, an error fails the invocation instead of answering it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    app: str
    function: str
    data: Any = None
    raises: bool = Field(False, alias="raise")


class InvocationFailed(Exception):
    """Fails the invocation; the message is the code and the sentence.

    The class that is raised is named after the code, `Relive902` for example: Step Functions know errors by that name.
    """

    code: int

    @classmethod
    def of(cls, code: int, message: str) -> "InvocationFailed":
        failed: InvocationFailed = type(f"Relive{code}", (cls,), {"code": code})(f"{code}: {message}")
        return failed


class DirectInvoke:
    """Runs functions for whoever may invoke the Lambda function: with master rights, as a POST request."""

    def __init__(self, apps: Apps, functions: Functions, settings: Settings) -> None:
        self._apps = apps
        self._functions = functions
        self._settings = settings

    def handle(self, event: Any, request_id: str) -> dict[str, Any]:
        """Answer `{"app", "function", "data", "raise"}` with `{"statusCode", "body"}`.

        The body is a JSON value if the function answered JSON, else a text; for bytes it is base64, and
        `"isBase64Encoded": true` says so. An error is `{"message", "errorCode", "details"}` under its status.
        A status of 400 and above that the function itself has set is an answer like any other.
        Raises InvocationFailed, if the payload asks for it.
        """
        budget = Budget.start(self._settings, request_id=request_id)
        try:
            return self._run(_read(event), budget)
        except Exception as error:
            answer = error_answer(error, request_id, for_master=True, timed_out=budget.deadline.expired)
            body = json.loads(str(answer.body))
            if isinstance(event, Mapping) and event.get("raise") is True:
                raise InvocationFailed.of(body["errorCode"], body["message"]) from None
            return {"statusCode": answer.status, "body": body}

    def _run(self, invocation: Invocation, budget: Budget) -> dict[str, Any]:
        app = self._apps.get(invocation.app)
        request = FunctionRequest(
            action="POST", principal=MASTER, data=invocation.data, api_url=self._api_url(invocation.app)
        )
        answer = self._functions.execute(app, invocation.function, request, budget)
        told = {"statusCode": answer.status, "body": answer.value}
        return told | {"isBase64Encoded": True} if answer.kind == "bytes" else told

    def _api_url(self, app_id: str) -> str:
        """Nobody came by an address here; the operator's own is the only one that is known."""
        origin = self._settings.public_url.rstrip("/")
        return f"{origin}/{VERSION}/{app_id}" if origin else ""


def _read(event: Any) -> Invocation:
    """Raises ReliveError 601 that names all that is wrong."""
    if not isinstance(event, Mapping):
        raise ReliveError(601, 'The payload is a JSON object: {"app", "function", "data"}.')
    try:
        return Invocation.model_validate(event)
    except ValidationError as error:
        problems = [f"{_place(problem['loc'])}: {problem['msg']}" for problem in error.errors()]
        raise ReliveError(601, f"In the payload: {'; '.join(problems)}.") from None


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location)
