"""The app `hostile`, whose code does what code should not: every call of it, and how that has to end.

Its functions `hello` and `inner` and its type `Note` belong to the calls that are good, or are told what to do.
"""

import json
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runtime.application import Application
from runtime.apps.folder import load
from runtime.settings import Settings
from tests.conftest import MASTER_KEY
from tests.function_url import make_event, read_answer

SLOW = "https://slow.example"
"""Has to have a stand-in, which takes connections and never answers."""

CRASHED, OUT_OF_TIME, TIMED_OUT, TOO_DEEP = 901, 902, 650, 617

# Name, code, body of an `async def on_request(request, response)`.
FUNCTIONS: list[tuple[str, int, str]] = [
    ("sleep", OUT_OF_TIME, "time.sleep(100)"),
    ("sleep_and_let_others_run", OUT_OF_TIME, "await asyncio.sleep(100)"),
    ("sleep_in_short_naps", OUT_OF_TIME, "while True: time.sleep(0.001)"),
    ("sleep_a_hundred_times_at_once", OUT_OF_TIME, "await asyncio.gather(*(asyncio.sleep(100) for _ in range(100)))"),
    ("sleep_in_a_task_of_its_own", OUT_OF_TIME, "asyncio.create_task(asyncio.sleep(100))"),
    ("sleep_whatever_is_raised", OUT_OF_TIME, "while True:\n    try: time.sleep(100)\n    except BaseException: pass"),
    ("sleep_after_an_error", OUT_OF_TIME, "try: 1 / 0\nfinally: time.sleep(100)"),
    ("sleep_in_the_answer", OUT_OF_TIME, "class Late(dict):\n    def items(self): time.sleep(100)\nreturn Late(a=1)"),
    ("sleep_in_a_nested_call", OUT_OF_TIME, "functions.call('inner', 'time.sleep(100)').result"),
    ("spin", OUT_OF_TIME, "while True: pass"),
    ("spin_in_one_instruction", OUT_OF_TIME, "max(itertools.repeat(1))"),
    ("spin_in_a_pattern", OUT_OF_TIME, "re.match('(a+)+$', 'a' * 60 + 'b')"),
    ("spin_in_big_integers", OUT_OF_TIME, "return 7 ** 50_000_000 % 10"),
    ("spin_and_let_others_run", OUT_OF_TIME, "while True: await asyncio.sleep(0)"),
    ("spin_whatever_is_raised", OUT_OF_TIME, "while True:\n    try:\n        while True: pass\n    except BaseException: pass"),
    ("spin_in_a_nested_call", OUT_OF_TIME, "functions.call('inner', 'while True: pass').result"),
    ("spin_in_nested_calls_at_once", OUT_OF_TIME, "await asyncio.gather(*(functions.call('inner', 'while True: pass') for _ in range(3)))"),
    ("allocate_at_once", CRASHED, "return len(bytearray(500_000_000))"),
    ("allocate_bit_by_bit", CRASHED, "kept = []\nwhile True: kept.append(bytearray(1_000_000))"),
    ("allocate_by_doubling", CRASHED, "text = 'x' * 1000\nwhile True: text += text"),
    ("allocate_a_long_list", CRASHED, "return len(list(range(100_000_000)))"),
    ("allocate_whatever_is_raised", OUT_OF_TIME, "kept = []\nwhile True:\n    try: kept.append(bytearray(1_000_000))\n    except BaseException: pass"),
    ("allocate_in_a_nested_call", CRASHED, "functions.call('inner', 'bytearray(500_000_000)').result"),
    ("answer_too_much", CRASHED, "return 'x' * 7_000_000"),
    ("recurse", CRASHED, "def down(): down()\ndown()"),
    ("recurse_without_a_limit", CRASHED, "sys.setrecursionlimit(10**9)\ndef down(): return [down()]\ndown()"),
    ("recurse_in_attributes", CRASHED, "class Deep:\n    def __getattr__(self, name): return getattr(self, name + 'x')\nDeep().a"),
    ("recurse_in_json", CRASHED, "json.loads('[' * 1_000_000)"),
    ("recurse_in_the_answer", CRASHED, "loop = []\nloop.append(loop)\nreturn loop"),
    ("flood_the_log", OUT_OF_TIME, "while True: log.info('x' * 1000)"),
    ("flood_the_log_by_printing", OUT_OF_TIME, "while True: print('x' * 1000)"),
    ("flood_the_log_with_errors", OUT_OF_TIME, "while True: sys.stderr.write('x' * 1000 + chr(10))"),
    ("flood_the_log_and_crash", CRASHED, "for _ in range(1000): log.error('x' * 10_000)\n1 / 0"),
    ("wait_for_an_address", OUT_OF_TIME, "await http.get(SLOW)"),
    ("wait_for_an_address_twenty_times_at_once", OUT_OF_TIME, "await asyncio.gather(*(http.get(SLOW) for _ in range(20)))"),
    ("wait_for_an_address_unawaited", OUT_OF_TIME, "http.get(SLOW)"),
    ("wait_for_an_address_again_and_again", OUT_OF_TIME, "while True:\n    try: await http.get(SLOW, timeout=0.1)\n    except http.HttpError: pass"),
    ("wait_for_an_address_in_a_nested_call", OUT_OF_TIME, "functions.call('inner', 'http.get(SLOW).status').result"),
]  # fmt: skip

