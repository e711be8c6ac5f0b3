"""Two calls share nothing; what must differ between calls does, and what the snapshot freezes is known."""

import time

import pytest

from tests.sandbox.guest_calls import Call, plain

COUNTER = {"counter": "count = 0"}

# A first call does something, a second looks for traces of it. name: (first, expression of the second, its value)
TRACES: dict[str, tuple[str, str, object]] = {
    "a global": ("global seen; seen = True", "globals().get('seen')", None),
    "a builtin": ("import builtins; builtins.len = lambda _: 99", "len('abc')", 3),
    "a new builtin": ("import builtins; builtins.seen = True", "hasattr(__import__('builtins'), 'seen')", False),
    "a function of json": ("json.loads = None", "json.loads('[1]')", [1]),
    "how json writes": ("json.JSONEncoder.default = lambda self, value: 'changed'", "json.dumps({'h': request.headers})", '{"h": {}}'),
    "the cloud module": ("import cloud; cloud.log.info = cloud.http.get = None; del cloud.secrets", "[log.info('x'), callable(http.get), secrets.get('NO')]", [None, True, None]),
    "a class of the guest": ("type(request).action = 'changed'", "request.action", "GET"),
    "the guest itself": ("from relive_guest import answers; answers.encode = None", "1", 1),
    "sys.modules": ("import sys; sys.modules['made_up'] = sys", "'made_up' in __import__('sys').modules", False),
    "a module taken away": ("import sys; del sys.modules['json']", "'json' in __import__('sys').modules", True),
    "a shared module's state": ("from shared import counter; counter.count = 5", "__import__('shared.counter').counter.count", 0),
    "a variable of the environment": ("import os; os.environ['SEEN'] = '1'", "__import__('os').environ.get('SEEN')", None),
    "a file": ("try: open('/tmp/seen', 'w').write('x')\nexcept OSError: pass", "__import__('os').path.exists('/tmp/seen')", False),
    "a class attribute of a builtin module": ("import decimal; decimal.getcontext().prec = 3", "__import__('decimal').getcontext().prec", 28),
    "the recursion limit": ("import sys; sys.setrecursionlimit(50)", "__import__('sys').getrecursionlimit()", 1000),
    "a logger's level": ("import logging; logging.getLogger().setLevel(0); logging.basicConfig()", "[__import__('logging').getLogger().level, len(__import__('logging').getLogger().handlers)]", [30, 0]),
    "a codec": ("import codecs; codecs.register(lambda name: 1 / 0)", "'a'.encode('latin-1').decode()", "a"),
    "the import system": ("import sys; sys.meta_path.clear()", "__import__('shared.counter').counter.count", 0),
    "an event loop's policy": ("asyncio.new_event_loop = None", "asyncio.run(asyncio.sleep(0, 'ran'))", "ran"),
    "a context variable": ("import contextvars; sys = __import__('sys'); sys.seen = contextvars.ContextVar('seen'); sys.seen.set(1)", "hasattr(__import__('sys'), 'seen')", False),
    "what is printed later": ("import sys; sys.stdout = None", "print('told')", None),
    "a secret that was read": ("secrets['API_KEY']", "[secrets.get('API_KEY')]", ["open sesame"]),
}  # fmt: skip


@pytest.mark.parametrize(("first", "second", "value"), TRACES.values(), ids=TRACES)
def test_nothing_of_a_call_reaches_the_next(call: Call, first: str, second: str, value: object) -> None:
    call(plain(first), shared=COUNTER)
    assert call(plain(f"return [{second}]"), shared=COUNTER).value == [value]


def test_what_was_registered_for_the_exit_does_not_run_in_the_next_call(call: Call) -> None:
    call(plain("import atexit; atexit.register(print, 'at exit')"))
    assert call(plain("print('next')")).log == [("info", "next")]


# Drawn anew in each call. name: (code at the top level, expression)
DIFFERS: dict[str, tuple[str, str]] = {
    "random": ("import random", "random.random()"),
    "random's functions by name": ("from random import randint", "randint(0, 2 ** 62)"),
    "random at the top level": ("import random\nX = random.random()", "X"),
    "a Random of one's own": ("import random\nR = random.Random()", "R.random()"),
    "SystemRandom": ("import random", "random.SystemRandom().random()"),
    "os.urandom": ("import os", "os.urandom(16).hex()"),
    "secrets": ("from secrets import token_hex", "token_hex(16)"),
    "uuid1": ("import uuid", "str(uuid.uuid1())"),
    "uuid4": ("import uuid", "str(uuid.uuid4())"),
    "uuid7": ("import uuid", "str(uuid.uuid7())"),
    "a temporary name": ("import tempfile", "next(tempfile._get_candidate_names())"),
    "time": ("import time", "time.time_ns()"),
    "datetime": ("import datetime", "datetime.datetime.now().isoformat()"),
}


@pytest.mark.parametrize(("top", "expression"), DIFFERS.values(), ids=DIFFERS)
def test_differs_between_calls(call: Call, top: str, expression: str) -> None:
    source = f"{top}\n{plain(f'return {expression}')}"
    values = [call(source).value for _ in range(3)]
    assert len(set(values)) == 3


def test_a_seed_makes_random_repeat(call: Call) -> None:
    source = plain("import random; random.seed(5); return [random.random(), random.randint(1, 99)]")
    assert call(source).value == call(source).value


def test_the_hash_of_texts_is_frozen_in_the_snapshot(call: Call) -> None:
    # Known and accepted: it is the same in every call, and not 0 or that of an interpreter without a seed.
    source = plain("return hash('relive')")
    assert call(source).value == call(source).value


# The clocks are the host's own. name: (body, value)
CLOCKS: dict[str, tuple[str, object]] = {
    "time.sleep sleeps": ("import time\nbefore = time.monotonic(); time.sleep(0.03); return time.monotonic() - before >= 0.03", True),
    "asyncio.sleep sleeps": ("import time\nbefore = time.monotonic(); asyncio.run(asyncio.sleep(0.03)); return time.monotonic() - before >= 0.03", True),
    "perf_counter goes on": ("import time\nbefore = time.perf_counter(); sum(range(10_000)); return time.perf_counter() > before", True),
    "process_time goes on": ("import time\nbefore = time.process_time(); sum(range(100_000)); return time.process_time() >= before", True),
    "local time is UTC": ("import datetime\nreturn datetime.datetime.now().astimezone().utcoffset().total_seconds()", 0),
    "a negative sleep": ("import time\ntry: time.sleep(-1)\nexcept ValueError: return 'refused'", "refused"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "value"), CLOCKS.values(), ids=CLOCKS)
def test_clocks(call: Call, body: str, value: object) -> None:
    assert call(plain(body)).value == value


def test_now_is_now(call: Call) -> None:
    before = time.time()
    told = call(
        plain("import time, datetime; return [time.time(), datetime.datetime.now(datetime.UTC).timestamp()]")
    ).value
    assert all(before - 1 <= moment <= time.time() + 1 for moment in told)
