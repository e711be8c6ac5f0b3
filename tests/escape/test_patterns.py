"""Patterns that make other engines backtrack for years, wherever a user can put one: each is answered, or refused."""

import json
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


def send(application: Application, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    sent = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    event = make_event(method, f"/v1/{path}", {**sent, **MASTER}, None if body is None else json.dumps(body))
    limits = application.settings.model_copy(update={"budget_seconds": SECONDS})
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


ATTEMPTS: list[Any] = []


def test_many_patterns_at_once_hold_nobody_up(library: Application, stage: Stage) -> None:
    patterns = [{"Title": {"$regex": f"^(a+)+{n}$"}} for n in range(40)]
    for _ in range(5):
        answer = send(library, "GET", "library/Book", x_everlive_filter=json.dumps({"$or": patterns}))
        assert answer.code == 608 or answer.json["Count"] == 0
    stage.check_unharmed()
