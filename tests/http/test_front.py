"""The front as a whole: deadlines, many requests at once, requests within requests, and any event whatsoever."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.application import Application
from runtime.apps.folder import load
from runtime.budget import Budget
from runtime.cloudcode.redacted_data import RedactedData
from runtime.cloudcode.secrets import Secrets
from runtime.http.answer import Answer, json_answer
from runtime.http.front import Front, IncomingDepth
from runtime.http.master_key import ConfiguredMasterKey
from runtime.http.request import read_event
from runtime.http.router import Exchange, Router
from runtime.settings import Settings
from tests.function_url import make_event, read_answer
from tests.http.calling import ECHO, JSON, MASTER_KEY, Call


def budget(seconds: float, depth: int = 0) -> Budget:
    return Budget.start(Settings(budget_seconds=seconds), depth=depth)


def test_a_request_over_its_deadline_outside_cloud_code(application: Application) -> None:
    late = budget(1e-9)
    answer = read_answer(application.handle(make_event("GET", "/health"), "request-1", late))
    assert (answer.status, answer.code) == (408, 650)


@pytest.mark.parametrize(("waited", "code"), [(0.0, 0), (60.0, 650), (1e9, 650)])
def test_what_a_request_has_waited_is_part_of_its_time(application: Application, waited: float, code: int) -> None:
    answer = read_answer(application.handle(make_event("GET", "/health"), "request-1", waited=waited))
    assert (answer.code if answer.status >= 400 else 0) == code


def test_an_error_that_came_first_is_kept_after_the_deadline(application: Application) -> None:
    answer = read_answer(application.handle(make_event("GET", "/v1/front/nothing"), "request-1", budget(1e-9)))
    assert answer.code == 611


def test_a_request_that_comes_from_too_deep(application: Application) -> None:
    answer = read_answer(application.handle(make_event("GET", ECHO), "request-1", budget(60, depth=9)))
    assert (answer.status, answer.code) == (500, 617)
    at_the_limit = read_answer(application.handle(make_event("GET", ECHO), "request-1", budget(60, depth=8)))
    assert at_the_limit.status == 200


def test_the_depth_of_a_request_is_what_its_headers_prove(application: Application) -> None:
    def depth(headers: Any) -> int:
        return 9 if headers.get("x-relive-depth") == "proof" else 0

    front = make_front(application, application.settings, depth)
    assert read_answer(front.handle(make_event("GET", ECHO), "r")).status == 200
    assert read_answer(front.handle(make_event("GET", ECHO, {"X-Relive-Depth": "proof"}), "r")).code == 617


def test_an_unexpected_exception_is_told_to_the_owner_alone(
    application: Application, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(application.sandbox, "run", None)
    stranger = read_answer(application.handle(make_event("GET", ECHO), "request-1"))
    assert stranger.status == 500
    assert stranger.json == {"message": "Unexpected error.", "errorCode": 1}
    assert "request-1" in caplog.text
    assert "Traceback" in caplog.text
    owner = read_answer(
        application.handle(make_event("GET", ECHO, {"Authorization": f"MasterKey {MASTER_KEY}"}), "request-2")
    )
    assert {"message", "errorCode", "details"} == set(owner.json)


def test_a_store_that_fails_is_told_to_the_owner_alone(
    tmp_path: Path, guests: Path, caplog: pytest.LogCaptureFixture
) -> None:
    application = Application(Settings(data=tmp_path, guests=guests), MASTER_KEY)
    application.apps.apply(load(Path(__file__).parent / "app"))
    application.close()  # the store does not take questions anymore
    stranger = read_answer(application.handle(make_event("GET", ECHO), "request-1"))
    assert stranger.status == 500
    assert stranger.json == {"message": "Unexpected error. The store cannot be used at the moment.", "errorCode": 1}
    assert "request-1" in caplog.text
    assert "Traceback" not in caplog.text
    owner = read_answer(
        application.handle(make_event("GET", ECHO, {"Authorization": f"MasterKey {MASTER_KEY}"}), "request-2")
    )
    assert owner.json["details"]["message"].endswith("relive.sqlite is closed.")


def test_html_is_free_where_each_app_has_a_domain(application: Application) -> None:
    free = replace_settings(application, domain_per_app=True)
    told = json.dumps({"body": "a", "headers": {"Content-Type": "text/html"}})
    answer = read_answer(free.handle(make_event("POST", "/v1/front/functions/answer", JSON, told), "r"))
    assert answer.status == 200
    assert "content-security-policy" not in answer.headers


def test_the_operators_own_address(application: Application) -> None:
    front = replace_settings(application, public_url="https://api.example.com/")
    answer = read_answer(front.handle(make_event("GET", ECHO), "r"))
    assert answer.json["api_url"] == "https://api.example.com/v1/front"


def replace_settings(application: Application, **changes: Any) -> Front:
    changed = application.settings.model_copy(update=changes)
    return make_front(application, changed, lambda _: 0)


def make_front(application: Application, settings: Settings, depth: IncomingDepth) -> Front:
    data = RedactedData(application.data, Secrets(application.store, {}))
    return Front(application.apps, application.functions, data, settings, ConfiguredMasterKey(MASTER_KEY), depth)


# Many at once


@pytest.mark.slow
def test_many_requests_at_once_are_not_mixed_up(call: Call) -> None:
    def ask_number(number: int) -> None:
        echo = call("POST", f"{ECHO}?n={number}", {**JSON, "x-number": str(number)}, json.dumps(number)).json
        assert (echo["data"], echo["query_string"], echo["headers"]["x-number"]) == (
            number,
            {"n": str(number)},
            str(number),
        )

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask_number, range(200)))


def test_requests_that_meet_inside_the_router() -> None:
    """All requests have found their operation before any of them goes on."""
    size = 8
    meeting = threading.Barrier(size)

    def meet(exchange: Exchange, name: str) -> Answer:
        meeting.wait(30)
        return named(exchange, name)

    router = Router()
    for method in METHODS:
        router.add("/things/<name>", (method,), meet)

    def ask_number(number: int) -> None:
        method = METHODS[number % len(METHODS)]
        assert ask(router, method, f"/things/{number}", f"id-{number}") == [method, str(number), f"id-{number}"]

    with ThreadPoolExecutor(size) as threads:
        list(threads.map(ask_number, range(size * 4)))


def test_a_request_within_a_request() -> None:
    """As when user code calls its own API: the inner one must leave the outer one alone."""

    def outer(exchange: Exchange, name: str) -> Answer:
        inner = ask(router, "POST", f"/inner/{name}", "inner")
        return json_answer(200, [exchange.request.path, name, exchange.request.request_id, inner])

    router = Router()
    router.add("/outer/<name>", ("GET",), outer)
    router.add("/inner/<name>", ("POST",), named)
    told = ask(router, "GET", "/outer/a%20b", "outer")
    assert told == ["/outer/a%20b", "a b", "outer", ["POST", "a b", "inner"]]


METHODS = ("GET", "POST", "PUT", "DELETE")


def named(exchange: Exchange, name: str) -> Answer:
    return json_answer(200, [exchange.request.method, name, exchange.request.request_id])


def ask(router: Router, method: str, path: str, request_id: str) -> Any:
    answer = router.serve(Exchange(read_event(make_event(method, path), request_id), budget(60)))
    return json.loads(answer.body)


# Any event whatsoever

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=8,
)
any_text = st.text(max_size=40)
known = st.sampled_from(["v1", "V1", "front", "functions", "echo", "fail", "health", "", "%", "%2F", "..", "?"])
segments = known | any_text
paths = st.lists(segments, max_size=6).map("/".join).map(lambda path: "/" + path) | any_text
headers = st.dictionaries(
    st.sampled_from(
        ["authorization", "content-type", "content-encoding", "x-everlive-custom-parameters", "x-forwarded-proto",
         "access-control-request-headers", "cookie", "x-relive-depth"]
    ) | any_text,
    st.sampled_from(["application/json", "text/plain; charset=utf-16", "gzip", f"MasterKey {MASTER_KEY}", "Bearer x"])
    | any_text
    | any_json,
    max_size=5,
)  # fmt: skip
methods = st.sampled_from(["GET", "POST", "OPTIONS", "HEAD", "get", ""]) | any_text
events = st.fixed_dictionaries(
    {},
    optional={
        "rawPath": paths | any_json,
        "rawQueryString": any_text | any_json,
        "headers": headers | any_json,
        "cookies": st.lists(any_text) | any_json,
        "body": any_text | any_json,
        "isBase64Encoded": st.booleans() | any_json,
        "requestContext": st.fixed_dictionaries(
            {},
            optional={
                "http": st.fixed_dictionaries({"method": methods}) | any_json,
                "domainName": any_text | any_json,
            },
        )
        | any_json,
    },
)


@pytest.mark.parametrize("place", ["rawPath", "rawQueryString", "body", "header", "cookie", "domain", "method"])
def test_half_a_surrogate_pair_anywhere(application: Application, place: str) -> None:
    half = "\ud800"
    event = make_event("POST", f"{ECHO}/{half}" if place == "rawPath" else ECHO, {"Content-Type": "text/plain"}, "a")
    event["cookies"] = [f"a={half}"] if place == "cookie" else []
    event["headers"]["x-own"] = half if place == "header" else ""
    event["requestContext"]["domainName"] = half if place == "domain" else "a.example"
    event["requestContext"]["http"]["method"] = f"POST{half}" if place == "method" else "POST"
    if place in ("rawQueryString", "body"):
        event[place] = half
    answer = application.handle(event, "request-1")
    json.dumps(answer, ensure_ascii=False).encode()
    assert answer["statusCode"] == {"rawPath": 404, "method": 405}.get(place, 200)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(event=events)
def test_any_event_has_an_answer_that_is_not_our_fault(application: Application, event: dict[str, Any]) -> None:
    answer = application.handle(event, "request-1")
    assert answer["headers"]["x-relive-request-id"] == "request-1"
    assert '"errorCode":1}' not in answer["body"]
    assert '"errorCode":1,' not in answer["body"]
    json.dumps(answer).encode()


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]),
    tail=paths,
    query=any_text,
    headers=headers,
    body=st.binary(max_size=60) | any_text,
)
def test_any_request_for_a_function_has_an_answer_that_is_not_our_fault(
    application: Application, method: str, tail: str, query: str, headers: dict[str, Any], body: str | bytes
) -> None:
    event = make_event(method, ECHO, {}, body)
    event |= {"headers": headers, "rawQueryString": query}
    answer = read_answer(application.handle(event, "request-1"))
    assert answer.status in (200, 400, 401, 403, 404)
    assert answer.code != 1
