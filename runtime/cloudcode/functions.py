"""Runs cloud functions."""

from dataclasses import replace

from runtime.apps.app import App
from runtime.budget import Budget
from runtime.cloudcode.capabilities.functions import FunctionCalls
from runtime.cloudcode.function import FunctionAnswer, FunctionRequest
from runtime.cloudcode.function_answers import FunctionAnswers
from runtime.cloudcode.secrets import Secrets
from runtime.cloudcode.user_code import Call, Handler, UserCode
from runtime.data.validator import check_who, completed, completed_query
from runtime.errors import ReliveError
from runtime.query.interruption import in_time
from runtime.query.invalid import kind
from runtime.settings import Settings

HANDLER = "on_request"


class Functions:
    """Runs a function of an app, once its permissions and rules allow it."""

    def __init__(self, user_code: UserCode, secrets: Secrets, settings: Settings) -> None:
        self._user_code = user_code
        self._secrets = secrets
        self._answers = FunctionAnswers(settings)
        user_code.offer(FunctionCalls(self.call))

    def execute(self, app: App, name: str, request: FunctionRequest, budget: Budget) -> FunctionAnswer:
        """Run the function for somebody outside: like `call`, with the app's secrets taken out of what it ends in."""
        self._secrets.renew(app.id)
        try:
            answer = self.call(app, name, request, budget)
        except ReliveError as error:
            redactor = self._secrets.redactor(app.id)
            raise error.retold(redactor.text, redactor.value(error.details)) from None
        redactor = self._secrets.redactor(app.id)
        headers = {header: redactor.text(value) for header, value in answer.headers.items()}
        body = redactor.json(answer.body) if answer.kind == "json" else redactor.content(answer.body)
        return replace(answer, headers=headers, body=body)

    def call(self, app: App, name: str, request: FunctionRequest, budget: Budget) -> FunctionAnswer:
        """Run the function and give its answer as it is.

        Raises ReliveError: 600 there is no such function, 603 the caller may not execute it, 601 what is sent breaks
        the function's rules, 650 there was no time to check them, and all that its run may end in (see UserCode).
        """
        budget.check_depth()
        name = _declared_name(app, name)
        _check_permission(app, name, request)
        with in_time(budget.deadline):
            request = _validated(app, name, request)
        handler = Handler(app.function_path(name), HANDLER, name, unit=name, step=f"functions/{name}")
        call = Call(app, handler, request.principal, request.api_url, budget)
        return self._user_code.run(call, {"request": request.to_json(name, budget.request_id)}, self._answers.read)


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


def _validated(app: App, name: str, request: FunctionRequest) -> FunctionRequest:
    """The request with defaults filled in, if it keeps to the rules of the function. Raises ReliveError 603, 601."""
    rules = app.definition.functions[name].validation
    check_who(rules, request.principal, f"EXECUTE access on function '{name}'")
    query = completed_query(dict(request.query_string), rules)
    if not rules.fields:
        return replace(request, query_string=query)
    data = {} if request.data is None else request.data
    if not isinstance(data, dict):
        raise ReliveError(601, f"The body must be an object, not {kind(data)}.")
    return replace(request, query_string=query, data=completed(data, rules))
