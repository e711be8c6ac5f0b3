"""Patterns that make other engines backtrack for years, wherever a user can put one: each is answered, or refused.

And some on which this one takes as long as it can: each byte of the text times the size of the pattern.
"""

import json
import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from runtime.application import Application
from runtime.apps.app import App
from runtime.apps.definition import AppDefinition
from runtime.budget import Budget
from tests.cloudcode.calling import MASTER
from tests.escape.attempts import Stage
from tests.function_url import Answer, make_event, read_answer

SECONDS = 10
"""Far less than any of these takes in an engine that backtracks, and far more than any takes here."""

TITLE = "a" * 50_000 + "!"

# name: (pattern, whether the title matches; None if the pattern is refused)
PATTERNS: dict[str, tuple[str, bool | None]] = {
    "a repetition repeated": ("^(a+)+$", False),
    "two ways for each letter": ("^(a|aa)+$", False),
    "nothing or a letter": ("^(a|a?)+$", False),
    "a class repeated": ("^([a-zA-Z]+)*$", False),
    "words of words": ("^(([a-z])+.)+[A-Z]([a-z])+$", False),
    "twenty of anything": ("(.*a){20}", True),
    "two repetitions side by side": ("(a+a+)+b", False),
    "any amount of anything": (".*.*.*.*=.*", False),
    "an address": ("^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@)$", False),
    "optional ones, then as many": ("^" + "a?" * 200 + "a" * 200 + "$", False),
    "a reference back": ("^(a+)\\1+$", None),
    "a look ahead": ("^(?=a+$)(a+)+$", None),
    "a repetition of a large repetition": ("(a{1000}){1000}", None),
    "a hundred thousand letters": ("a" * 100_000, None),
    "a thousand groups": ("(" * 1000 + "a" + ")*" * 1000, None),
    "a character class of all, a thousand times": ("\\pL{1000}", None),
}

FIND = """
from cloud import data
def on_request(request, response):
    return data('Book', master=True).find({'Title': {'$regex': request.data}}, fields={'Id': 1})
"""

HANDLERS = """
def before_read(request, context):
    if (pattern := request.custom_parameters.get('pattern')) is not None:
        request.filter = {'Title': {'$regex': pattern}}
"""


def apply(application: Application, app: str, rules: dict[str, Any]) -> None:
    definition = {
        "app": {"id": app, "title": app},
        "functions": {"find": {}, "checked": {"validate": {"fields": {"Title": rules}}}},
        "types": {
            "Book": {"policy": "public", "fields": {"Title": {"type": "text"}}},
            "Checked": {"policy": "public", "validate": {"fields": {"Title": rules}}},
        },
    }
    echo = "def on_request(request, response): return 'accepted'"
    files = {"functions/find.py": FIND, "functions/checked.py": echo, "types/Book.py": HANDLERS}
    application.apply(App(AppDefinition.model_validate(definition), files))


def send(
    application: Application, method: str, path: str, body: Any = None, *, seconds: float = SECONDS, **headers: str
) -> Answer:
    sent = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    event = make_event(method, f"/v1/{path}", {**sent, **MASTER}, None if body is None else json.dumps(body))
    limits = application.settings.model_copy(update={"budget_seconds": seconds})
    return read_answer(application.handle(event, "pattern", Budget.start(limits, request_id="pattern")))


@pytest.fixture(scope="module")
def library(escape_application: Application) -> Application:
    """An application with a book whose title none of the patterns likes."""
    apply(escape_application, "library", {})
    answer = send(escape_application, "POST", "library/Book", {"Id": "1", "Title": TITLE})
    assert answer.status == 201, answer.text
    return escape_application


@pytest.mark.parametrize(("pattern", "matches"), PATTERNS.values(), ids=PATTERNS)
class TestPattern:
    def test_in_a_filter_over_http(self, library: Application, pattern: str, matches: bool | None) -> None:
        answer = send(library, "GET", "library/Book", x_everlive_filter=json.dumps({"Title": {"$regex": pattern}}))
        assert answer.code == 608 if matches is None else answer.json["Count"] == int(matches), answer.text[:500]

    def test_in_a_call_of_user_code(self, library: Application, pattern: str, matches: bool | None) -> None:
        answer = send(library, "POST", "library/Functions/find", pattern)
        assert answer.code == 608 if matches is None else len(answer.json) == int(matches), answer.text[:500]

    def test_in_a_filter_that_a_handler_makes(self, library: Application, pattern: str, matches: bool | None) -> None:
        parameters = json.dumps({"pattern": pattern})
        answer = send(library, "GET", "library/Book", x_everlive_custom_parameters=parameters)
        assert answer.code == 608 if matches is None else answer.json["Count"] == int(matches), answer.text[:500]

    def test_in_a_rule_for_items_and_functions(self, library: Application, pattern: str, matches: bool | None) -> None:
        if matches is None:
            with pytest.raises(ValueError, match="pattern"):
                apply(library, "rules", {"type": "text", "pattern": pattern})
            return
        apply(library, "rules", {"type": "text", "pattern": pattern})
        stored = send(library, "POST", "rules/Checked", {"Title": TITLE})
        called = send(library, "POST", "rules/Functions/checked", {"Title": TITLE})
        assert [stored.status, called.status] == ([201, 200] if matches else [400, 400])
        assert matches or [stored.code, called.code] == [601, 601]


