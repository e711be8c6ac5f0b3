"""Lies of the guest to the host: user code can change all of the guest, and then say at the door what it likes."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from runtime.application import Application
from tests.cloudcode.calling import app_of, call
from tests.cloudcode.data_calls import Items, app_with
from tests.escape.attempts import ABORTED, MALFORMED, Answers, Attempt, Expected, Fails, Stage, rows

MakeApplication = Callable[..., Application]

HEAD: dict[str, Any] = {"ending": "answered", "status": 200, "headers": {}, "kind": "json"}


def told(body: str = "1", **head: Any) -> str:
    """What a guest answers with, the head as it should be but for these."""
    return json.dumps({**HEAD, **head}) + "\n" + body


def ended(ending: str, **more: Any) -> str:
    return json.dumps({"ending": ending, **more})


def error(code: Any, status: Any = 400, message: Any = "Said by the guest.") -> str:
    return ended("error_set", code=code, status=status, message=message)


def lie(name: str, text: str, expected: Expected) -> Attempt:
    """The guest's answer is this text."""
    return lie_of(name, repr(text), expected)


def lie_of(name: str, expression: str, expected: Expected) -> Attempt:
    """The guest's answer is what this expression comes out as; for texts too long to stand in a file."""
    answer = f"import guest, json\nguest.WitWorld.handle = lambda *_: {expression}\n"
    return Attempt(name, answer + "def on_request(request, response): pass", expected)


BAD_HEADER = Fails(901, "InvalidHeader")
TOO_LARGE = Fails(901, "AnswerTooLarge")
SAID = "Said by the guest."

ANSWERS = [
    lie("nothing", "", MALFORMED),
    lie("a head alone", json.dumps(HEAD), MALFORMED),
    lie("a body alone", "\n1", MALFORMED),
    lie("a head that ends with a carriage return", json.dumps(HEAD) + "\r\n1", Answers(1)),
    lie("two heads", json.dumps(HEAD) + json.dumps(HEAD) + "\n1", MALFORMED),
    lie("a second head for a body", told(json.dumps({**HEAD, "status": 500})), Answers({**HEAD, "status": 500})),
    lie("two endings", '{"ending": "failed", ' + told()[1:], Answers(1)),
    lie("a head with a byte order mark", "\ufeff" + told(), MALFORMED),
    lie("a body with a byte order mark", told("\ufeff1"), MALFORMED),
    lie("no number", told("NaN"), MALFORMED),
    lie("an infinite number", told("[-Infinity]"), MALFORMED),
    lie("a number beyond all doubles", told("1e999"), MALFORMED),
    lie("two values", told("1 2"), MALFORMED),
    lie("a value with single quotes", told("{'a': 1}"), MALFORMED),
    lie("a null in the body", told("1\0"), MALFORMED),
    lie("a body two hundred and one deep", told("[" * 202 + "]" * 202), MALFORMED),
    lie("a body without measure", told("[" * 100_000), Fails(901, "AnswerTooDeep")),
    lie("a head without measure", '{"a":' * 100_000, MALFORMED),
    lie("a status that is true", told(status=True), MALFORMED),
    lie("a status that is a float", told(status=200.0), MALFORMED),
    lie("a status of many digits", told(status=10**400), MALFORMED),
    lie("a status of too many digits", told().replace("200", "2" * 5000), MALFORMED),
    lie("a status below all", told(status=-200), MALFORMED),
    lie("a status of its own kind", told(status=100), MALFORMED),
    lie("a kind that is a list", told(kind=[]), MALFORMED),
    lie("no kind", told(kind=None), MALFORMED),
    lie("bytes that are no base64", told("YQ", kind="bytes"), MALFORMED),
    lie("bytes with line breaks", told("YQ==\nYQ==", kind="bytes"), MALFORMED),
    lie("bytes that are no ASCII", told("é", kind="bytes"), MALFORMED),
    lie("headers that are a text", told(headers="a: b"), MALFORMED),
    lie("a header that is null", told(headers={"a": None}), MALFORMED),
    lie("a header without a name", told(headers={"": "b"}), BAD_HEADER),
    lie("a header with a colon in its name", told(headers={"a: b\r\nc": "d"}), BAD_HEADER),
    lie("a header with a line break", told(headers={"a": "b\nc: d"}), BAD_HEADER),
    lie("a header with a null", told(headers={"a": "b\0"}), BAD_HEADER),
    lie("a header that is no ASCII", told(headers={"a": "\u010d"}), BAD_HEADER),
    lie_of("twenty thousand headers", f"json.dumps({HEAD!r} | {{'headers': {{f'x-{{n}}': 'y' * 400 for n in range(20_000)}}}}) + '\\n1'", TOO_LARGE),
    lie("headers of the server", told(headers={"Set-Cookie": "a=b", "X-Relive-Request-Id": "forged", "Content-Length": "0"}), Answers(1)),
    lie_of("a body beyond the limit", f"json.dumps({HEAD!r}) + '\\n[' + '1,' * 4_000_000 + '1]'", TOO_LARGE),
    lie_of("a body of nothing but lists", f"json.dumps({HEAD!r}) + '\\n[' + '[],' * 5_000_000 + '1]'", Fails(901, ("AnswerTooLarge", "TooMuchAtOnce"))),
    lie("an unknown ending", ended("triumph"), MALFORMED),
    lie("an ending that is a list", ended("x").replace('"x"', "[]"), MALFORMED),
    lie("the answer to another question", ended("checked", problems=[]), MALFORMED),
]  # fmt: skip

