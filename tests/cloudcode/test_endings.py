"""How a call of a function ends, as its caller sees it: the answer, or the right code."""

import json
import time
from typing import Any

import pytest

from runtime.application import Application
from runtime.errors import CATALOGUE
from tests.cloudcode.calling import MASTER, Serve, app_of, call, call_that_runs_over

D = "def on_request(request, response):\n"
C = "from cloud import CloudError\n" + D

# name: (source, status, body)
ANSWERS: dict[str, tuple[str, int, Any]] = {
    "a returned value is the body": (D + "    return [1, 'two', None, True, 2.5]", 200, [1, "two", None, True, 2.5]),
    "nothing returned leaves the body, which starts empty": (D + "    pass", 200, {}),
    "an assigned body": (D + "    response.body = {'a': 1}", 200, {"a": 1}),
    "a returned value comes before an assigned one": (D + "    response.body = 1\n    return 2", 200, 2),
    "a falsy value is a value": (D + "    return 0", 200, 0),
    "a text is JSON by default": (D + "    return 'text'", 200, "text"),
    "a status": (D + "    response.status_code = 201\n    return 1", 201, 1),
    "a home-made error": (D + "    response.status_code = 403\n    return {'message': 'no'}", 403, {"message": "no"}),
    "an async handler": ("async def on_request(request, response):\n    return 'later'", 200, "later"),
    "done is called": ("def on_request(request, response, done):\n    response.body = 5\n    done()", 200, 5),
    "a date": (D + "    import datetime as d\n    return d.datetime(2020, 1, 2, tzinfo=d.UTC)", 200, "2020-01-02T00:00:00.000Z"),
    "a tuple": (D + "    return {'a': (1, 2)}", 200, {"a": [1, 2]}),
}  # fmt: skip

# name: (source, status, code, what the message ends with, type of the exception in the details)
ERRORS: dict[str, tuple[str, int, int, str, str | None]] = {
    "an uncaught exception": (D + "    return {}['missing']", 500, 901, "custom server code.", "KeyError"),
    "an exception in async code": ("async def on_request(request, response): 1 / 0", 500, 901, "server code.", "ZeroDivisionError"),
    "an exit": (D + "    import sys; sys.exit(0)", 500, 901, "server code.", "SystemExit"),
    "an abort of the interpreter": (D + "    import os; os.abort()", 500, 901, "server code.", "SandboxCrash"),
    "a recursion without end": (D + "    return on_request(request, response)", 500, 901, "server code.", "RecursionError"),
    "too much memory": (D + "    return len(bytearray(500_000_000))", 500, 901, "server code.", "MemoryError"),
    "an exception at the top level": ("1 / 0", 500, 901, "server code.", "ZeroDivisionError"),
    "no handler": ("x = 1", 500, 901, "no_handler.py does not define the function on_request.", "NoHandler"),
    "NaN": (D + "    return {'a': [0, {'b': float('nan')}]}", 500, 901, "body.a[1].b is nan, which JSON cannot say.", "NotAnAnswer"),
    "a set": (D + "    return {'a': {1}}", 500, 901, "body.a is a set, which JSON cannot say.", "NotAnAnswer"),
    "an object": (D + "    return [object()]", 500, 901, "body[0] is an object, which JSON cannot say.", "NotAnAnswer"),
    "a status that is none": (D + "    response.status_code = 99", 500, 901, "a number from 200 to 599.", "NotAnAnswer"),
    "a header that is no text": (D + "    response.headers['A'] = []", 500, 901, "a header is a text.", "NotAnAnswer"),
    "a header with a line break": (D + "    response.headers['A'] = 'b\\r\\nSet-Cookie: c'", 500, 901, "in its value.", "InvalidHeader"),
    "an answer that is too large": (D + "    return 'x' * 6_300_000", 500, 901, "the limit is 6 MB.", "AnswerTooLarge"),
    "an answer too large only when escaped": (D + "    return '\"' * 2_000_000", 500, 901, "the limit is 6 MB.", "AnswerTooLarge"),
    "bytes too large only in base64": (D + "    return b'x' * 5_000_000", 500, 901, "the limit is 6 MB.", "AnswerTooLarge"),
    "done is never called": ("def on_request(request, response, done): pass", 500, 902, "cannot be anymore.", None),
    "a future that nobody sets": (
        "import asyncio\nasync def on_request(request, response): await asyncio.get_running_loop().create_future()",
        500, 902, "waits for never comes.", None),
    "a cancel": (D + "    request.cancel()", 500, 910, "canceled by custom server code.", None),
    "a cancel with a message": (D + "    request.cancel('Out of stock.')", 500, 910, "Out of stock.", None),
    "a cancel that the code tries to catch": (
        D + "    try: request.cancel()\n    except Exception: return 1", 500, 910, "custom server code.", None),
    "an error without a code": (C + "    raise CloudError('My error.')", 400, 960, "My error.", "CloudError"),
    "an error of one's own": (C + "    raise CloudError('No.', code=4001, status=422)", 422, 4001, "No.", "CloudError"),
    "an error with a code of the catalogue": (C + "    raise CloudError('No.', code=801, status=404)", 404, 801, "No.", "CloudError"),
    "an error with a code that is none": (C + "    raise CloudError('No.', code=0)", 500, 901, "server code.", "ValueError"),
    "an error with a status of success": (C + "    raise CloudError('No.', status=200)", 500, 901, "server code.", "ValueError"),
    "code that does not compile": ("def on_request(:", 500, 951, "does not compile.", "SyntaxError"),
    "an unknown module": (D + "    import requests", 500, 901, "server code.", "ModuleNotFoundError"),
}  # fmt: skip


