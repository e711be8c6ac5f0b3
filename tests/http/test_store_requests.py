"""How often a request asks the store beside what it is about: in DynamoDB each time is five milliseconds and a price."""

from collections import Counter
from typing import Any

import pytest

from runtime.application import Application
from runtime.store.sqlite.records import SqliteStore
from tests.conftest import MASTER_KEY, MakeApp, MakeApplication
from tests.function_url import make_event

FILES = {
    "functions/hello.py": "from cloud import log\n\ndef on_request(request, response):\n    log.info('hello')\n    return 'hello'\n",
    "functions/outer.py": "from cloud import functions\n\nasync def on_request(request, response):\n"
    "    return [await functions.call('hello'), await functions.call('hello')]\n",
    "types/Book.py": "def before_read(request, context):\n    pass\n",
}
DEFINITION = (
    "types: {Book: {policy: public}, Pen: {policy: public}}\nfunctions: {hello: {}, outer: {}, closed: {execute: []}}\n"
)

READS = ("get", "page")
WRITES = ("insert", "put", "put_all", "replace", "delete", "trim")


class Asked:
    """What records are asked for, by kind: the first word of their partition."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.reads: Counter[str] = Counter()
        self.writes: Counter[str] = Counter()
        for counter, names in ((self.reads, READS), (self.writes, WRITES)):
            for name in names:
                self._count(patch, counter, name)

    def _count(self, patch: pytest.MonkeyPatch, counter: Counter[str], name: str) -> None:
        original = getattr(SqliteStore, name)

        def counted(store: SqliteStore, partition: str, *arguments: Any, **options: Any) -> Any:
            counter[partition.partition("/")[0]] += 1
            return original(store, partition, *arguments, **options)

        patch.setattr(SqliteStore, name, counted)

    def taken(self) -> tuple[dict[str, int], dict[str, int]]:
        """Reads and writes since the last time."""
        taken = dict(self.reads), dict(self.writes)
        self.reads.clear()
        self.writes.clear()
        return taken


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(monkeypatch)


@pytest.fixture
def application(make_application: MakeApplication, make_app: MakeApp, asked: Asked) -> Application:
    application = make_application(keep_logs="never", cache_seconds=60)
    files = {**FILES, "functions/closed.py": FILES["functions/hello.py"]}
    application.roll_out(make_app(files, DEFINITION), built=0)
    asked.taken()
    return application


def send(application: Application, path: str, key: str = "") -> int:
    headers = {"Authorization": f"MasterKey {key}"} if key else {}
    return int(application.handle(make_event("GET", f"/v1/app/{path}", headers), "request-1")["statusCode"])


@pytest.mark.parametrize(
    ("path", "first", "again"),
    [
        pytest.param("Functions/hello", {"secrets": 1, "breaker": 1}, {}, id="a function"),
        pytest.param("Functions/outer", {"secrets": 1, "breaker": 2}, {}, id="a function that calls another one twice"),
        pytest.param("Functions/none", {"secrets": 1}, {}, id="a function that is not there"),
        pytest.param("Book", {"secrets": 1, "breaker": 1, "apps": 1}, {}, id="items with a handler"),
        pytest.param("Pen", {"secrets": 1, "apps": 1}, {}, id="items of an app with code"),
    ],
)
def test_reads(application: Application, asked: Asked, path: str, first: dict[str, int], again: dict[str, int]) -> None:
    send(application, path)
    reads, writes = asked.taken()
    assert reads == first
    assert set(writes) <= {"apps"}  # the first request for items makes the store ready
    for _ in range(3):
        send(application, path)
        assert asked.taken() == (again, {})


def test_the_master_key_of_the_settings_is_not_looked_up(application: Application, asked: Asked) -> None:
    send(application, "Functions/hello")
    asked.taken()
    assert send(application, "Functions/closed", MASTER_KEY) == 200
    assert asked.taken() == ({"breaker": 1}, {})


@pytest.mark.parametrize(
    ("keep", "writes"), [("never", {}), ("at_once", {"logs": 2})], ids=["never", "at once, and trimmed"]
)
def test_logs(
    make_application: MakeApplication, make_app: MakeApp, asked: Asked, keep: str, writes: dict[str, int]
) -> None:
    application = make_application(make_app({"functions/hello.py": FILES["functions/hello.py"]}), keep_logs=keep)
    asked.taken()
    assert send(application, "Functions/hello") == 200
    assert asked.taken()[1] == writes
    assert len(application.logs.page("app")) == bool(writes)
