"""What the snapshot of the guest was made ready for."""

import pytest

from tests.sandbox.guest_calls import Call

LIVING = {
    "a function": "json.dumps",
    "code": "json.dumps.__code__",
    "a string in a module": "json.__doc__",
    "a class": "json.JSONEncoder",
    "a dictionary": "json.__dict__",
    "a module": "json",
    "one of the guest's own": "sys.modules['relive_guest.handling'].handle",
}

IMMORTAL = 2**30
"""What CPython 3.14 takes for immortal where pointers have 32 bits (Include/refcount.h)."""


@pytest.mark.parametrize("what", LIVING.values(), ids=LIVING)
def test_what_lives_in_the_snapshot_is_immortal(call: Call, what: str) -> None:
    source = f"import json, sys\ndef on_request(request, response): return sys.getrefcount({what})"
    assert call(source).value >= IMMORTAL


MADE = {"a list": "[1]", "a string": "'a' * request.data", "a class": "type('C', (), {})", "a function": "lambda: 1"}


@pytest.mark.parametrize("what", MADE.values(), ids=MADE)
def test_what_a_call_makes_is_not(call: Call, what: str) -> None:
    source = f"import sys\ndef on_request(request, response):\n    made = {what}\n    return sys.getrefcount(made)"
    assert call(source, request={"data": 3}).value < 10


def test_memory_that_is_given_back_is_used_again(call: Call) -> None:
    source = """
def on_request(request, response):
    for _ in range(2000):
        made = [bytearray(1_000_000), {str(n): [n] for n in range(10)}, "text" * 10_000]
    return "done"
"""
    assert call(source).value == "done"
