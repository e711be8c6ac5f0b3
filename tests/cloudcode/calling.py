"""Apps made of a few functions, and calls of them as the front makes them."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from runtime.application import Application
from runtime.apps.app import App
from runtime.apps.definition import AppDefinition
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
) -> Answer:
    """Call a function over HTTP, as an event of a function URL."""
    path = f"/v1/{app}/Functions/{function}?{query}"
    sent = {} if data is None else {"content-type": "application/json"}
    body = None if data is None else json.dumps(data)
    event = make_event(method or ("GET" if data is None else "POST"), path, {**sent, **(headers or {})}, body)
    return read_answer(application.handle(event, request_id))
