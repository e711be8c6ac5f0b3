"""Runs calls while the guest is built, so that what happens at a first time is in the snapshot.

The interpreter adapts code that it has run, and many a module fills a cache when it is first used. Without a rehearsal
every call would do all of that anew: it halves the time of a call.
"""

import asyncio
import contextlib
import json
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from relive_guest import compiling
from relive_guest.definition import Definition

TIMES = 20
"""As often as the interpreter wants to see code before it has adapted all of it."""

SHARED = "value = 1"

FUNCTION = """
import asyncio
from shared.rehearsed import value

def on_request(request, response):
    response.headers["X-Rehearsed"] = request.headers.get("accept", "")
    return {"value": value, "of": [request.action, request.data], "pi": 3.14}

async def on_async_request(request, response):
    return await asyncio.gather(asyncio.sleep(0, 1), asyncio.sleep(0, 2))

def on_failing_request(request, response):
    raise ValueError("rehearsed")
"""

EVENT_HANDLERS = """
from cloud import data
from shared.rehearsed import value

def before_create(request, context):
    context["began"] = data("Rehearsed").name

def before_create_item(request, context):
    request.data["value"] = value

async def after_read(request, response, context):
    for item in response.result:
        item["by"] = request.principal.type
"""

BOTH = {
    "id": "", "action": "POST", "query_string": {"a": "b"}, "headers": {"accept": "*/*"}, "custom_parameters": {},
    "principal": {"type": "anonymous", "id": "", "roles": ["Anonymous"], "data": {}}, "api_url": "",
}  # fmt: skip

FUNCTION_REQUEST = {**BOTH, "function": "", "data": {"a": [1, "b", None, True]}}

DATA_REQUEST = {
    **BOTH, "event": "", "type_name": "", "item_id": None, "specific_action": None, "data": [{"a": 1}, {"a": 2.5}],
    "filter": {"a": {"$gt": 1}}, "sort": None, "fields": None, "aggregate": None, "skip": 0, "take": 10,
    "is_sync": False,
}  # fmt: skip

DATA_RESPONSE = {
    "result": [{"Id": "a"}, {"Id": "b"}], "status_code": 200, "success": True, "error": None, "additional_data": {},
}  # fmt: skip

FOR_FUNCTION: dict[str, Any] = {"request": FUNCTION_REQUEST}
FOR_BEFORE: dict[str, Any] = {"request": DATA_REQUEST, "context": {}}
FOR_AFTER: dict[str, Any] = {**FOR_BEFORE, "response": DATA_RESPONSE}

CALLS = (
    (FUNCTION, "on_request", FOR_FUNCTION),
    (FUNCTION, "on_async_request", FOR_FUNCTION),
    (FUNCTION, "on_failing_request", FOR_FUNCTION),
    (EVENT_HANDLERS, "before_create", FOR_BEFORE),
    (EVENT_HANDLERS, "after_read", FOR_AFTER),
)
"""Source, handler, and what the event has beside."""


_kept: list[Definition] = []


class World(Protocol):
    """The exports that calls go through."""

    def define(self, code: str) -> str: ...

    def handle(self, event: str) -> str: ...


def rehearse(world: World, forget: Callable[[], None]) -> None:
    """Define and handle a few times, and leave nothing of it behind but what the interpreter has learnt."""
    for _ in range(TIMES):
        for source, handler, event in CALLS:
            with _leaving_nothing(forget):
                failure = world.define(_code(source))
                assert not failure, failure
                answer = world.handle(json.dumps({"handler": handler, "time_left": 60, **event}))
                expected = "failed" if "failing" in handler else "answered"
                assert json.loads(answer.partition("\n")[0])["ending"] == expected, answer
    with _leaving_nothing(forget):
        _kept.append(Definition.load(_code(FUNCTION)))


def repeat(handle: Callable[[Definition, str], str], forget: Callable[[], None]) -> None:
    """Handle once more, in an instance that has run nothing else."""
    handle(_kept[0], json.dumps({"handler": "on_request", "time_left": 60, **FOR_FUNCTION}))
    asyncio.set_event_loop(None)
    forget()


def _code(source: str) -> str:
    files = {"functions/rehearsed.py": source, "shared/rehearsed.py": SHARED}
    compiled = json.loads(compiling.compile_all(files))["compiled"]
    return json.dumps({"entry": "functions/rehearsed.py", "files": files, "compiled": compiled})


@contextlib.contextmanager
def _leaving_nothing(forget: Callable[[], None]) -> Iterator[None]:
    modules, finders, output = set(sys.modules), list(sys.meta_path), (sys.stdout, sys.stderr)
    yield
    forget()
    for name in set(sys.modules) - modules:
        del sys.modules[name]
    sys.meta_path[:] = finders
    sys.stdout, sys.stderr = output
    asyncio.set_event_loop(None)
    random.seed(0)
