"""Code that wants to do harm, and the codes that its calls may end in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FAILED, OUT_OF_TIME, CANCELLED, ENDLESS, TIMED_OUT, INVALID = 901, 902, 910, 617, 650, 601


@dataclass(frozen=True)
class HostileCall:
    """A function's source, and what may become of a call of it: 0 is success."""

    source: str
    ends_in: frozenset[int]


def _function(ends_in: set[int], *lines: str, before: str = "") -> HostileCall:
    body = "".join(f"    {line}\n" for line in lines)
    return HostileCall(f"{before}\ndef on_request(request, response):\n{body}", frozenset(ends_in))


# A busy machine may cut anything short: 902 while it runs, 650 while it waits for its turn.
FUNCTIONS: Mapping[str, HostileCall] = {
    "spin": _function({OUT_OF_TIME}, "while True: pass"),
    "sleep": _function({OUT_OF_TIME}, "time.sleep(1000)", before="import time"),
    "allocate": _function({FAILED}, "kept = []", "while True: kept.append(bytearray(8_000_000))"),
    "recurse": _function({FAILED}, "def deeper(n): return deeper(n + 1) + 1", "return deeper(0)"),
    "recurse_natively": _function(
        {FAILED},
        "value = []",
        "for _ in range(10**6): value = [value]",
        "return json.dumps(value)",
        before="import json",
    ),
    "flood_log": _function({0}, "for n in range(20_000): print('x' * 100, n)", "return 'done'"),
    "flood_host": _function(
        {0, FAILED, OUT_OF_TIME}, "for n in range(100_000): secrets.get('NONE')", before="from cloud import secrets"
    ),
    "crash": _function({FAILED}, "os.abort()", before="import os"),
    "exit": _function({FAILED, 0}, "sys.exit(3)", before="import sys"),
    "big_answer": _function({FAILED}, "return 'x' * 20_000_000"),
    "big_number": _function({FAILED, OUT_OF_TIME}, "return str(7 ** (10 ** 8))"),
    "pattern": _function({OUT_OF_TIME}, "return re.match('(a+)+$', 'a' * 50 + 'b')", before="import re"),
    "call_itself": _function(
        {ENDLESS, OUT_OF_TIME}, "return functions.call('call_itself')", before="from cloud import functions"
    ),
    "never_done": HostileCall("def on_request(request, response, done):\n    pass\n", frozenset({OUT_OF_TIME})),
    "no_code": HostileCall("def on_request(request, response:\n", frozenset({951})),
    # Its own answer is spoilt at the worst; that no other call notices is for the good calls to show.
    "poison": _function(
        {0, FAILED},
        "builtins.len = lambda value: -1",
        "json.dumps = lambda *_, **__: '\"poisoned\"'",
        "sys.modules.clear()",
        "return None",
        before="import builtins, json, sys",
    ),
}

BOMB = """\
from cloud import data

def after_create(request, response, context):
    data("Bomb").create([{"n": 1}, {"n": 2}])
    data("Bomb").create({"n": 3})
"""
"""Each item that is created creates more: a fork bomb."""

BOMB_ENDS_IN = frozenset({ENDLESS, OUT_OF_TIME, TIMED_OUT, FAILED})

FILES: Mapping[str, str] = {
    **{f"functions/{name}.py": call.source for name, call in FUNCTIONS.items()},
    "types/Bomb.py": BOMB,
}

DEFINITION = "".join(f"  {name}: {{}}\n" for name in FUNCTIONS)
"""Lines for `functions` in relive.yaml."""


def any_call(choose: Any) -> tuple[str, Any, frozenset[int]]:
    """Path, body and expected codes of one of the calls; `choose` picks one of a sequence."""
    name = choose([*FUNCTIONS, "Bomb"])
    if name == "Bomb":
        return "Bomb", {"n": 0}, BOMB_ENDS_IN
    return f"Functions/{name}", {}, FUNCTIONS[name].ends_in
