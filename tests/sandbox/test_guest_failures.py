"""How failures are told: the exception, where it happened, and the user's own frames alone."""

import json

import pytest

from runtime.deadline import Deadline
from runtime.sandbox.endings import Crashed, NotDefined
from runtime.sandbox.sandbox import Sandbox
from tests.sandbox.guest_calls import Call, SmallHost, awaiting, plain

# name: (source, type, message)
EXCEPTIONS: dict[str, tuple[str, str, str]] = {
    "an exception": (plain("raise ValueError('told')"), "ValueError", "told"),
    "without a message": (plain("raise ValueError"), "ValueError", ""),
    "of one's own": (plain("class OutOfPaper(Exception): pass\nraise OutOfPaper('A4')"), "OutOfPaper", "A4"),
    "in async code": (awaiting("await asyncio.sleep(0)\nraise ValueError('told')"), "ValueError", "told"),
    "a missing key": (plain("{}['a']"), "KeyError", "'a'"),
    "an unknown name": (plain("return pric"), "NameError", "name 'pric' is not defined"),
    "an assertion": (plain("assert 1 == 2, 'unequal'"), "AssertionError", "unequal"),
    "StopIteration in async code": (awaiting("raise StopIteration(1)"), "RuntimeError", "coroutine raised StopIteration"),
    "an exit": (plain("import sys; sys.exit(3)"), "SystemExit", "3"),
    "an exit in async code": (awaiting("raise SystemExit(0)"), "SystemExit", "0"),
    "an exit in a task": (awaiting("async def leave(): raise SystemExit(4)\nawait asyncio.gather(leave())"), "SystemExit", "4"),
    "a KeyboardInterrupt": (plain("raise KeyboardInterrupt"), "KeyboardInterrupt", ""),
    "a GeneratorExit": (plain("raise GeneratorExit"), "GeneratorExit", ""),
    "a CancelledError": (awaiting("raise asyncio.CancelledError"), "CancelledError", ""),
    "a task that cancels itself": (awaiting("asyncio.current_task().cancel()\nawait asyncio.sleep(1)"), "CancelledError", ""),
    "a BaseException": (plain("class Odd(BaseException): pass\nraise Odd('odd')"), "Odd", "odd"),
    "a recursion without end": (plain("return on_request(request, response)"), "RecursionError", "maximum recursion depth exceeded"),
    "too much memory at once": (plain("return len(bytearray(500_000_000))"), "MemoryError", ""),
    "too much memory bit by bit": (plain("kept = []\nwhile True: kept.append(bytearray(5_000_000))"), "MemoryError", ""),
    "a message that cannot be read": (plain("class Mute(Exception):\n    def __str__(self): 1 / 0\nraise Mute"), "Mute", "(its message could not be read: ZeroDivisionError)"),
    "a message that is none": (plain("class Mute(Exception):\n    def __str__(self): return 5\nraise Mute"), "Mute", "(its message could not be read: TypeError)"),
    "a message that exits": (plain("class Mute(Exception):\n    def __str__(self): raise SystemExit\nraise Mute"), "Mute", "(its message could not be read: SystemExit)"),
    "a long message": (plain("raise ValueError('x' * 100_000)"), "ValueError", "x" * 2000 + "..."),
    "what eval cannot read": (plain("eval('1 +')"), "SyntaxError", "invalid syntax (<string>, line 1)"),
    "a failure at the top level": ("1 / 0", "ZeroDivisionError", "division by zero"),
    "an exit at the top level": ("raise SystemExit(1)", "SystemExit", "1"),
    "a CloudError with a code that is none": (plain("raise CloudError('x', code=0)"), "ValueError", "The code of a CloudError is a positive number, not 0."),
    "a CloudError with a text for a code": (plain("raise CloudError('x', code='7')"), "ValueError", "The code of a CloudError is a positive number, not '7'."),
    "a CloudError with a status of success": (plain("raise CloudError('x', status=200)"), "ValueError", "The status of a CloudError is a number from 400 to 599, not 200."),
    "a CloudError without a message": (plain("raise CloudError"), "TypeError", "CloudError.__init__() missing 1 required positional argument: 'message'"),
}  # fmt: skip


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("source", "exception", "message"), EXCEPTIONS.values(), ids=EXCEPTIONS)
def test_exceptions(call: Call, source: str, exception: str, message: str) -> None:
    assert call(source).error == (exception, message)


