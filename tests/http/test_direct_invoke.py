"""A function by direct invoke: what goes in, what comes out, and how it can be made to fail."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.application import Application
from runtime.http.direct_invoke import DirectInvoke, InvocationFailed
from runtime.settings import Settings
from tests.cloudcode.calling import app_of
from tests.conftest import MASTER_KEY, MakeApplication

FILES = {
    "functions/echo.py": (
        "def on_request(request, response):\n"
        "    return {'action': request.action, 'data': request.data, 'principal': request.principal.type,\n"
        "            'api_url': request.api_url, 'headers': dict(request.headers)}\n"
    ),
    "functions/page.py": (
        "def on_request(request, response):\n"
        "    response.headers['Content-Type'] = 'text/html'\n"
        "    return '<p>Grüße</p>'\n"
    ),
    "functions/picture.py": (
        "def on_request(request, response):\n"
        "    response.headers['Content-Type'] = 'image/png'\n"
        "    return b'\\x89PNG'\n"
    ),
    "functions/teapot.py": (
        "def on_request(request, response):\n    response.status_code = 418\n    return {'message': 'short'}\n"
    ),
    "functions/guarded.py": "def on_request(request, response):\n    return 'in'\n",
    "functions/crash.py": "def on_request(request, response):\n    return 1 / request.data['by']\n",
    "functions/picky.py": (
        "from cloud import CloudError\n"
        "def on_request(request, response):\n    raise CloudError('Too dear.', code=4001, status=422)\n"
    ),
    "functions/cancelled.py": "def on_request(request, response):\n    request.cancel('Not today.')\n",
    "functions/slow.py": "import time\ndef on_request(request, response):\n    time.sleep(100)\n",
}

APP = app_of(FILES, guarded={"execute": ["Editors"]})


@pytest.fixture(scope="module")
def invoke(guests: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DirectInvoke]:
    data = tmp_path_factory.mktemp("data")
    settings = Settings(data=data, guests=guests, budget_seconds=1, public_url="https://api.test/")
    application = Application(settings, MASTER_KEY)
    application.apps.apply(APP)
    application.warm_up()
    yield DirectInvoke(application.apps, application.functions, application.settings)
    application.close()


def payload(function: str, data: Any = None, **more: Any) -> dict[str, Any]:
    return {"app": "app", "function": function, "data": data, **more}


RAISE = {"raise": True}

ANSWERS = [
    ("text", payload("page"), {"statusCode": 200, "body": "<p>Grüße</p>"}),
    ("bytes", payload("picture"), {"statusCode": 200, "body": "iVBORw==", "isBase64Encoded": True}),
    ("a status of its own", payload("teapot"), {"statusCode": 418, "body": {"message": "short"}}),
    ("a status is no failure", payload("teapot", **RAISE), {"statusCode": 418, "body": {"message": "short"}}),
    ("for Editors alone", payload("guarded"), {"statusCode": 200, "body": "in"}),
    ("raise is off", payload("guarded", **{"raise": False}), {"statusCode": 200, "body": "in"}),
]


@pytest.mark.parametrize(("name", "event", "expected"), ANSWERS, ids=[row[0] for row in ANSWERS])
def test_answers(invoke: DirectInvoke, name: str, event: dict[str, Any], expected: dict[str, Any]) -> None:
    assert invoke.handle(event, "request-1") == expected


@pytest.mark.parametrize("data", [None, {"a": [1, None]}, [], "text", 0, False], ids=ascii)
def test_what_the_function_sees(invoke: DirectInvoke, data: Any) -> None:
    answer = invoke.handle(payload("echo", data), "request-1")
    assert answer["statusCode"] == 200
    assert answer["body"] == {
        "action": "POST",
        "data": data,
        "principal": "masterKey",
        "api_url": "https://api.test/v1/app",
        "headers": {},
    }


def test_data_may_be_left_out(invoke: DirectInvoke) -> None:
    assert invoke.handle({"app": "app", "function": "echo"}, "request-1")["body"]["data"] is None


ERRORS = [
    ("unknown app", {"app": "no", "function": "echo"}, 404, 600, ""),
    ("unknown function", payload("no"), 404, 600, ""),
    ("exception", payload("crash", {"by": 0}), 500, 901, ""),
    ("out of time", payload("slow"), 500, 902, ""),
    ("cancelled", payload("cancelled"), 500, 910, "Not today."),
    ("an error of its own", payload("picky"), 422, 4001, "Too dear."),
    ("no function", {"app": "app"}, 400, 601, "function"),
    ("no app", {"function": "echo"}, 400, 601, "app"),
    ("a key too many", payload("echo", name="x"), 400, 601, "name"),
    ("an app that is no text", {"app": 1, "function": "echo"}, 400, 601, "app"),
    ("a function that is no text", {"app": "app", "function": None}, 400, 601, "function"),
    ("a raise that is no boolean", payload("echo", **{"raise": "yes"}), 400, 601, "raise"),
    ("a key by another name", payload("echo", raises=True), 400, 601, "raises"),
    ("a list", [], 400, 601, "JSON object"),
    ("a text", "hello", 400, 601, "JSON object"),
    ("nothing", None, 400, 601, "JSON object"),
]


@pytest.mark.parametrize(("name", "event", "status", "code", "part"), ERRORS, ids=[row[0] for row in ERRORS])
def test_errors(invoke: DirectInvoke, name: str, event: Any, status: int, code: int, part: str) -> None:
    answer = invoke.handle(event, "request-1")
    assert answer["statusCode"] == status
    assert answer["body"]["errorCode"] == code
    assert part in answer["body"]["message"]
    assert set(answer["body"]) <= {"message", "errorCode", "details"}


def test_all_that_is_wrong_is_named_at_once(invoke: DirectInvoke) -> None:
    message = invoke.handle({"app": 1, "extra": 2}, "request-1")["body"]["message"]
    assert all(f"{key}:" in message for key in ("app", "function", "extra"))


def test_details_are_told(invoke: DirectInvoke) -> None:
    details = invoke.handle(payload("crash", {"by": 0}), "request-1")["body"]["details"]
    assert (details["type"], details["file"], details["line"]) == ("ZeroDivisionError", "functions/crash.py", 2)


FAILURES = [
    ("exception", payload("crash", {"by": 0}), 901),
    ("out of time", payload("slow"), 902),
    ("an error of its own", payload("picky"), 4001),
    ("unknown function", payload("no"), 600),
    ("a bad payload", {"function": "echo"}, 601),
]


@pytest.mark.parametrize(("name", "event", "code"), FAILURES, ids=[row[0] for row in FAILURES])
def test_with_raise_an_error_fails_the_invocation(
    invoke: DirectInvoke, name: str, event: dict[str, Any], code: int
) -> None:
    with pytest.raises(InvocationFailed) as raised:
        invoke.handle({**event, **RAISE}, "request-1")
    assert type(raised.value).__name__ == f"Relive{code}"
    assert str(raised.value).startswith(f"{code}: ")
    assert raised.value.__suppress_context__


def test_without_a_public_address_the_function_knows_none(make_application: MakeApplication) -> None:
    application = make_application(APP)
    invoke = DirectInvoke(application.apps, application.functions, application.settings)
    assert invoke.handle(payload("echo"), "request-1")["body"]["api_url"] == ""
