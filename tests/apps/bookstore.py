"""The bookstore, and requests to it."""

import json
from typing import Any

from runtime.application import Application
from runtime.apps.folder import load
from tests.cloudcode.calling import MASTER, call
from tests.conftest import ROOT
from tests.function_url import Answer, make_event, read_answer

BOOKSTORE = load(ROOT / "examples" / "bookstore")


def ask(application: Application, function: str, data: Any = None, **how: Any) -> Answer:
    """Call a function."""
    return call(application, function, data, app="bookstore", **how)


def send(application: Application, method: str, path: str, data: Any = None, *, master: bool = False) -> Answer:
    """A request about items; `path` is relative to the app."""
    headers = {"content-type": "application/json", **(MASTER if master else {})}
    body = None if data is None else json.dumps(data)
    return read_answer(application.handle(make_event(method, f"/v1/bookstore/{path}", headers, body), "request-1"))