SOURCE = """\
import json
from shared import prices

def on_request(request, response):
    return sorted([2, 1], key=price_of)

def price_of(book):
    return prices.of(json.loads("{}"))
"""

PRICES = "def of(book):\n    return book['price']\n"


def test_frames_are_those_of_user_code_alone(call: Call) -> None:
    assert call(SOURCE, shared={"prices": PRICES}).failure == {
        "type": "KeyError",
        "message": "'price'",
        "file": "shared/prices.py",
        "line": 2,
        "frames": [
            {"file": "functions/f.py", "line": 5, "function": "on_request", "code": "return sorted([2, 1], key=price_of)"},
            {"file": "functions/f.py", "line": 8, "function": "price_of", "code": 'return prices.of(json.loads("{}"))'},
            {"file": "shared/prices.py", "line": 2, "function": "of", "code": "return book['price']"},
        ],
    }  # fmt: skip


def test_the_file_and_line_are_those_of_the_user_when_a_library_raises(call: Call) -> None:
    failure = call("import json\ndef on_request(request, response):\n    json.loads('{')\n").failure
    assert (failure["type"], failure["file"], failure["line"]) == ("JSONDecodeError", "functions/f.py", 3)


def test_many_frames_are_cut_in_the_middle(call: Call) -> None:
    source = "def on_request(request, response): return down(100)\ndef down(n): return down(n - 1) if n else 1 / 0\n"
    frames = call(source).failure["frames"]
    assert len(frames) == 20
    assert (frames[0]["function"], frames[-1]["function"]) == ("on_request", "down")


# name: (body of a handler, type of the exception, type and message of its cause)
CAUSES: dict[str, tuple[str, str, tuple[str, str] | None]] = {
    "raised from": ("try: {}['a']\nexcept KeyError as error: raise ValueError('no') from error", "ValueError", ("KeyError", "'a'")),
    "raised while handling": ("try: {}['a']\nexcept KeyError: raise ValueError('no')", "ValueError", ("KeyError", "'a'")),
    "raised from None": ("try: {}['a']\nexcept KeyError: raise ValueError('no') from None", "ValueError", None),
    "raised again": ("try: {}['a']\nexcept KeyError: raise", "KeyError", None),
}  # fmt: skip


@pytest.mark.parametrize(("body", "exception", "cause"), CAUSES.values(), ids=CAUSES)
def test_causes(call: Call, body: str, exception: str, cause: tuple[str, str] | None) -> None:
    failure = call(plain(body)).failure
    assert failure["type"] == exception
    told = failure.get("cause")
    assert (told and (told["type"], told["message"])) == cause
    assert told is None or (told["file"], told["line"]) == ("functions/f.py", 4)


GROUP = """
        async def bad(error): raise error
        async with asyncio.TaskGroup() as group:
            for error in [{}]: group.create_task(bad(error))
        """


def test_the_one_exception_in_a_group_is_told_as_itself(call: Call) -> None:
    failure = call(awaiting(GROUP.format("ValueError('alone')"))).failure
    assert (failure["type"], failure["message"]) == ("ValueError", "alone")
    assert failure["frames"][-1]["function"] == "bad"


def test_several_are_told_beside_their_group(call: Call) -> None:
    failure = call(awaiting(GROUP.format("ValueError('one'), KeyError('two')"))).failure
    assert (failure["type"], failure["frames"][-1]["function"]) == ("ExceptionGroup", "on_request")
    told = [(inner["type"], inner["message"]) for inner in failure["exceptions"]]
    assert told == [("ValueError", "one"), ("KeyError", "'two'")]


def test_of_many_the_first_five(call: Call) -> None:
    source = plain("raise ExceptionGroup('many', [ExceptionGroup('inner', [ValueError(i) for i in range(9)])])")
    assert [inner["message"] for inner in call(source).failure["exceptions"]] == ["0", "1", "2", "3", "4"]


