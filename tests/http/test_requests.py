"""What a function gets of a request, one scenario a line."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest

from runtime.application import Application
from tests.function_url import DOMAIN, make_event, read_answer
from tests.http.calling import ECHO, JSON, MASTER_KEY, Call

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DEEP = "[" * 100 + "]" * 100
UTF_16 = '["ä"]'.encode("utf-16")
MASTER = {"principal": "masterKey"}
A_1 = {"custom_parameters": {"a": 1}}


@dataclass(frozen=True)
class Scenario:
    name: str
    expected: Mapping[str, Any]
    method: str = "GET"
    path: str = ECHO
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | bytes | None = None


def typed(content_type: str) -> dict[str, str]:
    return {"Content-Type": content_type}


def custom(value: str) -> dict[str, str]:
    return {"x-everlive-custom-parameters": value}


SCENARIOS = [
    # Paths
    Scenario("function's name in another case", {"action": "GET"}, path="/v1/front/FUNCTIONS/eChO"),
    Scenario("version in another case", {"action": "GET"}, path="/V1/front/functions/echo"),
    Scenario("slash at the end", {"action": "GET"}, path="/v1/front/functions/echo/"),
    Scenario("percent-encoded", {"action": "GET"}, path="/v1/front/%66unctions/%65cho"),
    # Methods
    Scenario("POST", {"action": "POST"}, "POST"),
    Scenario("PUT", {"action": "PUT"}, "PUT"),
    Scenario("PATCH", {"action": "PATCH"}, "PATCH"),
    Scenario("DELETE", {"action": "DELETE"}, "DELETE"),
    Scenario("in lower case", {"action": "POST"}, "post"),
    # Query
    Scenario("no query", {"query_string": {}}),
    Scenario("query decoded", {"query_string": {"a b": "c+d é"}}, path=ECHO + "?a%20b=c%2Bd+%C3%A9"),
    Scenario("query repeated", {"query_string": {"a": "1,2"}}, path=ECHO + "?a=1&a=2"),
    Scenario("query without value", {"query_string": {"a": "", "b": ""}}, path=ECHO + "?a&b="),
    Scenario("query broken", {"query_string": {"a": "%zz", "b": "\ufffd"}}, path=ECHO + "?a=%zz&b=%ff&"),
    Scenario("cache-buster of the JavaScript client", {"query_string": {"_el": "17"}}, path=ECHO + "?_el=17"),
    # Bodies
    Scenario("no body", {"data": None}, "POST"),
    Scenario("no body, with a type", {"data": None}, headers=JSON),
    Scenario("empty body, with a broken type", {"data": None}, "POST", headers=typed("nonsense"), body=""),
    Scenario("JSON", {"data": {"a": [1, None, True, 1.5, "ä"]}}, "POST", ECHO, JSON, '{"a":[1,null,true,1.5,"ä"]}'),
    Scenario("JSON null", {"data": None}, "POST", ECHO, JSON, "null"),
    Scenario("JSON false", {"data": False}, "POST", ECHO, JSON, "false"),
    Scenario("JSON with the same key twice", {"data": {"a": 2}}, "POST", ECHO, JSON, '{"a":1,"a":2}'),
    Scenario("JSON as base64", {"data": {"a": "ä"}}, "POST", ECHO, JSON, '{"a":"ä"}'.encode()),
    Scenario("JSON with a byte order mark", {"data": [1]}, "POST", ECHO, JSON, "\ufeff[1]".encode()),
    Scenario("JSON in UTF-16", {"data": ["ä"]}, "POST", ECHO, typed("text/json; charset=utf-16"), UTF_16),
    Scenario("JSON as deep as it may be", {"data": json.loads(DEEP)}, "POST", ECHO, JSON, DEEP),
    Scenario("JSON with half a surrogate pair", {"type": "str"}, "POST", ECHO, JSON, '"\\ud800"'),
    Scenario("JSON, type in capitals", {"data": [1]}, "POST", ECHO, typed('APPLICATION/JSON ; Charset="UTF-8"'), "[1]"),
    Scenario("JSON of a vendor", {"data": [1]}, "POST", ECHO, typed("application/vnd.api+json"), "[1]"),
    Scenario("JSON, with GET", {"action": "GET", "data": [1]}, "GET", ECHO, JSON, "[1]"),
    Scenario("JSON, with DELETE", {"data": [1]}, "DELETE", ECHO, JSON, "[1]"),
    Scenario("gzip", {"data": [1]}, "POST", ECHO, {**JSON, "Content-Encoding": "gzip"}, gzip.compress(b"[1]")),
    Scenario("text", {"data": "a\nä"}, "POST", ECHO, typed("text/plain"), "a\nä"),
    Scenario("text in its charset", {"data": "ä"}, "POST", ECHO, typed("text/csv; charset=iso-8859-1"), b"\xe4"),
    Scenario("XML", {"data": "<a/>"}, "POST", ECHO, typed("application/xml"), "<a/>"),
    Scenario("RSS", {"data": "<a/>"}, "POST", ECHO, typed("application/rss+xml"), "<a/>"),
    Scenario("JavaScript", {"data": "1"}, "POST", ECHO, typed("application/javascript"), "1"),
    Scenario("form", {"data": {"a": "1 2", "b": ["3", "4"], "c": ""}}, "POST", ECHO, FORM, "a=1+2&b=3&b=4&c="),
    Scenario("bytes", {"type": "bytes", "data": [0, 255]}, "POST", ECHO, typed("application/zip"), b"\x00\xff"),
    Scenario("bytes of a text", {"data": [97]}, "POST", ECHO, typed("image/png"), "a"),
    Scenario("multipart", {"type": "bytes"}, "POST", ECHO, typed("multipart/form-data; boundary=x"), "--x--"),
    # Custom parameters
    Scenario("custom parameters", A_1, headers=custom('{"a":1}')),
    Scenario("custom parameters encoded", {"custom_parameters": {"a": "ä"}}, headers=custom(quote('{"a":"ä"}'))),
    Scenario("custom parameters with %", {"custom_parameters": {"a": "1%25"}}, headers=custom('{"a":"1%25"}')),
    Scenario("custom parameters in the query", A_1, path=ECHO + "?customParameters=%7B%22a%22:1%7D"),
    Scenario("header wins over query", A_1, path=ECHO + "?customParameters={}", headers=custom('{"a":1}')),
    Scenario("custom parameters undefined", {"custom_parameters": {}}, headers=custom("undefined")),
    Scenario("custom parameters null", {"custom_parameters": {}}, headers=custom("null")),
    Scenario("custom parameters empty", {"custom_parameters": {}}, headers=custom("")),
    Scenario("header absent by its text", A_1, path=ECHO + '?customParameters={"a":1}', headers=custom("null")),
    # Principals
    Scenario("anonymous", {"principal": "anonymous"}),
    Scenario("master key", MASTER, headers={"Authorization": f"MasterKey {MASTER_KEY}"}),
    Scenario("scheme in another case", MASTER, headers={"Authorization": f"masterkey  {MASTER_KEY} "}),
    # Addresses
    Scenario("address of the API", {"api_url": f"https://{DOMAIN}/v1/front"}),
    Scenario("not by the Host header", {"api_url": f"https://{DOMAIN}/v1/front"}, headers={"Host": "evil.example"}),
    Scenario("scheme of the server", {"api_url": f"http://{DOMAIN}/v1/front"}, headers={"x-forwarded-proto": "http"}),
]  # fmt: skip


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_what_a_function_gets(call: Call, scenario: Scenario) -> None:
    answer = call(scenario.method, scenario.path, scenario.headers, scenario.body)
    assert answer.status == 200, answer.body
    assert {name: answer.json[name] for name in scenario.expected} == scenario.expected


def test_headers_come_without_credentials(call: Call) -> None:
    sent = {"Authorization": f"MasterKey {MASTER_KEY}", "X-Relive-Depth": "1", "X-Own": " a ", "Accept": "*/*"}
    answer = call("GET", ECHO, sent)
    assert answer.json["headers"] == {"x-own": "a", "accept": "*/*"}
    assert MASTER_KEY.encode() not in answer.body


def test_the_query_comes_without_a_token(call: Call) -> None:
    answer = call("GET", ECHO + "?access_token=t&a=1", {"Authorization": f"MasterKey {MASTER_KEY}"})
    assert answer.json["query_string"] == {"a": "1"}


def test_cookies_are_a_header_again(application: Application) -> None:
    event = {**make_event("GET", ECHO), "cookies": ["a=1", "b=2"]}
    assert read_answer(application.handle(event, "request-1")).json["headers"]["cookie"] == "a=1; b=2"


def test_head_runs_as_get_and_has_no_body(call: Call) -> None:
    head, get = call("HEAD", ECHO), call("GET", ECHO)
    assert get.headers["x-action"] == "GET"
    assert (head.status, head.body, head.headers) == (200, b"", get.headers)


def test_head_of_an_error_has_no_body(call: Call) -> None:
    head = call("HEAD", "/v1/front/functions/nothing")
    assert (head.status, head.body) == (404, b"")


def test_the_role_of_a_function_is_no_matter_to_the_master_key(call: Call) -> None:
    answer = call("GET", "/v1/front/functions/editors", {"Authorization": f"MasterKey {MASTER_KEY}"})
    assert (answer.status, answer.json) == (200, "for editors")
