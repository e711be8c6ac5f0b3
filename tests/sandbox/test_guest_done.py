"""How a handler is called: with as many arguments as it takes, and with `done` if it asks for it."""

import pytest

from tests.sandbox.guest_calls import Call, awaiting, plain

# name: (source, value)
SIGNATURES: dict[str, tuple[str, object]] = {
    "no parameters": ("def on_request(): return 1", 1),
    "request alone": ("def on_request(request): return request.action", "GET"),
    "request and response": ("def on_request(request, response): return response.status_code", 200),
    "other names": ("def on_request(req, res): return [req.action, res.status_code]", ["GET", 200]),
    "with done": ("def on_request(request, response, done): done(); return 3", 3),
    "request and done": ("def on_request(request, done): done(); return request.action", "GET"),
    "done alone": ("def on_request(done): done(); return 1", 1),
    "done as a keyword": ("def on_request(request, response, *, done): done(); return 1", 1),
    "done with a default": ("def on_request(request, response, done=None): done(); return 1", 1),
    "any number": ("def on_request(*arguments): return len(arguments)", 2),
    "request and any number": ("def on_request(request, *rest): return len(rest)", 1),
    "any number and done": ("def on_request(*arguments, done): done(); return len(arguments)", 2),
    "done and any number": ("def on_request(request, response, done, *rest): done(); return len(rest)", 0),
    "positional only": ("def on_request(request, response, /): return request.action", "GET"),
    "a parameter with a default": ("def on_request(request, response, verbose=False): return verbose", False),
    "keywords": ("def on_request(request, response, **options): return options", {}),
    "async": ("async def on_request(request): return request.action", "GET"),
    "a lambda": ("on_request = lambda request, response: request.action", "GET"),
    "a lambda that calls done": ("on_request = lambda request, response, done: done()", {}),
    "a callable object": ("class Handler:\n def __call__(self, request, response): return request.action\non_request = Handler()", "GET"),
    "an async callable object": ("class Handler:\n async def __call__(self, request): return request.action\non_request = Handler()", "GET"),
    "a method": ("class Handler:\n def handle(self, request): return request.action\non_request = Handler().handle", "GET"),
    "a partial": ("import functools\ndef handle(value, request, response): return value\non_request = functools.partial(handle, 7)", 7),
    "a decorated function": (
        "import functools\ndef log(f):\n @functools.wraps(f)\n def inner(*a, **k): return ['logged', f(*a, **k)]\n return inner\n"
        "@log\ndef on_request(request): return request.action", ["logged", "GET"]),
    "imported": ("from functools import partial as p\non_request = p(lambda n, request: n, 5)", 5),
}  # fmt: skip


@pytest.mark.parametrize(("source", "value"), SIGNATURES.values(), ids=SIGNATURES)
def test_signatures(call: Call, source: str, value: object) -> None:
    assert call(source).value == value


def test_a_handler_from_a_shared_file(call: Call) -> None:
    source = "from shared.handlers import on_request"
    assert call(source, shared={"handlers": "def on_request(request): return request.action"}).value == "GET"


DONE: dict[str, tuple[str, object]] = {
    "called at once": (plain("response.body = 1; done()", "request, response, done"), 1),
    "called twice": (plain("response.body = 1; done(); done()", "request, response, done"), 1),
    "called with arguments": (plain("response.body = 1; done(None, 'error', ValueError())", "request, response, done"), 1),
    "called, and a value returned": (plain("done(); return 2", "request, response, done"), 2),
    "what comes after it still runs": (plain("done(); response.body = 3", "request, response, done"), 3),
    "in an async handler": (awaiting("await asyncio.sleep(0.01); response.body = 1; done()", "request, response, done"), 1),
    "called from a timer": (awaiting("""
        def finish(): response.body = "later"; done()
        asyncio.get_running_loop().call_later(0.02, finish)
        """, "request, response, done"), "later"),
    "called from a timer of a plain handler": (plain("""
        def finish(): response.body = "later"; done()
        asyncio.get_event_loop().call_later(0.02, finish)
        """, "request, response, done"), "later"),
    "called from a task": (awaiting("""
        async def finish(): await asyncio.sleep(0.01); response.body = "task"; done()
        asyncio.create_task(finish())
        """, "request, response, done"), "task"),
    "called when a task has ended": (awaiting("""
        response.body = "called back"
        asyncio.create_task(asyncio.sleep(0.01)).add_done_callback(done)
        """, "request, response, done"), "called back"),
    "called when a call to the host has ended": (awaiting("""
        async def finish(): response.body = (await http.get("https://echo.test")).status; done()
        asyncio.create_task(finish())
        """, "request, response, done"), 200),
    "the body is read when done is called, not before": (awaiting("""
        response.body = "early"
        def finish(): done(); response.body = "late"
        asyncio.get_running_loop().call_later(0.01, finish)
        """, "request, response, done"), "late"),
}  # fmt: skip


@pytest.mark.parametrize(("source", "value"), DONE.values(), ids=DONE)
def test_done(call: Call, source: str, value: object) -> None:
    assert call(source).value == value


NEVER_CALLED = {
    "in a plain handler": plain("pass", "request, response, done"),
    "in an async handler": awaiting("await asyncio.sleep(0.01)", "request, response, done"),
    "although a value was returned": plain("return 1", "request, response, done"),
    "because the task waits in vain": awaiting("""
        async def finish(): await asyncio.Event().wait(); done()
        asyncio.create_task(finish())
        """, "request, response, done"),
    "because it was only named": plain("done", "request, response, done"),
}  # fmt: skip


@pytest.mark.parametrize("source", NEVER_CALLED.values(), ids=NEVER_CALLED)
def test_done_that_can_never_be_called_ends_at_once(call: Call, source: str) -> None:
    assert call(source).told == {"ending": "never_done", "done": True}


def test_an_exception_comes_before_a_done_that_was_not_called(call: Call) -> None:
    assert call(plain("raise ValueError('first')", "request, response, done")).error == ("ValueError", "first")


# name: (source, exception, message)
NOT_CALLABLE_SO: dict[str, tuple[str, str, str]] = {
    "no handler": ("x = 1", "NoHandler", "functions/f.py does not define the function on_request."),
    "a handler that is no function": ("on_request = 5", "NoHandler", "functions/f.py does not define the function on_request."),
    "an empty file": ("", "NoHandler", "functions/f.py does not define the function on_request."),
    "too many parameters": ("def on_request(request, response, context): pass", "TypeError", "on_request() missing 1 required positional argument: 'context'"),
    "an unknown keyword": ("def on_request(request, *, user): pass", "TypeError", "on_request() missing 1 required keyword-only argument: 'user'"),
    "a generator": (plain("yield 1"), "NotAnAnswer", "body is a generator, which JSON cannot say."),
    "an async generator": (awaiting("yield 1"), "NotAnAnswer", "body is an async_generator, which JSON cannot say."),
    "a class": ("class on_request:\n def __init__(self, request, response): pass", "NotAnAnswer", "body is an on_request, which JSON cannot say."),
}  # fmt: skip


@pytest.mark.parametrize(("source", "exception", "message"), NOT_CALLABLE_SO.values(), ids=NOT_CALLABLE_SO)
def test_handlers_that_are_none(call: Call, source: str, exception: str, message: str) -> None:
    assert call(source).error == (exception, message)