GIVEN_SECONDS = 1
SOON_SECONDS = 6
"""What a request may take, and far less than the next patterns take on these texts if nothing bounds them."""

LARGE = "[ab]*a([ab]{990})" * 3 + "[ab]{400}c"

Send = Callable[..., Answer]


def random_text(length: int) -> str:
    """Of a and b. The automaton for the patterns has another state after nearly each letter of it."""
    return "".join(random.Random(length).choices("ab", k=length))


def find(field: str, pattern: str) -> Callable[[Send], Answer]:
    """Look for many patterns that differ from each other, each of them in all items."""
    sought = json.dumps({"$or": [{field: {"$regex": f"{pattern}{n}"}} for n in range(10 if len(pattern) < 20 else 3)]})
    return lambda send: send("GET", "long/Book", x_everlive_filter=sought)


def is_refused(code: int, words: str) -> Callable[[Answer], bool]:
    return lambda answer: answer.code == code and words in answer.json["message"]


OUT_OF_TIME = is_refused(650, "There was no time left")

TIMED: dict[str, tuple[Callable[[Send], Answer], Callable[[Answer], bool]]] = {
    "a filter": (find("Title", LARGE), is_refused(601, "$or.0.Title.$regex: a text of 380,000 bytes is too long")),
    "a filter with many patterns": (find("Title", "[ab]*a[ab]{100}c"), OUT_OF_TIME),
    "a filter of many texts": (find("Texts", LARGE), OUT_OF_TIME),
    "a rule for items": (
        lambda send: send("POST", "long/Checked", {"Title": random_text(380_000)}),
        is_refused(601, "Title: a text of 380,000 bytes is too long for the pattern"),
    ),
    "a rule for a change": (
        lambda send: send("PUT", "long/Checked/1", {"Title": random_text(380_000)}),
        is_refused(601, "Title: a text of 380,000 bytes is too long for the pattern"),
    ),
    "a rule for a function": (
        lambda send: send("POST", "long/Functions/checked", {"Title": random_text(5_000_000)}),
        is_refused(601, "Title: a text of 5,000,000 bytes is too long for the pattern"),
    ),
    "many rules for a function": (
        lambda send: send("POST", "long/Functions/all", {f"F{n}": random_text(29_000) for n in range(100)}),
        OUT_OF_TIME,
    ),
}


@pytest.fixture(scope="module")
def long_texts(escape_application: Application) -> Application:
    rule = {"type": "text", "pattern": LARGE}
    definition = {
        "app": {"id": "long", "title": "Long"},
        "functions": {
            "checked": {"validate": {"fields": {"Title": rule}}},
            "all": {"validate": {"fields": {f"F{n}": rule for n in range(100)}}},
        },
        "types": {
            "Book": {"policy": "public", "fields": {"Title": {"type": "text"}}},
            "Checked": {"policy": "public", "validate": {"fields": {"Title": rule}}},
        },
    }
    echo = "def on_request(request, response): return 'accepted'"
    files = {"functions/checked.py": echo, "functions/all.py": echo}
    escape_application.apply(App(AppDefinition.model_validate(definition), files))
    books = [{"Title": random_text(380_000)}, *({"Texts": [random_text(29_000)] * 10} for _ in range(5))]
    for book in books:
        assert send(escape_application, "POST", "long/Book", book).status == 201
    return escape_application


@pytest.mark.parametrize(("attempt", "is_expected"), TIMED.values(), ids=TIMED)
def test_what_takes_as_long_as_it_can_ends_soon(
    long_texts: Application, attempt: Callable[[Send], Answer], is_expected: Callable[[Answer], bool]
) -> None:
    def send_timed(method: str, path: str, body: Any = None, **headers: str) -> Answer:
        return send(long_texts, method, path, body, seconds=GIVEN_SECONDS, **headers)

    started = time.monotonic()
    answer = attempt(send_timed)
    assert time.monotonic() - started < SOON_SECONDS
    assert is_expected(answer), answer.text[:500]
    assert send(long_texts, "GET", "long/Book", x_everlive_filter='{"Title": {"$regex": "^ab*$"}}').json["Count"] == 0


def test_what_is_found_early_in_a_long_text_is_found(long_texts: Application) -> None:
    answer = send(long_texts, "GET", "long/Book", x_everlive_filter=json.dumps({"Title": {"$regex": "^[\\pL\\pN]"}}))
    assert answer.json["Count"] == 1


ATTEMPTS: list[Any] = []


def test_many_patterns_at_once_hold_nobody_up(library: Application, stage: Stage) -> None:
    patterns = [{"Title": {"$regex": f"^(a+)+{n}$"}} for n in range(40)]
    for _ in range(5):
        answer = send(library, "GET", "library/Book", x_everlive_filter=json.dumps({"$or": patterns}))
        assert answer.code == 608 or answer.json["Count"] == 0
    stage.check_unharmed()