# Name of the type, code, its handler.
HANDLERS: list[tuple[str, int, str]] = [
    ("Asleep", OUT_OF_TIME, "def before_create(request, context): time.sleep(100)"),
    ("Waiting", OUT_OF_TIME, "def before_create(request, context): http.get(SLOW).status"),
    ("Spinning", OUT_OF_TIME, "def after_create(request, response, context):\n    while True: pass"),
    ("Multiplying", TOO_DEEP, "async def before_create(request, context): await asyncio.gather(*(data('Multiplying').create({}) for _ in range(3)))"),
    ("Growing", CRASHED, "def after_create(request, response, context): bytearray(500_000_000)"),
]  # fmt: skip

PRELUDE = (
    f"import asyncio, itertools, json, re, sys, time\nfrom cloud import data, functions, http, log\nSLOW = {SLOW!r}\n"
)
ASYNC = "async def on_request(request, response):\n"

JSON = {"Content-Type": "application/json"}
LARGE = [{"Id": "large", "Parts": [{"b": n} for n in range(20_000)]}]
MUCH = {"X-Everlive-Filter": json.dumps({"$or": [{"Parts.b": -n} for n in range(1, 451)]})}


def hostile_calls() -> list[tuple[str, tuple[int, ...], dict[str, Any]]]:
    """Name, codes and event of each call."""
    at_functions = [(name, _codes(code), _call(name)) for name, code, _ in FUNCTIONS]
    at_types = [
        (name, _codes(code), make_event("POST", f"/v1/hostile/{name}", JSON, "{}")) for name, code, _ in HANDLERS
    ]
    too_much = [
        ("a read that takes too long", (TIMED_OUT,), make_event("GET", "/v1/hostile/Note", MUCH)),
        ("a deletion that takes too long", (TIMED_OUT,), make_event("DELETE", "/v1/hostile/Note", MUCH)),
    ]
    return [*at_functions, *at_types, *too_much]


def _codes(code: int) -> tuple[int, ...]:
    """On a slow machine, time may be over before code has come to where it crashes."""
    return (code,) if code == OUT_OF_TIME else (code, OUT_OF_TIME)


def good_call() -> dict[str, Any]:
    return _call("hello")


def _call(function: str) -> dict[str, Any]:
    return make_event("POST", f"/v1/hostile/Functions/{function}", JSON, "{}")


def write_app(folder: Path) -> None:
    """The app as a folder."""
    files: dict[str, str] = {
        "functions/hello.py": f"{PRELUDE}{ASYNC}    return data('Note').count()\n",
        "functions/inner.py": f"{PRELUDE}{ASYNC}    exec(request.data)\n",
    }
    for name, _, body in FUNCTIONS:
        files[f"functions/{name}.py"] = PRELUDE + ASYNC + textwrap.indent(body, "    ")
    for name, _, handler in HANDLERS:
        files[f"types/{name}.py"] = PRELUDE + handler
    definition = {
        "app": {"id": "hostile", "title": "Hostile"},
        "types": {name: {"policy": "public"} for name in ("Note", *(name for name, *_ in HANDLERS))},
        "functions": {Path(file).stem: {} for file in files if file.startswith("functions/")},
        "http": {"allow": ["slow.example"]},
    }
    for file, text in {**files, "relive.yaml": json.dumps(definition)}.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)


def fill(app: Path, data: Path, guests: Path) -> None:
    """Create the large item that takes too long to look at, in all the time that it needs."""
    application = Application(Settings(data=data, guests=guests), MASTER_KEY)
    try:
        application.apps.apply(load(app))
        event = make_event("POST", "/v1/hostile/Note", JSON, json.dumps(LARGE))
        created = read_answer(application.handle(event, "request"))
        assert created.status == 201, created.text
    finally:
        application.close()


def answer_of(told: Mapping[str, Any]) -> tuple[int, Any]:
    """The status, and the body as JSON, of what a handler answered."""
    answer = read_answer(told)
    return answer.status, answer.json
