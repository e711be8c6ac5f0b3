"""Lies of callers: headers that claim what is the server's to say, and bodies that are more than they seem."""

import gzip
import json
from collections.abc import Mapping
from typing import Any

import pytest

from runtime.application import Application
from runtime.cloudcode.outgoing.depth import DepthSigner
from runtime.cloudcode.outgoing.depth_key import derived_from
from tests.cloudcode.calling import app_of
from tests.conftest import MASTER_KEY
from tests.escape.attempts import NEIGHBOUR, Attempt, Stage
from tests.function_url import DOMAIN, Answer, make_event, read_answer

pytestmark = pytest.mark.slow

ATTEMPTS: list[Attempt] = []

ECHO = """
def on_request(request, response):
    return {
        'id': request.id, 'api_url': request.api_url, 'action': request.action, 'principal': request.principal.type,
        'headers': sorted(request.headers), 'query': request.query_string, 'parameters': request.custom_parameters,
    }
"""

NEST = """
from cloud import functions
def on_request(request, response):
    levels = request.data or 0
    return functions.call('nest', levels - 1) if levels else 'deep enough'
"""


@pytest.fixture(scope="module")
def application(escape_application: Application) -> Application:
    files = {"functions/echo.py": ECHO, "functions/nest.py": NEST}
    escape_application.apps.apply(app_of(files, id="called", closed={"execute": []}))
    return escape_application


def send(
    application: Application, path: str, headers: Mapping[str, str], body: str | bytes | None = None, method: str = ""
) -> Answer:
    event = make_event(method or ("GET" if body is None else "POST"), f"/v1/called/{path}", headers, body)
    return read_answer(application.handle(event, "the-true-id"))


def assert_well(application: Application) -> None:
    """The next good call succeeds, and is told nothing of the one before."""
    answer = send(application, "Functions/echo", {})
    assert (answer.status, answer.json["principal"], answer.json["query"]) == (200, "anonymous", {})


TRUE: dict[str, Any] = {
    "id": "the-true-id", "api_url": f"https://{DOMAIN}/v1/called", "action": "GET", "principal": "anonymous",
}  # fmt: skip

