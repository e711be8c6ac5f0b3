"""Requests by a REST API: they are answered as those by a function's URL are, whatever the gateway does to them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.application import Application
from runtime.http.request import read_event
from runtime.http.rest_api import as_function_url_event
from tests.conftest import MakeApp, MakeApplication
from tests.function_url import DOMAIN, make_event, read_answer
from tests.http.calling import ECHO, MASTER_KEY
from tests.http.test_requests import SCENARIOS, Scenario
from tests.rest_api import GATEWAY, rest_event

OWN = {"domain": "api.example.com", "base_path": ""}
MAPPED = {"domain": "api.example.com", "base_path": "shop"}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_function_gets_the_same(application: Application, scenario: Scenario) -> None:
    event = rest_event(scenario.method, scenario.path, scenario.headers, scenario.body, domain=DOMAIN, base_path="")
    answer = read_answer(application.handle(event, "request-1"))
    assert answer.status == 200, answer.body
    assert {name: answer.json[name] for name in scenario.expected} == scenario.expected


# What the client wrote, where it wrote it to; the path inside, and how the address of the API begins
PATHS = [
    ("the gateway's domain", "/v1/app/Book", {}, "/v1/app/Book", f"https://{GATEWAY}/prod"),
    ("another stage", "/v1/app/Book", {"stage": "dev"}, "/v1/app/Book", f"https://{GATEWAY}/dev"),
    ("a stage like the version", "/v1/app/Book", {"stage": "v1"}, "/v1/app/Book", f"https://{GATEWAY}/v1"),
    ("an own domain", "/v1/app/Book", OWN, "/v1/app/Book", "https://api.example.com"),
    ("an own domain with a base path", "/v1/app/Book", MAPPED, "/v1/app/Book", "https://api.example.com/shop"),
    ("a deep base path", "/v1/app/Book", MAPPED | {"base_path": "a/b"}, "/v1/app/Book", "https://api.example.com/a/b"),
    ("a base path like the version", "/v1/app", MAPPED | {"base_path": "v1"}, "/v1/app", "https://api.example.com/v1"),
    ("a base path like all of it", "/v1/v1", MAPPED | {"base_path": "v1"}, "/v1/v1", "https://api.example.com/v1"),
    ("the root", "/", {}, "/", f"https://{GATEWAY}/prod"),
    ("the root of an own domain", "/", OWN, "/", "https://api.example.com"),
    ("the root of a base path", "/", MAPPED, "/", "https://api.example.com/shop"),
    ("a slash at the end", "/v1/app/Book/", {}, "/v1/app/Book", f"https://{GATEWAY}/prod"),
    ("a slash at the end, mapped", "/v1/app/Book/", MAPPED, "/v1/app/Book", "https://api.example.com/shop"),
    ("encoded", "/v1/app/Book/a%20b%C3%A9", {}, "/v1/app/Book/a%20b%C3%A9", f"https://{GATEWAY}/prod"),
    ("an encoded slash", "/v1/app/Book/a%2Fb", MAPPED, "/v1/app/Book/a%2Fb", "https://api.example.com/shop"),
    ("an encoded slash at the end", "/v1/app/Book/%2F", MAPPED, "/v1/app/Book/%2F", "https://api.example.com/shop"),
    ("an encoded percent sign", "/v1/app/Book/50%25", MAPPED, "/v1/app/Book/50%25", "https://api.example.com/shop"),
    ("a plus sign", "/v1/app/Book/a+b", {}, "/v1/app/Book/a%2Bb", f"https://{GATEWAY}/prod"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "path", "where", "expected", "origin"), PATHS, ids=[row[0] for row in PATHS])
def test_paths(name: str, path: str, where: dict[str, str], expected: str, origin: str) -> None:
    request = read_event(rest_event("GET", path, **where), "request-1")  # type: ignore[arg-type]
    assert (request.path, request.origin) == (expected, origin)


HEADERS = [
    ("names in any case", [("X-Own", "1")], {"x-own": "1"}),
    ("repeated", [("X-Own", "1"), ("X-Own", "2")], {"x-own": "1,2"}),
    ("repeated in another case", [("X-Own", "1"), ("x-own", "2")], {"x-own": "1,2"}),
    ("cookies", [("Cookie", "a=1; b=2")], {"cookie": "a=1; b=2"}),
    ("cookies in several", [("Cookie", "a=1"), ("cookie", "b=2")], {"cookie": "a=1; b=2"}),
    ("beyond ASCII", [("X-Own", "é".encode().decode("latin-1"))], {"x-own": "é"}),
    ("spaces around", [("X-Own", " 1 ")], {"x-own": "1"}),
    ("none", [], {}),
]


@pytest.mark.parametrize(("name", "sent", "expected"), HEADERS, ids=[row[0] for row in HEADERS])
def test_headers(name: str, sent: list[tuple[str, str]], expected: dict[str, str]) -> None:
    assert read_event(rest_event("GET", "/", sent), "request-1").headers == expected


QUERIES = [
    ("none", "", {}),
    ("one", "a=1", {"a": "1"}),
    ("repeated", "a=1&b=2&a=3", {"a": "1,3", "b": "2"}),
    ("encoded", "a%20b=c%2Bd+e%26f%3D%C3%A9", {"a b": "c+d e&f=é"}),
    ("encoded twice", "a=%2541", {"a": "%41"}),
    ("without value", "a&b=", {"a": "", "b": ""}),
    ("JSON", "filter=%7B%22a%22%3A%22%25%22%7D", {"filter": '{"a":"%"}'}),
]


@pytest.mark.parametrize(("name", "sent", "expected"), QUERIES, ids=[row[0] for row in QUERIES])
def test_queries(name: str, sent: str, expected: dict[str, str]) -> None:
    assert read_event(rest_event("GET", f"/v1?{sent}"), "request-1").query == expected


# Changes to an event, and what is left of it
ODD: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("only single values", {"multiValueHeaders": None, "headers": {"A": "1"}}, {"headers": {"a": "1"}}),
    ("only single parameters", {"multiValueQueryStringParameters": None, "queryStringParameters": {"a": "1"}}, {"query": {"a": "1"}}),
    ("a test from the console", {"headers": None, "multiValueHeaders": None, "isBase64Encoded": False, "body": "[1]"}, {"headers": {}, "body": b"[1]"}),
    ("no resource", {"resource": None, "pathParameters": None}, {"path": "/v1/app/Book"}),
    ("a resource of one's own", {"resource": "/v1/{app}/{proxy+}", "pathParameters": {"app": "app", "proxy": "Book"}, "path": "/x/v1/app/Book", "requestContext": {"path": "/x/v1/app/Book"}}, {"path": "/v1/app/Book", "origin": "https:///x"}),
    ("paths that do not fit", {"path": "/a", "pathParameters": {"proxy": "b"}}, {"path": "/a", "origin": f"https://{GATEWAY}"}),
    ("nothing that is as it should be", dict.fromkeys(["path", "headers", "multiValueHeaders", "requestContext", "pathParameters", "resource", "body", "multiValueQueryStringParameters", "queryStringParameters", "httpMethod"], 7), {"path": "/", "method": "", "headers": {}, "query": {}, "body": b""}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "expected"), ODD, ids=[row[0] for row in ODD])
def test_odd_events(name: str, change: dict[str, Any], expected: dict[str, Any]) -> None:
    request = read_event({**rest_event("POST", "/v1/app/Book"), **change}, "request-1")
    assert {attribute: getattr(request, attribute) for attribute in expected} == expected


SEGMENTS = st.lists(st.text("aé/%+ ?#.", min_size=1, max_size=4), min_size=1, max_size=4)
PARAMETERS = st.lists(st.tuples(st.text("aé&=%+", min_size=1, max_size=3), st.text("1é&=%+,", max_size=3)), max_size=3)


@given(segments=SEGMENTS, parameters=PARAMETERS, body=st.none() | st.binary(max_size=8), mapped=st.booleans())
def test_any_request_is_the_same_by_both_ways(
    segments: list[str], parameters: list[tuple[str, str]], body: bytes | None, mapped: bool
) -> None:
    from urllib.parse import quote, urlencode

    path = "/v1/" + "/".join(quote(segment, safe="") for segment in segments) + "?" + urlencode(parameters)
    by_url = read_event(make_event("POST", path, {"X-Own": "1"}, body), "request-1")
    by_api = read_event(
        rest_event("POST", path, {"X-Own": "1"}, body, base_path="shop" if mapped else None), "request-1"
    )
    for attribute in ("method", "path", "query", "headers", "body"):
        assert getattr(by_api, attribute) == getattr(by_url, attribute), attribute


def test_answers_have_a_form_that_the_gateway_takes(application: Application) -> None:
    answer = application.handle(rest_event("GET", ECHO), "request-1")
    assert set(answer) == {"statusCode", "headers", "body", "isBase64Encoded"}
    assert all(isinstance(value, str) for value in answer["headers"].values())


def test_the_master_key_is_known(application: Application) -> None:
    event = rest_event("GET", ECHO, {"authorization": f"MasterKey {MASTER_KEY}"})
    assert read_answer(application.handle(event, "request-1")).json["principal"] == "masterKey"


CALLS_ITSELF = """
from cloud import http