# name: (source, code, status, message)
CLOUD_ERRORS: dict[str, tuple[str, int, int, str]] = {
    "by default": (plain("raise CloudError('No.')"), 960, 400, "No."),
    "with code and status": (plain("raise CloudError('No.', code=4001, status=422)"), 4001, 422, "No."),
    "by position": (plain("raise CloudError('No.', 4001, 422)"), 4001, 422, "No."),
    "a message that is no text": (plain("raise CloudError({'a': 1})"), 960, 400, "{'a': 1}"),
    "a status by name": (plain("from http import HTTPStatus\nraise CloudError('No.', status=HTTPStatus.CONFLICT)"), 960, 409, "No."),
    "in async code": (awaiting("raise CloudError('No.')"), 960, 400, "No."),
    "in a task": (awaiting("async def bad(): raise CloudError('No.')\nawait asyncio.gather(bad())"), 960, 400, "No."),
    "in a task that nobody awaits": (awaiting("async def bad(): raise CloudError('No.')\nasyncio.create_task(bad())"), 960, 400, "No."),
    "in a TaskGroup": (awaiting(GROUP.format("CloudError('No.', code=5)")), 5, 400, "No."),
    "several in a TaskGroup": (awaiting(GROUP.format("CloudError('First.', code=5), CloudError('Second.', code=6)")), 5, 400, "First."),
    "a subclass": (plain("class Missing(CloudError):\n    def __init__(self, what): super().__init__(f'No {what}.', code=4041, status=404)\nraise Missing('book')"), 4041, 404, "No book."),
    "changed before it is raised": (plain("error = CloudError('No.')\nerror.code, error.message = 7, 'Changed.'\nraise error"), 7, 400, "Changed."),
    "of a function that was called": (plain("functions.call('fails')"), 4001, 422, "It failed."),
    "from another exception": (plain("try: {}['a']\nexcept KeyError as error: raise CloudError('No.') from error"), 960, 400, "No."),
}  # fmt: skip


@pytest.mark.parametrize(("source", "code", "status", "message"), CLOUD_ERRORS.values(), ids=CLOUD_ERRORS)
def test_cloud_errors(call: Call, source: str, code: int, status: int, message: str) -> None:
    told = call(source).told
    details = told.pop("details")
    assert told == {"ending": "error_set", "message": message, "code": code, "status": status}
    assert details["file"] == "functions/f.py"


def test_a_cloud_error_beside_another_exception_is_a_failure(call: Call) -> None:
    failure = call(awaiting(GROUP.format("CloudError('No.'), ValueError('bug')"))).failure
    assert failure["type"] == "ExceptionGroup"


# name: (source, message)
CANCELLED: dict[str, tuple[str, str]] = {
    "without a message": (plain("request.cancel()"), ""),
    "with a message": (plain("request.cancel('Closed.')"), "Closed."),
    "with a message that is no text": (plain("request.cancel(404)"), "404"),
    "what follows does not run": (plain("request.cancel('here')\nraise ValueError"), "here"),
    "in async code": (awaiting("request.cancel('Closed.')"), "Closed."),
    "in a task": (awaiting("async def stop(): request.cancel('Closed.')\nawait asyncio.gather(stop(), asyncio.sleep(0.01))"), "Closed."),
    "in a TaskGroup": (awaiting("async def stop(): request.cancel('Closed.')\nasync with asyncio.TaskGroup() as group: group.create_task(stop())"), "Closed."),
    "in a task that nobody awaits": (awaiting("async def stop(): request.cancel('Closed.')\nasyncio.create_task(stop())"), "Closed."),
    "in a callback": (awaiting("asyncio.get_running_loop().call_soon(request.cancel, 'Closed.')\nawait asyncio.sleep(0.01)"), "Closed."),
    "not caught by except Exception": (plain("try: request.cancel('Closed.')\nexcept Exception: return 1\nreturn 2"), "Closed."),
    "caught by a bare except": (plain("try: request.cancel('Closed.')\nexcept: return 1"), "Closed."),
    "caught, and another exception raised": (plain("try: request.cancel('Closed.')\nexcept BaseException: raise ValueError('x')"), "Closed."),
    "with done still to be called": (plain("request.cancel('Closed.')", "request, response, done"), "Closed."),
    "in finally, after an exception": (plain("try: raise ValueError('x')\nfinally: request.cancel('Closed.')"), "Closed."),
}  # fmt: skip


@pytest.mark.parametrize(("source", "message"), CANCELLED.values(), ids=CANCELLED)
def test_cancelling(call: Call, source: str, message: str) -> None:
    assert call(source).told == {"ending": "cancelled", "message": message}