# The codes are the user's to choose, the system's own among them (errors.md). What they may not be is odd.
ERRORS = [
    lie("the code of an unexpected error", error(1), Fails(1, None, SAID)),
    lie("the code of a bad token", error(301), Fails(301, None, SAID)),
    lie("the code of a time-out", error(902, 500), Fails(902, None, SAID)),
    lie("the code of disabled code", error(955, 500), Fails(955, None, SAID)),
    lie("a code of four hundred digits", error(10**399), Fails(10**399, None, SAID)),
    lie("a code of too many digits", error(1).replace("1,", "1" * 5000 + ",", 1), MALFORMED),
    lie("a code that is true", error(True), MALFORMED),
    lie("a code of zero", error(0), MALFORMED),
    lie("a code below zero", error(-901), MALFORMED),
    lie("a code that is a float", error(901.0), MALFORMED),
    lie("a code that is a text", error("901"), MALFORMED),
    lie("no code", error(None), MALFORMED),
    lie("an error with a status of success", error(960, 200), MALFORMED),
    lie("an error with a status beyond all", error(960, 600), MALFORMED),
    lie("an error with a status that is true", error(960, True), MALFORMED),
    lie("an error with a message that is a list", error(960, 400, ["x"]), MALFORMED),
    lie("an error without a message", error(960, 400, None), MALFORMED),
    lie("a cancel with a number", ended("cancelled", message=5), MALFORMED),
    lie("a cancel without a word", ended("cancelled"), MALFORMED),
    lie("a handler that is never done", ended("never_done"), Fails(902, None, "cannot be anymore")),
    lie("a failure without details", ended("failed"), Fails(901)),
    lie("a failure whose details are a list", ended("failed", details=[1]), Fails(901)),
    lie("code that compiled and does not", ended("does_not_compile", details={"type": "SyntaxError", "message": "m", "frames": []}), Fails(951, "SyntaxError")),
]  # fmt: skip


def told_by_define(name: str, expression: str, expected: Expected) -> Attempt:
    """The top level fails, and the guest tells what this expression comes out as."""
    failing = f"from relive_guest import failure\nfailure.ending = lambda _: {expression}\n1 / 0\n"
    return Attempt(name, failing + "def on_request(request, response): pass", expected)