def name_of(row: str) -> str:
    return row.replace(" ", "_").replace("-", "_").replace("'", "").replace(",", "")


@pytest.fixture
def application(serve: Serve) -> Application:
    rows = {**ANSWERS, **ERRORS}
    return serve(app_of({f"functions/{name_of(row)}.py": told[0] for row, told in rows.items()}))


@pytest.mark.parametrize("row", ANSWERS)
def test_answers(application: Application, row: str) -> None:
    _, status, body = ANSWERS[row]
    answer = call(application, name_of(row))
    assert (answer.status, answer.json) == (status, body)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("row", ERRORS)
def test_errors(application: Application, row: str) -> None:
    _, status, code, message, exception = ERRORS[row]
    stranger, owner = call(application, name_of(row)), call(application, name_of(row), headers=MASTER)
    assert stranger.error == owner.error == (status, code)
    assert set(stranger.json) == {"message", "errorCode"}
    assert stranger.json["message"] == owner.json["message"]
    assert stranger.json["message"].endswith(message)
    assert stranger.headers["x-relive-request-id"] == "request-1"
    assert owner.json.get("details", {}).get("type") == exception
    if code in (901, 902, 951):
        assert stranger.json["message"].startswith(CATALOGUE[code].message)


def test_details_name_file_line_and_users_frames_alone(application: Application) -> None:
    details = call(application, name_of("an uncaught exception"), headers=MASTER).json["details"]
    path = "functions/an_uncaught_exception.py"
    frame = {"file": path, "line": 2, "function": "on_request", "code": "return {}['missing']"}
    assert details == {"type": "KeyError", "message": "'missing'", "file": path, "line": 2, "frames": [frame]}


@pytest.mark.parametrize(
    ("source", "defining"),
    [("while True: pass\n" + D + "    pass", True), (D + "    while True: pass", False)],
    ids=["while loading", "while running"],
)
def test_out_of_time(make_application: Any, source: str, defining: bool) -> None:
    application = make_application(app_of({"functions/slow.py": source, "functions/quick.py": D + "    pass"}))
    application.warm_up()
    call(application, "quick")  # what the first call of all takes longer for
    answer = call_that_runs_over(application, "slow", seconds=0.4, loading=defining)
    assert answer.error == (500, 902)
    assert answer.json["message"].startswith("Server timed Out.")
    assert ("Loading functions/slow.py" in answer.json["message"]) == defining


def test_a_file_that_loads_for_too_long(make_application: Any) -> None:
    source = "import time\ntime.sleep(30)\n" + D + "    pass"
    application = make_application(app_of({"functions/slow.py": source}), definition_seconds=0.2)
    answer = call(application, "slow")
    assert answer.error == (500, 902)
    assert answer.json["message"].endswith("Loading functions/slow.py took longer than 0.2 seconds.")


def test_a_shared_file_that_does_not_compile(serve: Serve) -> None:
    files = {"functions/f.py": "from shared import broken\n" + D + "    pass", "shared/broken.py": "x = ("}
    answer = call(serve(app_of(files)), "f", headers=MASTER)
    assert answer.error == (500, 951)
    assert answer.json["details"]["file"] == "shared/broken.py"


def test_what_compiles_only_while_running_is_no_951(serve: Serve) -> None:
    answer = call(serve(app_of({"functions/f.py": D + "    exec('x = (')"})), "f", headers=MASTER)
    assert answer.error == (500, 901)
    assert answer.json["details"]["type"] == "SyntaxError"


