"""Runs a call while the guest is built, so that what happens at a first time is in the snapshot.

The interpreter adapts code that it has run, and many a module fills a cache when it is first used. Without a rehearsal
every call would do all of that anew: it halves the time of a call.
"""

import asyncio
import gc
import json
import random
import sys
from collections.abc import Callable

TIMES = 20
"""As often as the interpreter wants to see code before it has adapted all of it."""

SOURCE = """
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

REQUEST = {
    "id": "", "function": "", "action": "POST", "data": {"a": [1, "b", None, True]}, "query_string": {"a": "b"},
    "headers": {"accept": "*/*"}, "principal": {"type": "anonymous", "id": "", "roles": ["Anonymous"], "data": {}},
    "custom_parameters": {}, "api_url": "",
}  # fmt: skip


def rehearse(define: Callable[[str], str], handle: Callable[[str], str], forget: Callable[[], None]) -> None:
    """Define and handle a few times, and leave nothing of it behind but what the interpreter has learnt."""
    modules, finders, output = set(sys.modules), list(sys.meta_path), (sys.stdout, sys.stderr)
    files = {"functions/rehearsed.py": SOURCE, "shared/rehearsed.py": "value = 1"}
    code = json.dumps({"entry": "functions/rehearsed.py", "files": files})
    for _ in range(TIMES):
        for handler in ("on_request", "on_async_request", "on_failing_request"):
            assert define(code) == ""
            answer = handle(json.dumps({"handler": handler, "time_left": 60, "request": REQUEST}))
            assert json.loads(answer.partition("\n")[0])["ending"] in ("answered", "failed"), answer
            forget()
            for name in set(sys.modules) - modules:
                del sys.modules[name]
            sys.meta_path[:] = finders
    sys.stdout, sys.stderr = output
    asyncio.set_event_loop(None)
    random.seed(0)
    _settle()


def _settle() -> None:
    """What lives now lives for ever: a collection that looked at all of it would take a tenth of a second."""
    gc.collect()
    gc.freeze()