# name: headers that change nothing of what the function is told
HEADERS: dict[str, dict[str, str]] = {
    "another host": {"Host": "attacker.example"},
    "another host behind a proxy": {"X-Forwarded-Host": "attacker.example", "Forwarded": "host=attacker.example"},
    "another scheme": {"X-Forwarded-Proto": "javascript"},
    "another request id": {"X-Relive-Request-Id": "forged", "X-Amzn-RequestId": "forged", "X-Amzn-Trace-Id": "Root=forged"},
    "another method": {"X-HTTP-Method-Override": "DELETE", "X-HTTP-Method": "DELETE", "X-Method-Override": "DELETE"},
    "another principal": {"X-Relive-Principal": "masterKey", "X-Relive-Master": "true", "X-Everlive-Master": "true"},
    "another path": {"X-Original-URL": "/v1/alice/Functions/closed", "X-Rewrite-URL": "/v1/alice/Functions/closed"},
    "another address": {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"},
    "more time": {"X-Relive-Budget": "9999", "X-Relive-Deadline": "9999"},
}  # fmt: skip


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_claims_in_headers_change_nothing(application: Application, headers: dict[str, str]) -> None:
    answer = send(application, "Functions/echo", headers)
    assert {name: answer.json[name] for name in TRUE} == TRUE
    assert answer.headers["x-relive-request-id"] == "the-true-id"
    assert_well(application)


def signed(depth: int, key: str = MASTER_KEY, seconds_ago: float = 0) -> str:
    from time import time

    return DepthSigner(derived_from(key), clock=lambda: time() - seconds_ago).sign(depth)


# name: (the header, how deep the request counts as)
DEPTHS: dict[str, tuple[str, int]] = {
    "a number": ("8", 0),
    "a number with a signature of nothing": ("8.1.", 0),
    "a signature by another key": (signed(8, "another key"), 0),
    "a signature for another depth": ("7" + signed(8)[1:], 0),
    "an old signature": (signed(8, seconds_ago=3600), 0),
    "a signature from the future": (signed(8, seconds_ago=-3600), 0),
    "two values": (f"{signed(8)},{signed(8)}", 0),
    "more digits than anybody needs": ("9" * 100_000, 0),
    "digits that are not ASCII": ("\u0668.1.x", 0),
    "below zero": ("-8" + signed(8)[1:], 0),
    "its own": (signed(6), 6),
}


@pytest.mark.parametrize(("value", "depth"), DEPTHS.values(), ids=DEPTHS)
def test_a_depth_counts_only_with_its_signature(application: Application, value: str, depth: int) -> None:
    headers = {"X-Relive-Depth": value, "Content-Type": "application/json"}
    assert send(application, "Functions/nest", headers, str(8 - depth)).json == "deep enough"
    assert send(application, "Functions/nest", headers, str(9 - depth)).error == (500, 617)
    assert_well(application)


def test_user_code_does_not_see_the_depth(application: Application) -> None:
    answer = send(application, "Functions/echo", {"X-Relive-Depth": signed(1), "X-Other": "seen"})
    assert answer.json["headers"] == ["x-other"]


# name: (headers, body, status and code)
BODIES: dict[str, tuple[dict[str, str], bytes, tuple[int, int]]] = {
    "a bomb": ({"Content-Encoding": "gzip"}, gzip.compress(bytes(50_000_000), 1), (400, 601)),
    "a bomb in a bomb": ({"Content-Encoding": "gzip, gzip"}, gzip.compress(gzip.compress(bytes(9_000_000))), (400, 601)),
    "JSON without measure": ({}, b"[" * 1_000_000, (400, 615)),
    "objects without measure": ({}, b'{"a":' * 500_000, (400, 615)),
    "a number of a million digits": ({}, b"9" * 1_000_000, (400, 615)),
    "a number beyond all doubles": ({}, b"1e999", (400, 615)),
    "no number": ({}, b"[NaN]", (400, 615)),
    "half a character": ({}, b'"\xed\xa0\x80"', (400, 615)),
    "seven megabytes": ({}, b'"' + b"x" * 7_000_000 + b'"', (400, 601)),
}  # fmt: skip


@pytest.mark.parametrize(("headers", "body", "error"), BODIES.values(), ids=BODIES)
def test_bodies(application: Application, headers: dict[str, str], body: bytes, error: tuple[int, int]) -> None:
    answer = send(application, "Functions/echo", {"Content-Type": "application/json", **headers}, body)
    assert answer.error == error
    assert_well(application)


# name: (path, headers, status and code)
WAYS_IN: dict[str, tuple[str, dict[str, str], tuple[int, int]]] = {
    "a guessed master key": ("Functions/echo", {"Authorization": "MasterKey guessed"}, (401, 604)),
    "a master key for a prefix": ("Functions/echo", {"Authorization": f"MasterKey {MASTER_KEY[:-1]}"}, (401, 604)),
    "a master key with a null": ("Functions/echo", {"Authorization": f"MasterKey {MASTER_KEY}\0"}, (401, 604)),
    "no master key": ("Functions/echo", {"Authorization": "MasterKey "}, (401, 604)),
    "a token": ("Functions/echo", {"Authorization": "Bearer x"}, (403, 301)),
    "an app up the path": ("../alice/Functions/closed", {}, (404, 600)),
    "an app up the path, encoded": ("%2e%2e/alice/Functions/closed", {}, (404, 600)),
    "a file for a function": ("Functions/echo.py", {}, (404, 600)),
    "a function up the path": ("Functions/..%2fshared%2fstock", {}, (404, 600)),
    "a function with a null": ("Functions/echo%00", {}, (404, 600)),
    "a handler for a function": ("Functions/on_request", {}, (404, 600)),
}


@pytest.mark.parametrize(("path", "headers", "error"), WAYS_IN.values(), ids=WAYS_IN)
def test_ways_in(application: Application, path: str, headers: dict[str, str], error: tuple[int, int]) -> None:
    assert send(application, path, headers).error == error
    assert_well(application)


def test_parameters_are_no_orders(application: Application, stage: Stage) -> None:
    parameters = json.dumps({"master": True, "principal": "masterKey", "depth": 99, "time_left": 9999})
    answer = send(application, "Functions/echo?master=true&depth=99", {"X-Everlive-Custom-Parameters": parameters})
    assert answer.json["principal"] == "anonymous"
    assert answer.json["parameters"] == json.loads(parameters)
    assert read_answer(application.handle(make_event("GET", f"/v1/{NEIGHBOUR}/Functions/closed"), "x")).code == 603
    stage.check_unharmed()
