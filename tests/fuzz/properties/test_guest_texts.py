"""What a guest asks and answers, nearly as it should: there is an answer or a known error."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.fuzz.profile import as_many_as
from tests.fuzz.properties.near import ANY, TEXTS, nearly
from tests.fuzz.target import Attempt
from tests.query.generated import FILTERS, PROJECTIONS, SORTS, UPDATES, VALUES

pytestmark = pytest.mark.slow

HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "X-A", "set-cookie", "Content-Security-Policy", "a b"]) | TEXTS,
    st.sampled_from(["text/html", "application/json", "b", "", "a\nb", "\u00e9"]) | ANY,
    max_size=3,
)

DETAILS = nearly({"type": "ValueError", "message": "no", "file": "functions/answer.py", "line": 1, "frames": []})

FAILURES = st.one_of(
    nearly({"ending": "failed"}, details=DETAILS),
    nearly({"ending": "error_set", "message": "no", "code": 4001, "status": 422}, details=DETAILS),
    nearly({"ending": "cancelled", "message": "no"}),
    nearly({"ending": "never_done", "done": False}),
    nearly({"ending": "does_not_compile"}, details=DETAILS),
)

ENDED = FAILURES.map(lambda told: f"@answer\n{json.dumps(told)}")

BODIES = (ANY | VALUES).map(json.dumps) | TEXTS | st.sampled_from(["AP8=", "<p>", "[" * 300 + "]" * 300])


def _told(head: SearchStrategy[Any], body: SearchStrategy[str]) -> SearchStrategy[str]:
    return st.builds(lambda told, text: f"@answer\n{json.dumps(told)}\n{text}", head, body)


FUNCTION = _told(
    nearly({"ending": "answered", "status": 200}, headers=HEADERS, kind=st.sampled_from(["json", "text", "bytes"])),
    BODIES,
)

ANSWERED = {"ending": "answered", "kind": "before"}

BEFORE = _told(
    nearly(ANSWERED),
    nearly(
        {"sort": None, "fields": None, "aggregate": None, "skip": None, "take": None, "context": {}, "answer": None},
        data=VALUES | UPDATES | st.lists(VALUES, max_size=2),
        filter=st.none() | FILTERS,
        answer=st.none() | nearly({"result": [1], "status": 200, "additional_data": {}}),
    ).map(json.dumps),
)

AFTER = _told(
    nearly(ANSWERED),
    nearly({"result": {"Id": "b1"}, "status_code": 200, "additional_data": {}, "context": {}}).map(json.dumps),
)

LINES = (nearly({"time": 1.5, "level": "info", "message": "m", "fields": {}}).map(json.dumps) | TEXTS).map(
    "@log\n{}".format
)


def _call(capability: str, right: dict[str, Any], **parts: SearchStrategy[Any]) -> SearchStrategy[str]:
    return nearly(right, **parts).map(lambda arguments: f"@call {capability}\n{json.dumps(arguments)}")


TYPES = st.sampled_from(["Book", "Book", "Book", "Author", "Nothing"])
MASTER = st.booleans()
CALLS = st.one_of(
    _call(
        "data.find", {"skip": 0, "take": 9}, type=TYPES, master=MASTER, filter=FILTERS, sort=SORTS, fields=PROJECTIONS
    ),
    _call("data.count", {}, type=TYPES, filter=FILTERS),
    _call("data.get", {"id": "b1"}, type=TYPES, fields=PROJECTIONS),
    _call(
        "data.aggregate",
        {"aggregate": {"GroupBy": "a", "Aggregate": {"N": {"count": "b"}}}},
        type=TYPES,
        filter=FILTERS,
    ),
    _call("data.create", {}, type=TYPES, master=MASTER, data=VALUES | st.dictionaries(TEXTS, VALUES, max_size=3)),
    _call("data.update", {}, type=TYPES, master=MASTER, filter=FILTERS, data=UPDATES),
    _call("data.delete", {}, type=TYPES, master=MASTER, filter=FILTERS),
    _call("functions.call", {"name": "inner", "master": True}, data=VALUES),
    _call("secrets.get", {"name": "KEY"}),
    _call(
        "http.request",
        {"method": "GET", "timeout": 1, "follow_redirects": True, "body": "YQ=="},
        url=st.sampled_from(["https://a.test/", "https://shop.test/v1/shop/Book", "http://[::1]/", "http://10.0.0.1/"])
        | TEXTS,
        headers=HEADERS,
    ),
    _call("event.affected_ids", {"sort": None, "skip": 0, "take": 3, "item_id": None}, filter=FILTERS),
    _call("event.originals", {}, filter=FILTERS),
)

SCRIPTS = st.one_of(
    st.tuples(st.just("@function"), st.lists(CALLS | LINES, max_size=2), FUNCTION | ENDED | LINES, st.just("")),
    st.tuples(
        st.sampled_from(["@create", "@read", "@update", "@delete", "@aggregate"]),
        st.lists(CALLS, max_size=2),
        BEFORE | ENDED,
        AFTER | ENDED | CALLS,
    ),
).map(lambda script: "\n".join([script[0], *script[1], script[2], script[3]]))


@as_many_as(60)
@given(script=SCRIPTS)
def test_any_guest_is_answered(guest_texts: Attempt, script: str) -> None:
    guest_texts(script.encode("utf-8", "replace"))
