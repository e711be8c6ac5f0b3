"""Every error that the front knows, one scenario a line: what is sent, and code and sentence of the answer."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from runtime.application import Application
from runtime.errors import CATALOGUE
from tests.http.calling import ECHO, JSON, MASTER_KEY, Call

MEGABYTES_7 = b"x" * 7 * 1024 * 1024


@dataclass(frozen=True)
class Scenario:
    name: str
    method: str
    path: str
    code: int
    says: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | bytes | None = None


def authorization(value: str) -> dict[str, str]:
    return {"Authorization": value}


def custom(value: str) -> dict[str, str]:
    return {"X-Everlive-Custom-Parameters": value}


def encoded(encoding: str) -> dict[str, str]:
    return {**JSON, "Content-Encoding": encoding}


SCENARIOS = [
    # Paths
    Scenario("root", "GET", "/", 605, "/v1/"),
    Scenario("empty path", "GET", "", 605),
    Scenario("version missing", "GET", "/front/Functions/echo", 605),
    Scenario("version unknown", "GET", "/v2/front/Functions/echo", 605),
    Scenario("version only", "GET", "/v1", 600),
    Scenario("app only", "GET", "/v1/front", 600),
    Scenario("app unknown", "GET", "/v1/nowhere/Functions/echo", 600, "nowhere"),
    Scenario("app in another case", "GET", "/v1/FRONT/Functions/echo", 600),
    Scenario("function unknown", "GET", "/v1/front/Functions/nothing", 600, "nothing"),
    Scenario("function missing", "GET", "/v1/front/Functions", 600),
    Scenario("function empty", "GET", "/v1/front/Functions//", 600),
    Scenario("below a function", "GET", "/v1/front/Functions/echo/more", 600),
    Scenario("another resource", "GET", "/v1/front/Nonsense/echo", 611, "Nonsense"),
    Scenario("slash in the name", "GET", "/v1/front/Functions/echo%2F", 600),
    Scenario("NUL in the name", "GET", "/v1/front/Functions/%00", 600),
    Scenario("line break in the name", "GET", "/v1/front/Functions/echo%0A", 600),
    Scenario("bytes that are no UTF-8", "GET", "/v1/front/Functions/%ff%fe", 600),
    Scenario("broken percent-encoding", "GET", "/v1/front/Functions/%zz%", 600),
    Scenario("dots", "GET", "/v1/front/Functions/../Functions/echo", 600),
    Scenario("odd characters", "GET", '/v1/front/Functions/"`\\#^|{}<>', 600),
    Scenario("long path", "GET", "/v1/front/Functions/" + "a" * 100_000, 600),
    # Methods
    Scenario("method that functions do not take", "TRACE", ECHO, 602, "GET, POST"),
    Scenario("method that nobody knows", "FROBNICATE", ECHO, 602),
    Scenario("method empty", "", ECHO, 602),
    Scenario("method that health does not take", "POST", "/health", 602, "GET, HEAD"),
    Scenario("unknown path wins over method", "TRACE", "/v1/front/nothing/at/all", 600),
    # Credentials
    Scenario("master key wrong", "GET", ECHO, 604, "master key", authorization("MasterKey nonsense")),
    Scenario("master key of another case", "GET", ECHO, 604, "", authorization(f"MasterKey {MASTER_KEY.upper()}")),
    Scenario("master key empty", "GET", ECHO, 604, "master key", authorization("MasterKey ")),
    Scenario("master key missing", "GET", ECHO, 604, "master key", authorization("MasterKey")),
    Scenario("master key not ASCII", "GET", ECHO, 604, "", authorization("MasterKey schlüssel")),
    Scenario("authorization empty", "GET", ECHO, 604, "MasterKey and Bearer", authorization("")),
    Scenario("authorization basic", "GET", ECHO, 604, "", authorization("Basic dXNlcjpwYXNz")),
    Scenario("account key", "GET", ECHO, 604, "", authorization(f"Accountkey {MASTER_KEY}")),
    Scenario("authorization garbage", "GET", ECHO, 604, "", authorization(",;=")),
    Scenario("token unknown", "GET", ECHO, 301, "", authorization("Bearer sometoken")),
    Scenario("token empty", "GET", ECHO, 301, "", authorization("bearer")),
    Scenario("token in the query", "GET", ECHO + "?access_token=sometoken", 301),
    Scenario("wrong header, token in the query", "GET", ECHO + "?access_token=t", 604, "", authorization("Basic x")),
    Scenario("function for a role", "GET", "/v1/front/functions/editors", 603, "anonymous user"),
    # Custom parameters
    Scenario("custom parameters no JSON", "GET", ECHO, 614, "", custom("{nope")),
    Scenario("custom parameters a list", "GET", ECHO, 614, "object", custom("[1]")),
    Scenario("custom parameters a text", "GET", ECHO, 614, "object", custom('"text"')),
    Scenario("custom parameters with NaN", "GET", ECHO, 614, "NaN", custom('{"a": NaN}')),
    Scenario("custom parameters encoded twice", "GET", ECHO, 614, "", custom("%257B%257D")),
    Scenario("custom parameters in the query", "GET", ECHO + "?customParameters=nope", 614),
    Scenario("custom parameters deep", "GET", ECHO, 614, "nested", custom('{"a":' + "[" * 5000)),
    # Content types
    Scenario("content type missing", "POST", ECHO, 610, "no Content-Type", {}, "{}"),
    Scenario("content type empty", "POST", ECHO, 610, "", {"Content-Type": ""}, "{}"),
    Scenario("content type without slash", "POST", ECHO, 610, "type/subtype", {"Content-Type": "json"}, "{}"),
    Scenario("content type a list", "POST", ECHO, 610, "", {"Content-Type": "text/plain,text/html"}, "{}"),
    Scenario("charset unknown", "POST", ECHO, 610, "klingon", {"Content-Type": "text/plain; charset=klingon"}, "a"),
    Scenario("charset a codec", "POST", ECHO, 610, "", {"Content-Type": "text/plain; charset=punycode"}, "a"),
    Scenario("charset no text", "POST", ECHO, 610, "", {"Content-Type": "text/plain; charset=zlib"}, "a"),
    # Bodies
    Scenario("JSON broken", "POST", ECHO, 615, "Line 2, column 8", JSON, '{\n  "a": nope}'),
    Scenario("JSON blank", "POST", ECHO, 615, "", JSON, "   "),
    Scenario("JSON and more", "POST", ECHO, 615, "", JSON, "{} {}"),
    Scenario("JSON with NaN", "POST", ECHO, 615, "NaN", JSON, "[NaN]"),
    Scenario("JSON with Infinity", "POST", ECHO, 615, "-Infinity", JSON, "[-Infinity]"),
    Scenario("JSON number too large", "POST", ECHO, 615, "too large", JSON, "[1e999]"),
    Scenario("JSON number too long", "POST", ECHO, 615, "digits", JSON, "9" * 10_000),
    Scenario("JSON nested too deep", "POST", ECHO, 615, "100 levels", JSON, "[" * 101 + "]" * 101),
    Scenario("JSON nested absurdly", "POST", ECHO, 615, "", JSON, "[" * 100_000),
    Scenario("JSON objects nested absurdly", "POST", ECHO, 615, "", JSON, '{"a":' * 100_000),
    Scenario("JSON not UTF-8", "POST", ECHO, 615, "byte 2", JSON, b'"\xff"'),
    Scenario("vendor JSON broken", "POST", ECHO, 615, "", {"Content-Type": "application/vnd.api+json"}, "nope"),
    Scenario("text not in its charset", "POST", ECHO, 615, "ascii", {"Content-Type": "text/plain; charset=ascii"}, "ä"),
    Scenario("form with too many fields", "POST", ECHO, 615, "fields", {
        "Content-Type": "application/x-www-form-urlencoded"}, "a&" * 10_001),
    Scenario("gzip broken", "POST", ECHO, 615, "gzip", encoded("gzip"), b"{}"),
    Scenario("gzip cut off", "POST", ECHO, 615, "too early", encoded("gzip"), gzip.compress(b'{"a": 1}')[:-4]),
    Scenario("gzip bomb", "POST", ECHO, 601, "6 MB", encoded("gzip"), gzip.compress(MEGABYTES_7 * 4)),
    Scenario("encoding unknown", "POST", ECHO, 601, "br", encoded("br"), b"{}"),
    Scenario("body too large", "POST", ECHO, 601, "6 MB", {"Content-Type": "application/octet-stream"}, MEGABYTES_7),
    # Cloud code
    Scenario("uncaught exception", "GET", "/v1/front/functions/fail", 901),
    Scenario("cancelled", "GET", "/v1/front/functions/fail?how=cancel", 910),
]  # fmt: skip


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_code_status_and_sentence(call: Call, scenario: Scenario) -> None:
    answer = call(scenario.method, scenario.path, scenario.headers, scenario.body)
    entry = CATALOGUE[scenario.code]
    assert (answer.code, answer.status) == (entry.code, entry.status)
    assert answer.json["message"].startswith(entry.message)
    assert scenario.says in answer.json["message"]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_error_has_one_shape(call: Call, scenario: Scenario) -> None:
    answer = call(scenario.method, scenario.path, scenario.headers, scenario.body)
    assert set(answer.json) == {"message", "errorCode"}
    assert type(answer.json["message"]) is str
    assert type(answer.json["errorCode"]) is int
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-relive-request-id"] == "request-1"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert ("allow" in answer.headers) == (answer.status == 405)
    assert ("www-authenticate" in answer.headers) == (answer.status == 401)


def test_an_error_of_user_code_is_its_own(call: Call) -> None:
    answer = call("GET", "/v1/front/functions/fail?how=custom")
    assert (answer.status, answer.json) == (422, {"message": "Too many books.", "errorCode": 4001})


def test_invalid_base64_in_the_event(application: Application) -> None:
    event = {"rawPath": ECHO, "body": "a", "isBase64Encoded": True, "requestContext": {"http": {"method": "POST"}}}
    assert '"errorCode":601' in application.handle(event, "request-1")["body"]


def test_details_are_for_the_master_key_alone(call: Call) -> None:
    path = "/v1/front/functions/fail"
    owner = call("GET", path, authorization(f"mAsTeRkEy {MASTER_KEY}"))
    assert owner.json["details"]["type"] == "ZeroDivisionError"
    assert "details" not in call("GET", path).json
    assert "details" not in call("GET", path, authorization("MasterKey wrong")).json


def test_allow_names_the_methods_of_the_path(call: Call) -> None:
    assert call("DELETE", "/health").headers["allow"] == "GET, HEAD, OPTIONS"
    assert call("LINK", ECHO).headers["allow"] == "GET, POST, PUT, DELETE, PATCH, HEAD, OPTIONS"
