"""Apps made of a few functions, and calls of them as the front makes them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runtime.application import Application
from runtime.apps.app import App
from runtime.apps.definition import AppDefinition
from tests.conftest import MASTER_KEY

MASTER = {"authorization": f"MasterKey {MASTER_KEY}"}


def app_of(files: Mapping[str, str], *, id: str = "app", **functions: Any) -> App:
    """An app with these files; `functions` may say more of one by its name, `{"execute": [...]}`."""
    names = [path.removeprefix("functions/").removesuffix(".py") for path in files if path.startswith("functions/")]
    definition = {"app": {"id": id, "title": id}, "functions": {name: functions.get(name, {}) for name in names}}
    return App(AppDefinition.model_validate(definition), dict(files))


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str
    is_base64: bool

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> tuple[int, int]:
        """Status and code."""
        return self.status, self.json["errorCode"]


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
    path = f"/v1/{app}/Functions/{function}"
    sent = {"content-type": "application/json"} if data is not None else {}
    event = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {**sent, **(headers or {})},
        "requestContext": {
            "domainName": "api.test",
            "http": {"method": method or ("GET" if data is None else "POST"), "path": path},
        },
        "body": None if data is None else json.dumps(data),
        "isBase64Encoded": False,
    }
    answer = application.handle(event, request_id)
    return Answer(answer["statusCode"], answer["headers"], answer["body"], answer["isBase64Encoded"])