DEFINITIONS = [
    told_by_define("a definition that answers", repr(told()), MALFORMED),
    told_by_define("a definition that tells no JSON", "'defined'", MALFORMED),
    told_by_define("a definition that failed and says it did not", "''", MALFORMED),
    told_by_define("a definition that tells a number", "5", ABORTED),
    told_by_define("a definition that tells half a character", "'\\ud800'", ABORTED),
    told_by_define("a definition that cancels", repr(ended("cancelled", message="m")), Fails(910, None, "m")),
    told_by_define("a definition of fifteen megabytes", "'x' * 15_000_000", MALFORMED),
    told_by_define("a definition beyond all messages", "'x' * 17_000_000", Fails(901, "SandboxCrash", "more than 16 MB at once")),
]  # fmt: skip

ATTEMPTS = [*ANSWERS, *ERRORS, *DEFINITIONS]


@rows(ATTEMPTS)
def test_attempt(stage: Stage, attempt: Attempt) -> None:
    stage.carry_out(attempt)


def test_headers_of_the_server_are_the_servers(stage: Stage) -> None:
    attempt = next(attempt for attempt in ATTEMPTS if attempt.name == "headers of the server")
    headers = stage.call(attempt.function).headers
    assert headers["x-relive-request-id"] == "escape"
    assert not {"set-cookie", "content-length"} & {name.lower() for name in headers}


def test_forged_time_outs_disable_nothing(make_application: MakeApplication) -> None:
    """The breaker counts the time-outs that the host has seen."""
    source = "from cloud import CloudError\ndef on_request(request, response): raise CloudError('late', 902, 500)"
    files = {"functions/said.py": source, "functions/never_done.py": "def on_request(request, response, done): pass"}
    application = make_application(app_of(files), breaker_timeouts=2)
    codes = [call(application, name).code for name in ("said", "never_done") for _ in range(4)]
    assert codes == [902] * 8


class TestEvents:
    """What a before handler leaves for the operation, told by hand."""

    # name: (what is told, status and code of the answer, titles that are stored)
    LIES: dict[str, tuple[Any, tuple[int, int | None], list[str]]] = {
        "no object": ([], (500, 901), []),
        "no context": ({"data": {"Title": "t"}}, (500, 901), []),
        "a context that is a list": ({"context": [], "data": {"Title": "t"}}, (500, 901), []),
        "data that are no item": ({"context": {}, "data": 5}, (400, 601), []),
        "data that are missing": ({"context": {}}, (400, 601), []),
        "another type, app, item and principal": (
            {
                "context": {}, "data": {"Title": "t"}, "type": "Diary", "type_name": "Diary", "app": "alice",
                "item_id": "9", "action": "delete", "principal": {"type": "masterKey"}, "hooks": None,
            },
            (201, None), ["t"],
        ),
        "system fields": ({"context": {}, "data": {"Title": "t", "Owner": "x", "_acl": 1, "Meta": {"a": 1}}}, (201, None), ["t"]),
        "an answer that is none": ({"context": {}, "answer": 5}, (500, 901), []),
        "an answer with a status that is none": ({"context": {}, "answer": {"result": 1, "status": 99}}, (500, 901), []),
        "an answer with a status that is true": ({"context": {}, "answer": {"result": 1, "status": True}}, (500, 901), []),
    }  # fmt: skip

    @pytest.mark.parametrize(("body", "ending", "stored"), LIES.values(), ids=LIES)
    def test_that_are_lied_about(
        self, escape_application: Application, body: Any, ending: tuple[int, int | None], stored: list[str]
    ) -> None:
        text = json.dumps({"ending": "answered", "kind": "event"}) + "\n" + json.dumps(body)
        source = (
            f"from relive_guest import data_answers\ndata_answers.before = lambda *_: {text!r}\n"
            "def before_create(request, context): pass"
        )
        items = Items(escape_application, f"lies-{abs(hash(text))}")
        escape_application.apply(app_with({"types/Book.py": source}, id=items.app))
        answer = items.send("POST", "Book", {"Title": "sent"})
        assert (answer.status, answer.code) == ending, answer.text
        assert items.stored() == stored
