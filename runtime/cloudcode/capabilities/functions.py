"""Lets a function call another one of its app."""

from collections.abc import Callable
from typing import Any

from runtime.apps.app import App
from runtime.budget import Budget
from runtime.cloudcode.capability import CallContext, CapabilityError
from runtime.cloudcode.error_by_hand import error_by_hand
from runtime.cloudcode.function import FunctionAnswer, FunctionRequest
from runtime.principal import MASTER

Execute = Callable[[App, str, FunctionRequest, Budget], FunctionAnswer]


class FunctionCalls:
    """Runs a function within the budget of the request that calls it, one level deeper.

    Arguments: `name`, `data` (a JSON value), and `master`: with the rights of the master key, else with the caller's.
    The answer: `kind` and `body`, which is base64 for bytes. Raises ReliveError with the code the function ended with,
    617 beyond the depth limit, and 960 with the function's own status when that is 400 or more.
    """

    name = "functions.call"
    runs_user_code = True

    def __init__(self, execute: Execute) -> None:
        self._execute = execute

    def __call__(self, arguments: dict[str, Any], context: CallContext) -> dict[str, Any]:
        name = arguments.get("name")
        if not isinstance(name, str):
            raise CapabilityError("InvalidArguments", f"The name of a function is a text, not {name!r}.")
        request = FunctionRequest(
            action="POST",
            principal=MASTER if arguments.get("master") is True else context.principal,
            data=arguments.get("data"),
            api_url=context.api_url,
        )
        answer = self._execute(context.app, name, request, context.budget.nested())
        if answer.status >= 400:
            body = answer.value if answer.kind == "json" else None
            raise error_by_hand(answer.status, body, "The function")
        return {"kind": answer.kind, "body": answer.value}
