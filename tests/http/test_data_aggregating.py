"""Aggregations over HTTP, one scenario a line for each rule of protocol section 3.13."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from runtime.data import aggregating
from tests.conftest import MakeApp, MakeApplication
from tests.function_url import make_event, read_answer
from tests.http.calling import Call
from tests.http.scenario import MASTER, Request, Scenario, delete, get, post, put, query, request
from tests.http.shelf import created_at, fill

PATH = "/Book/_aggregate"
COUNT = {"Aggregate": {"N": {"count": None}}}
STARS = {"GroupBy": "Rating.Stars", **COUNT}
BY_STARS = [{"Rating.Stars": 5, "N": 2}, {"Rating.Stars": 4, "N": 1}, {"Rating.Stars": None, "N": 2}]
ALL = {"Result": [{"N": 5}]}


@pytest.fixture(scope="module", autouse=True)
def _books(call: Call) -> None:
    fill(call)


def figure(name: str, function: str, field: str) -> Request:
    return get(PATH, aggregate={"Aggregate": {name: {function: field}}})


ANSWERS: list[tuple[str, Request, Any]] = [
    # Functions
    ("count", get(PATH, aggregate=COUNT), [{"N": 5}]),
    ("count of a field", figure("N", "count", "Isbn"), [{"N": 5}]),
    ("sum", figure("S", "sum", "Pages"), [{"S": 1680}]),
    ("avg", figure("A", "avg", "Pages"), [{"A": 336.0}]),
    ("min", figure("M", "min", "Pages"), [{"M": 80}]),
    ("max", figure("M", "max", "Pages"), [{"M": 730}]),
    ("min of texts", figure("M", "min", "Title"), [{"M": "Dracula"}]),
    ("max of dates", figure("M", "max", "Published"), [{"M": "1897-05-26T00:00:00.000Z"}]),
    ("max of what the server sets", figure("M", "max", "CreatedAt"), [{"M": created_at(5)}]),
    ("sum by a path", figure("S", "sum", "Rating.Votes"), [{"S": 13}]),
    ("sum of texts", figure("S", "sum", "Title"), [{"S": 0}]),
    ("avg of texts", figure("A", "avg", "Title"), [{"A": None}]),
    ("named as the client does by default", figure("Pages", "sum", "Pages"), [{"Pages": 1680}]),
    ("several", get(PATH, aggregate={"Aggregate": {"A": {"min": "Pages"}, "B": {"max": "Pages"}}}), [{"A": 80, "B": 730}]),
    # Groups
    ("groups", get(PATH, aggregate=STARS), BY_STARS),
    ("groups by several fields", get(PATH, aggregate={"GroupBy": ["Rating.Stars", "InPrint"], **COUNT}), [
        {"Rating.Stars": 5, "InPrint": None, "N": 1}, {"Rating.Stars": 4, "InPrint": True, "N": 1},
        {"Rating.Stars": 5, "InPrint": False, "N": 1}, {"Rating.Stars": None, "InPrint": None, "N": 2}]),
    ("groups without figures", get(PATH, aggregate={"GroupBy": "InPrint"}), [
        {"InPrint": None}, {"InPrint": True}, {"InPrint": False}]),
    ("no groups, as the client may say it", get(PATH, aggregate={"GroupBy": [], **COUNT}), [{"N": 5}]),
    ("no figures, as the client may say it", get(PATH, aggregate={"GroupBy": ["InPrint"], "Aggregate": {}}), [
        {"InPrint": None}, {"InPrint": True}, {"InPrint": False}]),
    ("an empty type", get("/Author/_aggregate", aggregate=COUNT), [{"N": 0}]),
    ("an empty type, in groups", get("/Author/_aggregate", aggregate=STARS), []),
    # Filters
    ("filter", get(PATH, aggregate=STARS, filter={"Pages": {"$gt": 100, "$lt": 500}}), [
        {"Rating.Stars": 5, "N": 1}, {"Rating.Stars": 4, "N": 1}, {"Rating.Stars": None, "N": 1}]),
    ("filter that finds nothing", get(PATH, aggregate=COUNT, filter={"Title": "Nobody"}), [{"N": 0}]),
    ("a day in a filter", get(PATH, aggregate=COUNT, filter={"Published": "1815-12-23"}), [{"N": 1}]),
    ("filter percent-encoded", get(PATH, aggregate=COUNT, filter=quote('{"Title":"Ärger"}')), [{"N": 1}]),
    # Spellings
    ("percent-encoded", get(PATH, aggregate=quote(json.dumps(COUNT), safe="")), [{"N": 5}]),
    ("not ASCII", get(PATH, aggregate='{"Aggregate":{"Größe":{"max":"Pages"}}}'), [{"Größe": 730}]),
    ("in the query", get(PATH + query(aggregate=COUNT, filter={"Pages": {"$gt": 400}})), [{"N": 2}]),
    ("the header wins", get(PATH + query(aggregate=STARS), aggregate=COUNT), [{"N": 5}]),
    ("another case", get("/Book/_Aggregate", aggregate=COUNT), [{"N": 5}]),
    ("percent-encoded path", get("/Book/%5faggregate", aggregate=COUNT), [{"N": 5}]),
    ("a slash at the end", get(PATH + "/", aggregate=COUNT), [{"N": 5}]),
    # What is not heeded: pages, order, and the parts of items
    ("other parameters", get(PATH, aggregate=COUNT, sort="nope", skip="nope", take=1, fields="nope", single="a..b", count="nope"), [
        {"N": 5}]),
    ("expand and power fields", get(PATH + query(expand="{}", powerFields="{}"), aggregate=COUNT), [{"N": 5}]),
    ("a body", Request("GET", PATH + query(aggregate=COUNT), {"Content-Type": "application/json"}, "{nope"), [{"N": 5}]),
    ("the cache-buster", get(PATH + "?_el=1454472245789", aggregate=COUNT), [{"N": 5}]),
    # Policies: whoever may read
    ("shared", get("/Letter/_aggregate", aggregate=COUNT), [{"N": 0}]),
    ("read-only", get("/Law/_aggregate", aggregate=COUNT), [{"N": 0}]),
    ("private, for the master key", get("/Diary/_aggregate", MASTER, aggregate=COUNT), [{"N": 0}]),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "expected"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_answers(call: Call, sent: Request, expected: Any) -> None:
    answer = sent(call)
    assert (answer.status, answer.json) == (200, {"Result": expected})
    assert answer.headers["content-type"] == "application/json"


ERRORS = [
    Scenario("nothing to do", get(PATH), 400, 601, "aggregate: says nothing to do"),
    Scenario("nothing to do, in words", get(PATH, aggregate="undefined"), 400, 601, "aggregate: says nothing to do"),
    Scenario("an empty object", get(PATH, aggregate={}), 400, 601, "aggregate: says nothing to do"),
    Scenario("no JSON", get(PATH, aggregate="{nope"), 400, 601, "X-Everlive-Aggregate cannot be read: '{nope'."),
    Scenario("no JSON, in the query", get(PATH + "?aggregate=x"), 400, 601, "The query parameter aggregate cannot be"),
    Scenario("a list", get(PATH, aggregate=[]), 400, 601, "aggregate: must be an object"),
    Scenario("a key that there is not", get(PATH, aggregate={"group": "a"}), 400, 601, "aggregate.group: unknown"),
    Scenario("a function that there is not", figure("S", "median", "Pages"), 400, 601, "aggregate.Aggregate.S.median"),
    Scenario("a name twice", get(PATH, aggregate={"GroupBy": "A", "Aggregate": {"A": {"max": "A"}}}), 400, 601,
             "aggregate.Aggregate.A: is a field of GroupBy as well"),
    Scenario("a broken filter", get(PATH, aggregate=COUNT, filter={"Pages": {"$no": 1}}), 400, 608, "Pages.$no"),
    Scenario("a filter that is no JSON", get(PATH, aggregate=COUNT, filter="nope"), 400, 608, "X-Everlive-Filter"),
    Scenario("type unknown", get("/Nothing/_aggregate", aggregate=COUNT), 400, 611, "Nothing"),
    Scenario("private", get("/Diary/_aggregate", aggregate=COUNT), 403, 603, "READ access on type 'Diary' denied"),
    Scenario("roles", get("/Salary/_aggregate", aggregate=COUNT), 403, 603, "READ access on type 'Salary' denied"),
    Scenario("denial before the expression", get("/Diary/_aggregate"), 403, 603, ""),
    Scenario("type before the expression", get("/Nothing/_aggregate"), 400, 611, ""),
    Scenario("POST", post(PATH, COUNT), 405, 602, "Use GET, HEAD, OPTIONS."),
    Scenario("PUT", put(PATH, COUNT), 405, 602, "Use GET, HEAD, OPTIONS."),
    Scenario("DELETE", delete(PATH), 405, 602, "Use GET, HEAD, OPTIONS."),
    Scenario("something below it", get(PATH + "/b1"), 404, 600, ""),
    Scenario("an operation that begins alike", get(PATH + "d"), 404, 600, "Book/_aggregated"),
]  # fmt: skip


@pytest.mark.parametrize("scenario", ERRORS, ids=lambda scenario: scenario.name)
def test_errors(call: Call, scenario: Scenario) -> None:
    scenario.check(call)


def test_head_is_get_without_a_body(call: Call) -> None:
    head, got = request("HEAD", PATH, aggregate=STARS)(call), get(PATH, aggregate=STARS)(call)
    assert (head.status, head.headers, head.body) == (200, got.headers, b"")


# How much there may be

NOTES = "/v1/app/Note/_aggregate"


@pytest.fixture
def app_call(make_application: MakeApplication, make_app: MakeApp) -> Any:
    """Makes an application with settings, whose app has two types, and gives the way to call it."""

    def make(**settings: Any) -> Call:
        types = "types:\n  Note: {policy: public}\n  Book: {policy: public, validate: {who: []}}\n"
        application = make_application(make_app({}, types), **settings)
        return lambda *parts: read_answer(application.handle(make_event(*parts), "request-1"))

    return make


def test_only_the_first_items_are_considered(app_call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregating, "CONSIDERED", 15)
    call = app_call()
    post("/v1/app/Note", [{"Number": number} for number in range(20)])(call)
    figures = {"Aggregate": {"N": {"count": None}, "Last": {"max": "Number"}}}
    assert get(NOTES, aggregate=figures)(call).json == {"Result": [{"N": 15, "Last": 14}]}
    later = get(NOTES, aggregate=figures, filter={"Number": {"$gte": 4}})
    assert later(call).json == {"Result": [{"N": 15, "Last": 18}]}
    few = get(NOTES, aggregate=figures, filter={"Number": {"$gte": 10}})
    assert few(call).json == {"Result": [{"N": 10, "Last": 19}]}


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        pytest.param("x" * 1000, True, id="small"),
        pytest.param("x" * 10_000, False, id="too large"),
        pytest.param('"' * 2000, False, id="too large for Lambda, which escapes once more"),
    ],
)
def test_an_answer_that_is_too_large(app_call: Any, text: str, fits: bool) -> None:
    call = app_call(result_mb=0.125)
    assert post("/v1/app/Note", [{"Text": f"{number}{text}"} for number in range(20)])(call).status == 201
    answer = get(NOTES, aggregate={"GroupBy": "Text"})(call)
    assert (answer.status, answer.code) == ((200, None) if fits else (400, 601))
    assert fits or "larger than 0.125 MB. Use a filter for fewer items, or group by less." in answer.json["message"]
    assert get(NOTES, aggregate={"Aggregate": {"M": {"max": "Text"}}})(call).status == 200


def test_the_rules_of_a_type_say_who_may_read(app_call: Any) -> None:
    answer = get("/v1/app/Book/_aggregate", aggregate=COUNT)(app_call())
    assert answer.error == (403, 603)
    assert "READ access on type 'Book' denied for anonymous user." in answer.json["message"]
