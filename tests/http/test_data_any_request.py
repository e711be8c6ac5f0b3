"""Whatever is asked of items, the answer is a JSON object, and an error only if the catalogue has it."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runtime.application import Application
from runtime.errors import CATALOGUE
from tests.function_url import make_event, read_answer
from tests.http.calling import Call
from tests.http.scenario import API, HEADERS, MASTER
from tests.http.shelf import BOOKS, fill

OF_USER_CODE = {42: 409, 4001: 422}


@pytest.fixture(scope="module", autouse=True)
def _books(call: Call) -> Iterator[None]:
    fill(call)
    yield
    fill(call)


numbers = (
    st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0, -1, 2**31, 2**63, 2**64, 10**38, 10**126, 1e308, 5e-324, -0.0])
)
texts = st.text(max_size=10) | st.sampled_from(
    [
        "",
        "b1",
        "Emma",
        "111",
        "^a",
        "(",
        "$",
        ".",
        "..",
        "_id",
        "Id",
        "A.0.B",
        "2016-02-03T04:05:01.789Z",
        "\x00",
        "null",
    ]
)
operators = st.sampled_from(
    ["$eq", "$ne", "$gt", "$lte", "$in", "$nin", "$or", "$and", "$nor", "$not", "$exists", "$type", "$regex", "$options",
     "$all", "$elemMatch", "$size", "$slice", "$set", "$unset", "$inc", "$mul", "$rename", "$push", "$pull", "$addToSet",
     "$pop", "$each", "$where", "$"]
)  # fmt: skip
fields = st.sampled_from(
    ["Id", "_id", "Title", "Isbn", "Pages", "Tags", "Rating", "Rating.Stars", "Tags.0", "Lines.No", "CreatedAt",
     "ModifiedAt", "Owner", "Meta", "_ACL", "Published", "Author"]
)  # fmt: skip
scalars = st.none() | st.booleans() | numbers | texts
any_json = st.recursive(
    scalars,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(operators | fields | texts, children, max_size=3),
    max_leaves=8,
)
conditions = st.dictionaries(
    fields | operators, scalars | st.dictionaries(operators, any_json, max_size=2) | any_json, max_size=3
)
updates = st.dictionaries(operators, st.dictionaries(fields | texts, any_json, max_size=3), max_size=2)
directions = st.dictionaries(fields | texts, st.sampled_from([1, -1, 0, True, "1"]) | any_json, max_size=3)
aggregations = st.fixed_dictionaries(
    {},
    optional={
        "GroupBy": fields | st.lists(fields, max_size=3) | any_json,
        "Aggregate": st.dictionaries(
            texts,
            st.dictionaries(
                st.sampled_from(["count", "min", "max", "avg", "sum"]) | texts, fields | any_json, max_size=2
            ),
            max_size=3,
        )
        | any_json,
    },
)
expressions = conditions | directions | aggregations | any_json


def _spelt(value: Any) -> st.SearchStrategy[str]:
    text = json.dumps(value)
    return st.sampled_from([text, quote(text), quote(quote(text)), text[:-1], json.dumps(value, ensure_ascii=False)])


sent = (
    expressions.flatmap(_spelt)
    | texts
    | st.sampled_from(
        ["undefined", "null", "true", "FALSE", "0", "1", "2", "-1", "1.5", "9" * 40, "%", "%ff", "%7B%7D", "{}"]
    )
)
segments = (
    st.sampled_from(
        ["library", "front", "Book", "Author", "Diary", "Law", "Ledger", "Visit", "Nothing", "b1", "b2", "nothing", "_count",
         "_aggregate", "_", "functions", "echo", "..", ".", "", "%2F", "%00", "%ff", "v1", "oauth", "Metadata"]
    )
    | texts
)  # fmt: skip
known_paths = st.sampled_from(
    [f"{API}/{path}" for path in ("Book", "Book", "Book/b1", "Book/_count", "Book/_aggregate", "Author", "Visit")]
)
odd_paths = st.lists(segments, max_size=5).map(lambda parts: "/".join(["", "v1", *parts]))
paths = st.tuples(st.integers(0, 3), known_paths, odd_paths).map(lambda drawn: drawn[2] if drawn[0] == 3 else drawn[1])
keys = st.sampled_from(
    ["filter", "fields", "sort", "aggregate", "skip", "take", "includeCount", "singleField", "customParameters", "overrideSystemFields",
     "access_token", "_el", "how", "then"]
)  # fmt: skip
queries = st.dictionaries(keys | texts, sent | st.sampled_from(["cancel", "fail", "told", "secret"]), max_size=3).map(
    lambda query: "&".join(f"{quote(key)}={quote(value, errors='replace')}" for key, value in query.items())
)
headers = st.dictionaries(
    st.sampled_from([*HEADERS.values(), "X-Everlive-Custom-Parameters", "X-Everlive-Sync"]), sent, max_size=3
)
credentials = st.sampled_from([{}] * 5 + [MASTER] * 5 + [{"Authorization": "Bearer x"}, {"Authorization": ""}])
content_types = st.sampled_from(
    [{"Content-Type": "application/json"}] * 4
    + [{}, {"Content-Type": "text/plain"}, {"Content-Type": "x"}, {"Content-Type": "application/json; charset=utf-16"}]
)
books = st.sampled_from([{key: value for key, value in book.items() if key != "Id"} for book in BOOKS])
items = books | st.dictionaries(fields | texts, any_json, max_size=4)
bodies = (
    (items | st.lists(items | any_json, max_size=3) | updates | any_json).map(json.dumps)
    | st.binary(max_size=20)
    | texts
    | st.none()
)
methods = st.sampled_from(["GET", "POST", "PUT", "DELETE"] * 6 + ["HEAD", "PATCH", "OPTIONS", "get", "TRACE", ""])


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(
    method=methods,
    path=paths,
    query=queries,
    headers=headers,
    credential=credentials,
    content_type=content_types,
    body=bodies,
)
@example("GET", f"{API}/Book", "filter=%7B%7D&filter=%7B%7D", {}, {}, {}, None)
@example("PUT", f"{API}/Book", "", {}, {}, {"Content-Type": "application/json"}, '{"$rename": {"Title": "Title"}}')
@example("POST", f"{API}/Book", "", {}, {}, {"Content-Type": "application/json"}, '{"Title": "\\ud800"}')
def test_any_request_has_an_answer_of_the_catalogue(
    application: Application,
    method: str,
    path: str,
    query: str,
    headers: dict[str, str],
    credential: dict[str, str],
    content_type: dict[str, str],
    body: str | bytes | None,
) -> None:
    event = make_event(method, path, {**headers, **credential, **content_type}, body)
    answer = read_answer(application.handle({**event, "rawQueryString": query}, "request-1"))
    if method in ("HEAD", "OPTIONS"):
        assert answer.body == b""
        return
    value = answer.json
    if "/functions/" in path.lower():
        return
    assert isinstance(value, dict)
    if answer.code is None:
        assert answer.status in (200, 201, 202)
        assert "Result" in value or path == "/v1/health"
    else:
        entry = CATALOGUE.get(answer.code)
        assert answer.status == (entry.status if entry else OF_USER_CODE[answer.code])
        assert answer.code != 1, answer.text
        assert isinstance(value["message"], str)
        assert value["message"]