async def on_request(request, response):
    if request.action == "GET":
        return request.api_url
    answer = await http.get(f"{request.api_url}/Functions/{request.data}")
    return {"status": answer.status, "body": answer.json()}
"""


@pytest.mark.parametrize("where", [{}, OWN, MAPPED], ids=["stage", "own domain", "base path"])
def test_code_reaches_its_own_api(where: dict[str, str], make_application: MakeApplication, make_app: MakeApp) -> None:
    application = make_application(make_app({"functions/itself.py": CALLS_ITSELF}))
    json = {"content-type": "application/json"}
    event = rest_event("POST", "/v1/app/Functions/itself", json, '"itself"', **where)  # type: ignore[arg-type]
    answer = read_answer(application.handle(event, "request-1"))
    origin = read_event(event, "request-1").origin
    assert answer.json == {"status": 200, "body": f"{origin}/v1/app"}


def test_a_neighbour_at_the_same_domain_is_not_the_own_api(
    make_application: MakeApplication, make_app: MakeApp
) -> None:
    code = "from cloud import http\nasync def on_request(request, response):\n    await http.get(request.data)\n"
    application = make_application(
        make_app({"functions/out.py": code}), http_stand_ins={"https://api.example.com": "http://127.0.0.1:9"}
    )
    event = rest_event(
        "POST",
        "/v1/app/Functions/out",
        {"content-type": "application/json"},
        '"https://api.example.com/shopping/v1/app/Functions/out"',
        **MAPPED,
    )  # type: ignore[arg-type]
    answer = read_answer(application.handle(event, "request-1"))
    assert answer.error == (500, 901)


def test_the_event_is_not_changed() -> None:
    event = rest_event("GET", "/v1/app?a=1", {"A": "1"})
    before = repr(event)
    as_function_url_event(event)
    assert repr(event) == before
