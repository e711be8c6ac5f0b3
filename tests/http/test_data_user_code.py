"""What the code of a type gets to see of a request, and what of its answers gets out."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from runtime.settings import MEGABYTE
from tests.conftest import MASTER_KEY, MakeApp, MakeApplication
from tests.function_url import DOMAIN, make_event, read_answer
from tests.http.calling import JSON, Call
from tests.http.scenario import CREATED, MASTER, Request, Scenario, get, post, query, request
from tests.http.shelf import SECRET, fill


@pytest.fixture(autouse=True)
def _books(call: Call) -> None:
    fill(call)


def told(call: Call, sent: Request) -> Any:
    answer = sent(call)
    assert answer.status == 200, answer.text
    return answer.json["Result"]


SEEN: list[tuple[str, Request, dict[str, Any]]] = [
    ("a list", get("/Visit?how=told"), {
        "action": "GET", "item_id": None, "specific_action": None, "principal": "anonymous", "is_sync": False,
        "custom_parameters": {}, "filter": None, "sort": None, "fields": None, "skip": None, "take": None}),
    ("an item", get("/Visit/a%2Fb?how=told"), {"item_id": "a/b", "filter": None}),
    ("an item beside a filter", get("/Visit/x?how=told", filter={"A": 1}), {"item_id": "x", "filter": None}),
    ("a count", get("/Visit/_count?how=told", filter={"A": 1}), {"specific_action": "GetCount", "filter": {"A": 1}}),
    ("the master key", get("/Visit?how=told", MASTER), {"principal": "masterKey", "headers": {}}),
    ("the whole query", get("/Visit?how=told&_el=17&a=1&a=2&filter=%7B%7D&access_token=x", MASTER), {
        "query_string": {"how": "told", "_el": "17", "a": "1,2", "filter": "{}"}, "filter": {}}),
    ("the headers", get("/Visit?how=told", {"X-Own": " Ä ", "X-Relive-Depth": "x", "x-everlive-sdk": "js"}), {
        "headers": {"x-own": "Ä", "x-everlive-sdk": "js"}}),
    ("offline sync", get("/Visit?how=told", {"x-everlive-sync": "true"}), {"is_sync": True}),
    ("custom parameters", get("/Visit?how=told", {"x-everlive-custom-parameters": quote('{"a":"ä"}')}), {
        "custom_parameters": {"a": "ä"}}),
    ("expressions", get("/Visit?how=told", filter='{"A":"ä"}', sort='{"B":1,"A":-1}', fields={"A": 1}, skip=1, take=2), {
        "filter": {"A": "ä"}, "sort": {"B": 1, "A": -1}, "fields": {"A": 1}, "skip": 1, "take": 2}),
    ("expressions in the query", get("/Visit?how=told&" + query(filter={"A": 1}, skip=3)[1:]), {
        "filter": {"A": 1}, "skip": 3}),
    ("the address of the API", get("/Visit?how=told"), {"api_url": f"https://{DOMAIN}/v1/library"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "sent", "expected"), SEEN, ids=[row[0] for row in SEEN])
def test_what_user_code_sees(call: Call, name: str, sent: Request, expected: dict[str, Any]) -> None:
    seen = told(call, sent)
    assert {key: seen[key] for key in expected} == expected
    assert MASTER_KEY not in json.dumps(seen)


ANSWERS = [
    Scenario("in place of the operation", get("/Visit?how=answer"), 202, None, {"Result": [1, 2], "Extra": {"a": 1}}),
    Scenario("no answer is empty, and none is null", get("/Visit?how=nothing"), 200, None, {"Result": None}),
    Scenario("nor is one without a body", get("/Visit?how=not+modified"), 200, None, {"Result": {"a": 1}}),
    Scenario("secrets are taken out", get("/Visit?how=secret"), 200, None, {
        "Result": {"[secret KEY]": ["key=[secret KEY]&", 1]}, "More": "[secret KEY]"}),
    Scenario("a type with code, and nothing to say", get("/Visit"), 200, None, {"Count": 0, "Result": []}),
    Scenario("a changed item", post("/Visit?by=me", {"Id": "x"}), 201, None, {"Result": {**CREATED, "Id": "x"}}, (
        get("/Visit/x", single="By"), {"Result": "me"})),
    Scenario("another status, and more beside the result", post("/Visit?then=status", {}), 200, None, {
        "Result": CREATED, "Welcome": "in"}),
    Scenario("a secret that is data", post("/Visit" + query(by=SECRET), {"Id": "x"}), 201, None, {
        "Result": {**CREATED, "Id": "x"}}, (get("/Visit/x", single="By"), {"Result": "[secret KEY]"})),
]  # fmt: skip


@pytest.mark.parametrize("scenario", ANSWERS, ids=lambda scenario: scenario.name)
def test_what_user_code_answers(call: Call, scenario: Scenario) -> None:
    scenario.check(call)


def test_an_exception_is_told_to_the_owner_without_secrets(call: Call) -> None:
    path = "/Visit?how=secret+in+an+exception"
    stranger, owner = get(path)(call), get(path, MASTER)(call)
    assert set(stranger.json) == {"message", "errorCode"}
    assert owner.json["details"]["message"] == "[secret KEY]"
    assert owner.json["details"]["file"] == "types/Visit.py"
    assert SECRET not in owner.text


def test_a_secret_that_user_code_has_stored_anywhere_does_not_leave(call: Call) -> None:
    """Also in items of a type without handlers: code of any other type may have put it there."""
    post("/Author", {"Id": "x", "Name": SECRET})(call)
    assert get("/Author/x", single="Name")(call).json == {"Result": "[secret KEY]"}


@pytest.mark.parametrize("path", ["/Visit?how=answer", "/Visit/x?how=answer", "/Visit/_count?how=answer"])
def test_head_is_get_without_the_body(call: Call, path: str) -> None:
    head, answer = request("HEAD", path)(call), get(path)(call)
    assert (head.status, head.body) == (202, b"")
    assert answer.body != b""
    assert {**head.headers, "x-relive-request-id": ""} == {**answer.headers, "x-relive-request-id": ""}


def test_user_code_sees_head_as_get(call: Call) -> None:
    """The answer has no body to tell it in, so the status does."""
    assert request("HEAD", "/Visit?how=203+for+GET")(call).status == 203


# How large an answer may be

DEFINITION = "types:\n  Book: {policy: public}\n"


@pytest.mark.parametrize(
    ("text", "count", "fits"),
    [
        pytest.param("x" * 1000, 90, True, id="texts"),
        pytest.param("x" * 1000, 120, False, id="too many texts"),
        pytest.param('"' * 1000, 20, True, id="quotes"),
        pytest.param('"' * 1000, 40, False, id="quotes, which Lambda escapes once more"),
        pytest.param("ä" * 1000, 40, True, id="not ASCII"),
        pytest.param("ä" * 1000, 60, False, id="not ASCII, two bytes each"),
    ],
)
def test_an_answer_that_lambda_could_not_send(
    make_application: MakeApplication, make_app: MakeApp, text: str, count: int, fits: bool
) -> None:
    limit_mb = 0.1
    application = make_application(make_app({}, DEFINITION), result_mb=limit_mb)

    def call(method: str, path: str, body: str = "", **headers: str) -> Any:
        event = make_event(method, f"/v1/app/{path}", {**JSON, **headers}, body)
        return application.handle(event, "request-1")

    for number in range(0, count, 10):
        items = [{"Id": str(number + offset), "T": text} for offset in range(10)]
        assert call("POST", "Book", json.dumps(items))["statusCode"] == 201
    whole = call("GET", "Book?" + "fields=" + quote('{"T":1,"Id":0}'))
    if fits:
        assert len(read_answer(whole).json["Result"]) == count
        assert len(json.dumps(whole, ensure_ascii=False).encode()) < limit_mb * MEGABYTE
    else:
        assert read_answer(whole).error == (400, 601)
        assert "take" in read_answer(whole).json["message"]
        assert read_answer(call("GET", "Book?take=10")).status == 200
