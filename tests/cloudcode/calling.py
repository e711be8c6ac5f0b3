"""Apps made of a few functions, and calls of them as the front makes them."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from runtime.application import Application
from runtime.apps.app import App
from runtime.apps.definition import AppDefinition
from runtime.budget import Budget
from tests.conftest import MASTER_KEY
from tests.function_url import Answer, make_event, read_answer

MASTER = {"authorization": f"MasterKey {MASTER_KEY}"}

SECRET = "correct-horse-battery"
"""The secret KEY of the app `app`, where there is one."""

Serve = Callable[[App], Application]


def app_of(files: Mapping[str, str], *, id: str = "app", **functions: Any) -> App:
    """An app with these files; `functions` may say more of one by its name, `{"execute": [...]}`."""
    names = [path.removeprefix("functions/").removesuffix(".py") for path in files if path.startswith("functions/")]
    definition = {"app": {"id": id, "title": id}, "functions": {name: functions.get(name, {}) for name in names}}
    return App(AppDefinition.model_validate(definition), dict(files))


def call(
    application: Application,
    function: str,
    data: Any = None,
    *,
    app: str = "app",
    method: str = "",
    query: str = "",
    headers: Mapping[str, str] | None = None,
    request_id: str = "request-1",
    seconds: float | None = None,
) -> Answer:
    """Call a function over HTTP, as an event of a function URL. It has the time of the settings, or `seconds`."""
    path = f"/v1/{app}/Functions/{function}?{query}"
    sent = {} if data is None else {"content-type": "application/json"}
    body = None if data is None else json.dumps(data)
    event = make_event(method or ("GET" if data is None else "POST"), path, {**sent, **(headers or {})}, body)
    return read_answer(application.handle(event, request_id, budget_of(application, seconds, request_id)))


def budget_of(application: Application, seconds: float | None, request_id: str = "request-1") -> Budget:
    """What a request has, with the time of the settings or `seconds`."""
    limits = application.settings
    if seconds is not None:
        limits = limits.model_copy(update={"budget_seconds": seconds})
    return Budget.start(limits, request_id=request_id)


def call_that_runs_over(
    application: Application, function: str, data: Any = None, *, seconds: float, loading: bool = False, **more: Any
) -> Answer:
    """A call whose code goes on for longer than these seconds: while its file is `loading`, or in its handler.

    With ten times as many, where they were over before that.
    """
    answer = call(application, function, data, seconds=seconds, **more)
    if over_too_soon(answer, loading=loading):
        answer = call(application, function, data, seconds=10 * seconds, **more)
    return answer


def over_too_soon(answer: Answer, *, loading: bool) -> bool:
    """Whether the time was over before the code was there that was to use it up, as the machine was too busy."""
    return answer.code == 650 or (answer.code == 902 and not loading and "Loading" in answer.text)
