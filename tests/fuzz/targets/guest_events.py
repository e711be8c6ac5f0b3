"""Host to guest: whatever JSON an event is, the guest tells how it ended, and never traps."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import Component, Linker

from runtime.cloudcode.endings import Endings
from runtime.errors import ReliveError
from runtime.sandbox.architecture import compiled_guest
from runtime.sandbox.endings import Finished
from runtime.sandbox.forkserver import load_guest
from runtime.sandbox.sandbox import Limits
from runtime.settings import Settings
from tests.conftest import ROOT
from tests.fuzz.mutating.text import text_mutator
from tests.fuzz.target import Attempt, BrokenPromise, Target

MEMORY = 128 * 1024 * 1024

EVENTS_OF_ONE_INSTANCE = 50
"""To make an instance takes ten times as long as to hand it an event."""

ENDINGS = {"answered", "failed", "error_set", "cancelled", "never_done", "does_not_compile"}

SOURCE = """
def on_request(request, response):
    response.headers.update({"X-A": request.headers.get("x-a", "")})
    return [request.action, request.data, request.query_string, dict(request.headers), repr(request), repr(request.principal),
            request.custom_parameters, request.api_url, request.function, request.id]

def before_create(request, context):
    context["seen"] = [request.filter, request.sort, request.fields, request.skip, request.take, request.item_id,
                       request.aggregate, repr(request), repr(request.principal), dict(request.headers), request.is_sync]

def before_create_item(request, context):
    request.data["Checked"] = True

before_read = before_update = before_delete = before_aggregate = before_create

def after_create(request, response, context):
    response.additional_data = {"Seen": [repr(response), repr(request), response.error, response.success, context]}

def after_create_item(request, response, context):
    response.result["Checked"] = True

after_read = after_update = after_delete = after_aggregate = after_create
"""

CODE = json.dumps({"entry": "types/Book.py", "files": {"types/Book.py": SOURCE}})

TOKENS = (
    "handler", "time_left", "request", "response", "context", "on_request", "before_create", "before_create_item", "after_create",
    "before_read", "after_read", "before_update", "after_delete", "before_aggregate", ":handlers", "id", "function", "action",
    "data", "data_is_base64", "query_string", "headers", "custom_parameters", "api_url", "principal", "type", "roles", "event",
    "type_name", "item_id", "specific_action", "filter", "sort", "fields", "aggregate", "skip", "take", "is_sync", "result",
    "status_code", "success", "error", "additional_data", "message", "code", "__class__", "__dict__", "YQ==",
)  # fmt: skip


class Guest:
    """An instance of the guest in this process, that has loaded SOURCE."""

    def __init__(self, engine: Engine, component: Component) -> None:
        self._store = Store(engine)
        self._store.set_wasi(WasiConfig())
        self._store.set_limits(memory_size=MEMORY, table_elements=100_000, instances=100)
        linker = Linker(engine)
        linker.add_wasip2()
        with linker.root() as root:
            root.add_func("start", lambda *_: 1)
            root.add_func("wait", lambda *_: (1, '{"value": null}'))
            root.add_func("log", lambda *_: None)
        self._instance = linker.instantiate(self._store, component)
        self.handled = 0
        assert self._call("define", CODE) == ""

    def handle(self, event: str) -> str:
        self.handled += 1
        return self._call("handle", event)

    def _call(self, name: str, text: str) -> str:
        function = self._instance.get_func(self._store, name)
        assert function is not None
        answer: str = function(self._store, text)
        return answer


@contextmanager
def opened(_: Path) -> Iterator[Attempt]:
    loaded = load_guest(compiled_guest(ROOT / "build" / "guests"), Limits.memory_mb)
    endings = Endings(Settings())
    guests = [Guest(loaded.engine, loaded.component)]

    def attempt(data: bytes) -> None:
        event = data.decode("utf-8", "replace")
        if guests[0].handled >= EVENTS_OF_ONE_INSTANCE:
            guests[0] = Guest(loaded.engine, loaded.component)
        try:
            told = guests[0].handle(event)
        except Exception:
            # What a call leaves behind is of no interest here: only one instance serves one call.
            guests[0] = Guest(loaded.engine, loaded.component)
            told = guests[0].handle(event)
        _check(told, endings)

    yield attempt


def _check(told: str, endings: Endings) -> None:
    head: Any = json.loads(told.partition("\n")[0])
    if head.get("ending") not in ENDINGS:
        raise BrokenPromise(f"ended in {told[:300]!r}")
    try:
        endings.answered(Finished(told), "types/Book.py")
    except ReliveError as error:
        if error.details.get("type") == "MalformedAnswer":
            raise BrokenPromise(f"the host cannot read {told[:300]!r}") from error


TARGET = Target("guest-events", opened, text_mutator(TOKENS), TOKENS, share=2, runs_guests=True)