# Lies of a guest: user code can change the guest around it, and then say what it likes.
LIES = {
    "no JSON": "not json",
    "a list": "[]",
    "an unknown ending": '{"ending": "triumph"}',
    "an answer without a status": '{"ending": "answered", "headers": {}, "kind": "json"}\n1',
    "a status out of range": '{"ending": "answered", "status": 99999, "headers": {}, "kind": "json"}\n1',
    "a status that is a text": '{"ending": "answered", "status": "200", "headers": {}, "kind": "json"}\n1',
    "headers that are a list": '{"ending": "answered", "status": 200, "headers": [], "kind": "json"}\n1',
    "a header that is a number": '{"ending": "answered", "status": 200, "headers": {"a": 1}, "kind": "json"}\n1',
    "an unknown kind": '{"ending": "answered", "status": 200, "headers": {}, "kind": "magic"}\n1',
    "a body that is no base64": '{"ending": "answered", "status": 200, "headers": {}, "kind": "bytes"}\n!!!',
    "a body that is no JSON": '{"ending": "answered", "status": 200, "headers": {}, "kind": "json"}\n{broken',
    "an error with a status of success": '{"ending": "error_set", "message": "m", "code": 1, "status": 200}',
    "an error with a text for a code": '{"ending": "error_set", "message": "m", "code": "1", "status": 400}',
    "details that are a text": '{"ending": "failed", "details": "all is well"}',
    "nested without end": "[" * 100_000,
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_lying_guest_gets_a_901(serve: Serve, lie: str) -> None:
    source = f"import guest\nguest.WitWorld.handle = lambda *_: {lie!r}\n" + D + "    pass"
    application = serve(app_of({"functions/liar.py": source, "functions/honest.py": D + "    return 1"}))
    assert call(application, "liar").error == (500, 901)
    assert call(application, "honest").json == 1


def test_an_odd_error_code_beyond_json_numbers(serve: Serve) -> None:
    answer = call(serve(app_of({"functions/f.py": C + "    raise CloudError('x', code=10**30)"})), "f")
    assert (answer.status, json.loads(answer.text)["errorCode"]) == (400, 10**30)


@pytest.mark.parametrize(
    "source",
    [C + "    raise CloudError('x' * 10_000_000)", D + "    request.cancel('x' * 10_000_000)"],
    ids=["error", "cancel"],
)
def test_a_huge_message_is_cut(serve: Serve, source: str) -> None:
    assert len(call(serve(app_of({"functions/f.py": source})), "f").text) < 11_000


def test_an_answer_nested_without_measure(serve: Serve) -> None:
    source = D + "    x = []\n    for _ in range(5000): x = [x]\n    response.body = x"
    answer = call(serve(app_of({"functions/f.py": source})), "f")
    assert answer.error == (500, 901)


A = "import asyncio\nfrom cloud import functions, log\nasync def on_request(request, response):\n"
CANCELS_ELSEWHERE = {
    "a task": A
    + "    async def later(): request.cancel('no')\n    t = asyncio.create_task(later())\n    await asyncio.sleep(50)",
    "a callback": A
    + "    asyncio.get_running_loop().call_later(0.01, lambda: request.cancel('no'))\n    await asyncio.sleep(50)",
    "a task beside a long one": A
    + "    async def later(): request.cancel('no')\n"
    + "    await asyncio.gather(later(), asyncio.sleep(50), return_exceptions=True)",
}


@pytest.mark.parametrize("source", CANCELS_ELSEWHERE.values(), ids=CANCELS_ELSEWHERE)
def test_a_cancel_from_anywhere_ends_the_call_at_once(serve: Serve, source: str) -> None:
    started = time.monotonic()
    answer = call(serve(app_of({"functions/f.py": source})), "f")
    assert (answer.error, answer.json["message"]) == ((500, 910), "no")
    assert time.monotonic() - started < 20


def test_after_a_cancel_no_host_call_is_made(serve: Serve) -> None:
    source = (
        "from cloud import functions\n"
        + D
        + "    try: request.cancel('no')\n    except BaseException: pass\n    functions.call('other')"
    )
    files = {"functions/f.py": source, "functions/other.py": D + "    pass"}
    application = serve(app_of(files, id="cancelled"))
    assert call(application, "f", app="cancelled").error == (500, 910)
    assert [kept.record.function for kept in application.logs.page("cancelled", limit=9)] == ["f"]