# name: (source, type, message, line)
UNREADABLE: dict[str, tuple[str, str, str, int | None]] = {
    "a parenthesis": ("x = 1\ndef on_request(:\n    pass\n", "SyntaxError", "invalid syntax", 2),
    "an indentation": ("def on_request(request, response):\nreturn 1\n", "IndentationError", "expected an indented block after function definition on line 1", 2),
    "tabs and blanks": ("if 1:\n        x = 1\n\ty = 2\n", "TabError", "inconsistent use of tabs and spaces in indentation", 3),
    "await in a plain handler": ("def on_request(request, response):\n    await x\n", "SyntaxError", "'await' outside async function", 2),
    "return at the top level": ("return 1\n", "SyntaxError", "'return' outside function", 1),
    "Python 2": ("print 'hello'\n", "SyntaxError", "Missing parentheses in call to 'print'. Did you mean print(...)?", 1),
    "a null character": ("x = 'a\0b'\n", "SyntaxError", "source code string cannot contain null bytes", None),
    "too many parentheses": (f"x = {'(' * 500}1{')' * 500}\n", "SyntaxError", "Parser stack overflowed - Python source too complex to parse", None),
}  # fmt: skip


@pytest.mark.parametrize(("source", "exception", "message", "line"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_does_not_compile(call: Call, source: str, exception: str, message: str, line: int | None) -> None:
    told = {"type": exception, "message": message, "file": "functions/f.py", "line": line}
    assert call(source).told == {"ending": "does_not_compile", "details": {**told, "frames": []}}


# The interpreter itself gives up: the engine says why.
CRASHES: dict[str, tuple[str, str]] = {
    "an abort": (plain("import os; os.abort()"), "unreachable"),
    "a lock that nobody opens": (
        plain("import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()"),
        "unreachable",
    ),
    "an answer nested 100,000 deep": (
        plain("value = []\nfor _ in range(100_000): value = [value]\nreturn value"),
        "stack exhausted",
    ),
}


@pytest.mark.parametrize(("source", "reason"), CRASHES.values(), ids=CRASHES)
def test_crashes(call: Call, source: str, reason: str) -> None:
    ending = call(source).ending
    assert isinstance(ending, Crashed)
    assert reason in ending.reason


# Of no use at the top level of a file. name: (statement, what it says)
NO_CAPABILITIES: dict[str, tuple[str, str]] = {
    "http": ("from cloud import http; http.get('https://echo.test')", "http.request is not available in the top-level code of a file. Call it inside a handler."),
    "functions": ("from cloud import functions; functions.call('echo')", "functions.call is not available in the top-level code of a file. Call it inside a handler."),
    "secrets": ("from cloud import secrets; secrets['API_KEY']", "secrets.get is not available in the top-level code of a file. Call it inside a handler."),
    "time_left": ("from cloud import time_left; time_left()", "time_left() is not available in the top-level code of a file. Call it inside a handler."),
    "http in asyncio.run": ("import asyncio\nfrom cloud import http\nasync def main(): await http.get('https://echo.test')\nasyncio.run(main())", "http.request is not available in the top-level code of a file. Call it inside a handler."),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "message"), NO_CAPABILITIES.values(), ids=NO_CAPABILITIES)
def test_the_top_level_has_no_capabilities(call: Call, statement: str, message: str) -> None:
    outcome = call(f"{statement}\n{plain('pass')}")
    assert outcome.error == ("RuntimeError", message)
    assert outcome.calls == []


def test_what_is_wrong_is_found_without_running_it(guest_sandbox: Sandbox) -> None:
    files = {
        "functions/good.py": "raise ValueError('not run')",
        "functions/a.py": "x =",
        "shared/b.py": f"x = {'(' * 500}",
        "types/Book.py": "def before_create(r, c): pass\nasync def before_craete(r, c): pass\ndef afterRead(r): pass\ndef after_all(x): pass",
        "functions/c.py": "def before_craete(): 'a name like any other here'",
    }
    ending = guest_sandbox.run("app", "check:" + json.dumps(files), str, host=SmallHost(), deadline=Deadline.after(10))
    assert isinstance(ending, NotDefined)
    found = [(problem["file"], problem["line"], problem["message"]) for problem in json.loads(ending.text)["problems"]]
    assert found == [
        ("functions/a.py", 1, "does not compile: invalid syntax"),
        ("shared/b.py", None, "does not compile: Parser stack overflowed - Python source too complex to parse"),
        (
            "types/Book.py",
            2,
            "before_craete would never be called: no event has that name. Did you mean before_create?",
        ),
        ("types/Book.py", 3, "afterRead would never be called: no event has that name. Did you mean after_read?"),
        ("types/Book.py", 4, "after_all would never be called: no event has that name. Did you mean after_read?"),
    ]
