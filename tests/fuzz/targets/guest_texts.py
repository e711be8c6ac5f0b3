"""Guest to host: whatever a guest asks, logs and answers, its call ends in an answer or in a known error.

The input is a script (see ScriptedGuest). Its first step says what is asked of the app: `@function`, `@create`,
`@read`, `@update`, `@delete`, `@aggregate` or `@handlers`.
"""

import json
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from runtime.application import Application
from runtime.apps.app import App
from runtime.apps.definition import AppDefinition
from runtime.budget import Budget
from runtime.cloudcode.capabilities.http import Http
from runtime.cloudcode.events import Events
from runtime.cloudcode.outgoing.depth import DepthSigner
from runtime.cloudcode.outgoing.depth_key import derived_from
from runtime.data.request import DataRequest
from runtime.errors import ReliveError
from runtime.principal import ANONYMOUS
from runtime.settings import Settings
from tests.function_url import make_event
from tests.fuzz.answers import check_answer
from tests.fuzz.complaints import complaints
from tests.fuzz.mutating.text import text_mutator
from tests.fuzz.scripted_guest import ScriptedGuest, Step, read_script
from tests.fuzz.target import Attempt, Target
from tests.http.calling import JSON, MASTER_KEY

API = "/v1/shop"

BOOK = {
    "policy": "public",
    "fields": {"Title": {"type": "text"}, "Isbn": {"type": "text", "unique": True}, "Pages": {"type": "number"},
               "Published": {"type": "date"}, "Author": {"type": "relation", "to": "Author"}},
    "validate": {"fields": {"Pages": {"range": [0, 5000]}}},
}  # fmt: skip

DEFINITION = {
    "app": {"id": "shop", "title": "A shop"},
    "functions": {"answer": {}, "inner": {}},
    "types": {"Book": BOOK, "Author": {"policy": "read-only"}},
}

FILES = {"functions/answer.py": "", "functions/inner.py": "", "types/Book.py": "", "shared/prices.py": ""}

REQUESTS: Mapping[str, tuple[str, str, Any]] = {
    "function": ("POST", f"{API}/Functions/answer", {"a": 1}),
    "create": ("POST", f"{API}/Book", [{"Title": "Emma"}, {"Title": "Dune", "Pages": 400}]),
    "read": ("GET", f"{API}/Book?sort=%7B%22Title%22:1%7D&take=3", None),
    "update": ("PUT", f"{API}/Book", {"$set": {"Pages": 1}}),
    "delete": ("DELETE", f"{API}/Book/b1", None),
    "aggregate": ("GET", f"{API}/Book/_aggregate?aggregate=%7B%22GroupBy%22:%22Title%22%7D", None),
}

TOKENS = (
    "answered", "failed", "cancelled", "error_set", "never_done", "does_not_compile", "ending", "kind", "status",
    "status_code", "headers", "message", "code", "details", "type", "frames", "done", "json", "text", "bytes",
    "before", "after", "context", "answer", "result", "additional_data", "NotAnAnswer", "NoHandler", "file",
    "line", "data", "filter", "sort", "fields", "aggregate", "skip", "take", "before_create", "after_read", "Id", "Title",
    "Isbn", "Pages", "Published", "Author", "CreatedAt", "b1", "content-type", "application/json", "text/html", "YQ==",
    "content-security-policy", "name", "master", "id", "KEY", "inner", "Book", "url", "method", "body", "timeout",
    "follow_redirects", "GET", "https://shop.test/v1/shop/Book", "https://127.0.0.1/", "https://[::1]:80/", "http://a.test",
    "$gt", "$in", "$or", "$not", "$regex", "$options", "$elemMatch", "$exists", "$type", "$mod", "$size", "$all", "$set",
    "$unset", "$inc", "$push", "$each", "$slice", "$sort", "$position", "$pull", "$pop", "$rename", "$addToSet", "GroupBy",
    "Aggregate", "count", "avg", "item_id", "2016-02-03T04:05:06.789Z", "\n@call data.find\n", "\n@call data.create\n",
    "\n@call data.update\n", "\n@call data.delete\n", "\n@call data.count\n", "\n@call data.get\n", "\n@call data.aggregate\n",
    "\n@call functions.call\n", "\n@call http.request\n", "\n@call secrets.get\n", "\n@call event.affected_ids\n",
    "\n@call event.originals\n", "\n@log\n", "\n@answer\n", "\n@undefined\n", "\n@crashed\n", "\n@late\n",
)  # fmt: skip

NEVER = 10**9
"""Time-outs that the breaker waits for: scripts may say as often as they like that the guest was late."""

_MAY_WRITE = re.compile(rb"@(create|update|delete)|data\.(create|update|delete)|http\.request")


@contextmanager
def opened(folder: Path) -> Iterator[Attempt]:
    secrets = {"shop": {"KEY": "correct-horse-battery"}}
    settings = Settings(data=folder, secrets=secrets, budget_seconds=10, breaker_timeouts=NEVER)
    app = App(AppDefinition.model_validate(DEFINITION), FILES)
    with closing(Application(settings, MASTER_KEY)) as application, complaints() as complained:
        guest = _take_the_place_of_the_sandbox(application, settings)
        application.apply(app)
        _fill(application)

        def attempt(data: bytes) -> None:
            steps = read_script(data)
            guest.learn(steps)
            try:
                _ask(application, app, steps)
            finally:
                guest.learn([])
            complained.check()
            if _MAY_WRITE.search(data):
                _fill(application)

        yield attempt


def _take_the_place_of_the_sandbox(application: Application, settings: Settings) -> ScriptedGuest:
    """And of the network: no name has an address, and no address answers."""
    guest, user_code = ScriptedGuest(), application.functions._user_code
    user_code._sandbox = guest  # type: ignore[assignment]
    user_code.offer(
        Http(
            settings,
            application._serve_own_api,
            DepthSigner(derived_from(MASTER_KEY)),
            lookup=_no_such,
            connect=_refused,
        )
    )
    return guest


def _ask(application: Application, app: App, steps: list[Step]) -> None:
    verb = steps[0].verb if steps else "function"
    if verb == "handlers":
        _ask_for_handlers(application, app)
    else:
        method, path, body = REQUESTS.get(verb, REQUESTS["function"])
        text = None if body is None else json.dumps(body)
        answer = application.handle(make_event(method, path, JSON, text, domain="shop.test"), "request-1")
        check_answer(answer, by_user_code="/Functions/" in path)


def _ask_for_handlers(application: Application, app: App) -> None:
    """Which handlers a file has is asked once, so each time somebody new must ask."""
    events = Events(application.functions._user_code)
    try:
        events.around(DataRequest(app, "Book", "read", ANONYMOUS), Budget.start(Settings(budget_seconds=10)))
    except ReliveError:
        return


def _fill(application: Application) -> None:
    master = {"Authorization": f"MasterKey {MASTER_KEY}", **JSON}
    books = [{"Id": "b1", "Title": "Emma", "Isbn": "1"}, {"Id": "b2", "Title": "Dune", "Pages": 412}]
    for method, body in (("DELETE", None), ("POST", json.dumps(books))):
        answer = application.handle(make_event(method, f"{API}/Book", master, body), "request-1")
        assert answer["statusCode"] in (200, 201), answer


def _no_such(host: str) -> list[str]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def _refused(*_: Any) -> socket.socket:
    raise ConnectionRefusedError(111, "Connection refused")


TARGET = Target("guest-texts", opened, text_mutator(TOKENS), TOKENS, share=3)
