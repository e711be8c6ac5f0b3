"""A request that asks too much of a large item ends when its time is over, and stops working then."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from runtime.application import Application
from runtime.apps.app import App
from runtime.apps.definition import AppDefinition
from runtime.settings import Settings
from tests.conftest import MASTER_KEY
from tests.function_url import Answer, make_event, read_answer
from tests.http.scenario import Request, delete, get, post, put

pytestmark = pytest.mark.slow

BUDGET_SECONDS = 0.5
SOON_SECONDS = 4

BOOK = "/v1/app/Book"
OBJECTS = [{"b": n} for n in range(20_000)]
EMPTY = [{}] * 90_000
VALUES = [*range(80_000)]

DEFINITION = {
    "app": {"id": "app", "title": "App"},
    "types": {"Book": {"policy": "public"}, "Note": {"policy": "public"}},
    "functions": {"count": {}},
}
FILES = {
    "functions/count.py": """\
from cloud import data

def on_request(request, response):
    return data("Book").count({"$or": [{"Objects.b": -n} for n in range(1, 451)]})
""",
    "types/Note.py": """\
def before_update(request, context):
    request.affected_ids
""",
}


def any_of(path: str, count: int = 450) -> Any:
    return {"$or": [{path: -n} for n in range(1, count + 1)]}


def elements(count: int) -> Any:
    return {"$or": [{"Objects": {"$elemMatch": {"b": -n}}} for n in range(1, count + 1)]}


LARGE = [
    post(BOOK, {"Id": "large", "Objects": OBJECTS}),
    post("/v1/app/Note", {"Id": "large", "Objects": OBJECTS}),
    post(BOOK, [{"Id": name, "Empty": EMPTY} for name in ("empty", *"abcdefg")]),
    post(BOOK, {"Id": "long", "Values": VALUES}),
]


@pytest.fixture(scope="module")
def application(guests: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """With large items in both types. They were created in all the time that it took; now there is little."""
    data = tmp_path_factory.mktemp("data")
    app = App(AppDefinition.model_validate(DEFINITION), FILES)
    with closing(Application(Settings(data=data, guests=guests), MASTER_KEY)) as application:
        application.apps.apply(app)
        for request in LARGE:
            created = send(application, request)
            assert created.status == 201, created.text
    with closing(
        Application(Settings(data=data, guests=guests, budget_seconds=BUDGET_SECONDS), MASTER_KEY)
    ) as application:
        application.apps.apply(app)
        application.warm_up()
        yield application


def send(application: Application, request: Request) -> Answer:
    event = make_event(request.method, request.path, request.headers, request.body)
    return read_answer(application.handle(event, "request-1"))


TOO_MUCH: list[tuple[str, Request, tuple[int, int]]] = [
    ("a filter", get(BOOK, filter=any_of("Objects.b")), (408, 650)),
    ("a filter by elements", get(f"{BOOK}/_count", filter=elements(240)), (408, 650)),
    ("a sort", get(BOOK, sort={f"Empty.x{n}": 1 for n in range(32)}), (408, 650)),
    ("an aggregation", get(f"{BOOK}/_aggregate", aggregate={
        "GroupBy": [f"Empty.x{n}" for n in range(100)],
        "Aggregate": {f"f{n}": {"max": f"Empty.x{n}"} for n in range(100)}}), (408, 650)),
    ("a $pull", put(f"{BOOK}/empty", {"$pull": {"Empty": any_of("x")}}), (408, 650)),
    ("a $pull for all items", put(BOOK, {"$pull": {"Empty": any_of("x")}}), (408, 650)),
    ("a deletion", delete(BOOK, filter=any_of("Objects.b")), (408, 650)),
    ("what user code asks for", post("/v1/app/Functions/count", {}), (500, 902)),
    ("what user code learns of an update", put("/v1/app/Note", {"a": 1}, filter=any_of("Objects.b")), (500, 902)),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "error"), [row[1:] for row in TOO_MUCH], ids=[row[0] for row in TOO_MUCH])
def test_it_ends_in_time_and_leaves_nothing_running(
    application: Application, request_: Request, error: tuple[int, int]
) -> None:
    started = time.monotonic()
    answer = send(application, request_)
    assert answer.error == error, answer.text
    assert ".." not in answer.json["message"]
    assert time.monotonic() - started < SOON_SECONDS
    require_idle(within_seconds=2)
    unchanged = send(application, get(f"{BOOK}/empty", single="Empty"))
    assert len(unchanged.json["Result"]) == len(EMPTY)


def require_idle(within_seconds: float) -> None:
    """This process comes to rest: no thread of it works on."""
    deadline = time.monotonic() + within_seconds
    while True:
        before = time.process_time()
        time.sleep(0.3)
        if time.process_time() - before < 0.15:
            return
        assert time.monotonic() < deadline, "the host still works"


def test_all_of_many_values_takes_no_time(application: Application) -> None:
    for values, found in ((VALUES[-1000:], 1), ([-1, *VALUES[-1000:]], 0)):
        answer = send(application, get(f"{BOOK}/_count", filter={"Values": {"$all": values}}))
        assert answer.json == {"Result": found}


REFUSED: list[tuple[str, Request, tuple[int, int], str]] = [
    ("conditions", get(BOOK, filter=any_of("a", 501)), (400, 608), "More than 500 conditions"),
    ("conditions of $pull", put(BOOK, {"$pull": {"a": any_of("b", 501)}}), (400, 601), "More than 500 conditions"),
    ("fields of a sort", get(BOOK, sort={f"a{n}": 1 for n in range(33)}), (400, 601), "sort: has 33 fields"),
]


@pytest.mark.parametrize(
    ("request_", "error", "problem"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_is_too_much_for_any_item(
    application: Application, request_: Request, error: tuple[int, int], problem: str
) -> None:
    answer = send(application, request_)
    assert answer.error == error
    assert problem in answer.json["message"]
