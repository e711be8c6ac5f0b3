"""What is wrong with a request for data, one scenario a line: status, code, and a part of the message."""

import gzip
import json

import pytest

from tests.http.calling import Call
from tests.http.scenario import MASTER, Request, Scenario, delete, get, post, put, query, request
from tests.http.shelf import BOOKS, fill

TITLES = [book["Title"] for book in BOOKS]
UNCHANGED = (get("/Book", single="Title", count="false"), {"Result": TITLES})
NEW = {"Title": "New"}
DEEP = json.dumps({"a": json.loads("[" * 40 + "]" * 40)})


def typed(method: str, path: str, content_type: str, body: str | bytes = '{"Title":"New"}') -> Request:
    return Request(method, path, {"Content-Type": content_type}, body)


def authorized(path: str, value: str) -> Request:
    return get(path, {"Authorization": value})


# Any request at all: paths, methods, credentials

REQUESTS = [
    Scenario("app in another case", get("/v1/Library/Book"), 404, 600, "Library"),
    Scenario("app unknown", Request("GET", "/v1/nowhere/Book"), 404, 600, ""),
    Scenario("an operation that is not there", get("/Book/_expand"), 404, 600, "Book/_expand"),
    Scenario("an operation, percent-encoded", get("/Book/%5fexpand"), 404, 600, "Book/_expand"),
    Scenario("a segment that is an underscore", get("/Book/_"), 404, 600, "underscore"),
    Scenario("an operation by POST", post("/Book/_owner", {}), 404, 600, "Book/_owner"),
    Scenario("an operation of an item", put("/Book/b1/_acl", {}), 404, 600, ""),
    Scenario("below an item", get("/Book/b1/Title"), 404, 600, ""),
    Scenario("no type", get("/"), 404, 600, ""),
    Scenario("functions are no type", get("/Functions"), 404, 600, ""),
    Scenario("login is no item", post("/oauth/token", {}), 404, 600, ""),
    Scenario("users are no type yet", get("/uSeRs/x"), 404, 600, ""),
    Scenario("a type that is nearly reserved", get("/Users2"), 400, 611, "Users2"),
    Scenario("another that is nearly reserved", get("/Files-of-old/x"), 400, 611, "Files-of-old"),
    Scenario("users are no type yet, whatever the method", post("/Users/x", {}), 404, 600, ""),
    Scenario("PATCH of a type", request("PATCH", "/Book"), 405, 602, "Use GET, HEAD, POST, PUT, DELETE, OPTIONS."),
    Scenario("PATCH of an item", request("PATCH", "/Book/b1"), 405, 602, "Use GET, HEAD, PUT, DELETE, OPTIONS."),
    Scenario("POST to an item", post("/Book/b1", NEW), 405, 602, "Use GET, HEAD, PUT, DELETE, OPTIONS."),
    Scenario("POST to the count", post("/Book/_count", NEW), 405, 602, "Use GET, HEAD, OPTIONS."),
    Scenario("DELETE of the count", delete("/Book/_count"), 405, 602, "Use GET, HEAD, OPTIONS."),
    Scenario("PUT to the count in another case", put("/Book/_COUNT", NEW), 405, 602, "Use GET, HEAD, OPTIONS."),
    Scenario("a method that nobody knows", request("FROBNICATE", "/Book"), 405, 602, ""),
    Scenario("version unknown", Request("GET", "/v2/library/Book"), 400, 605, "/v1/"),
    Scenario("master key wrong", authorized("/Book", "MasterKey nope"), 401, 604, "wrong"),
    Scenario("scheme unknown", authorized("/Book", "Basic YTpi"), 401, 604, "MasterKey and Bearer"),
    Scenario("token unknown", authorized("/Book", "Bearer nope"), 403, 301, ""),
    Scenario("token in the query", get("/Book?access_token=nope"), 403, 301, ""),
    Scenario("expand, which is to come", get("/Book", {"X-Everlive-Expand": "%7B%22Author%22%3Atrue%7D"}), 400, 618, "expand"),
    Scenario("expand, by id", get("/Book/b1?expand=%7B%7D"), 400, 618, "expand"),
    Scenario("power fields", get("/Book", {"X-Everlive-Power-Fields": "{}"}), 400, 601, "power fields"),
    # Types
    Scenario("type unknown", get("/Nothing"), 400, 611, "library has no content type 'Nothing'"),
    Scenario("type unknown, by id", get("/Nothing/b1"), 400, 611, "Nothing"),
    Scenario("type unknown, count", get("/Nothing/_count"), 400, 611, "Nothing"),
    Scenario("type unknown, create", post("/Nothing", NEW), 400, 611, "Nothing"),
    Scenario("type unknown, update", put("/Nothing/b1", NEW), 400, 611, "Nothing"),
    Scenario("type unknown, delete", delete("/Nothing"), 400, 611, "Nothing"),
    Scenario("type in another case", get("/book"), 400, 611, "Did you mean 'Book'?"),
    Scenario("type of odd characters", get("/%00%0a%22%F0%9F%99%82"), 400, 611, "🙂"),
    # Denials (section 8.1)
    Scenario("read of a private type", get("/Diary"), 403, 603, "READ access on type 'Diary' denied for anonymous user."),
    Scenario("read of a private item", get("/Diary/x"), 403, 603, "READ access on type 'Diary'"),
    Scenario("count of a private type", get("/Diary/_count"), 403, 603, "READ access on type 'Diary'"),
    Scenario("update of a shared type", put("/Letter", NEW), 403, 603, "UPDATE access on type 'Letter'"),
    Scenario("delete of a shared type", delete("/Letter/x"), 403, 603, "DELETE access on type 'Letter'"),
    Scenario("create in a read-only type", post("/Law", NEW), 403, 603, "CREATE access on type 'Law'"),
    Scenario("read of a type of roles", get("/Salary"), 403, 603, "READ access on type 'Salary'"),
    Scenario("create in a type of roles", post("/Salary", NEW), 403, 603, "CREATE access on type 'Salary'"),
    # What is told first
    Scenario("app before credential", Request("GET", "/v1/nowhere/Book", {"Authorization": "Basic x"}), 404, 600, ""),
    Scenario("credential before parameters", get("/Book", {"Authorization": "Basic x"}, filter="nope"), 401, 604, ""),
    Scenario("parameters before body", put("/Book", "nope", filter="nope"), 400, 608, ""),
    Scenario("body before type", post("/Nothing", "nope"), 400, 615, ""),
    Scenario("type before filter", get("/Nothing", filter=[]), 400, 611, ""),
    Scenario("denial before filter", get("/Diary", filter=[]), 403, 603, ""),
]  # fmt: skip

# Parameters

PARAMETERS = [
    Scenario("filter no JSON", get("/Book", filter="{nope"), 400, 608, "X-Everlive-Filter cannot be read: '{nope'."),
    Scenario("filter no JSON, in the query", get("/Book?filter=nope"), 400, 608, "The query parameter filter cannot be read"),
    Scenario("filter a list", get("/Book", filter=[]), 400, 608, "object"),
    Scenario("filter a text", get("/Book", filter='"b1"'), 400, 608, "object"),
    Scenario("filter a number", get("/Book", filter=5), 400, 608, "object"),
    Scenario("filter with an unknown operator", get("/Book", filter={"Pages": {"$near": 1}}), 400, 608, "$near"),
    Scenario("filter with a wrong operand", get("/Book", filter={"Pages": {"$in": 1}}), 400, 608, "Pages.$in"),
    Scenario("filter with a broken pattern", get("/Book", filter={"Title": {"$regex": "("}}), 400, 608, "Title"),
    Scenario("filter with code", get("/Book", filter={"$where": "1"}), 400, 608, "$where"),
    Scenario("filter too deep", get("/Book", filter=DEEP), 400, 608, ""),
    Scenario("filter of a count", get("/Book/_count", filter="nope"), 400, 608, "X-Everlive-Filter"),
    Scenario("filter of an update", put("/Book", NEW, filter="nope"), 400, 608, "X-Everlive-Filter", UNCHANGED),
    Scenario("filter of a delete", delete("/Book", filter="nope"), 400, 608, "X-Everlive-Filter", UNCHANGED),
    Scenario("unknown operator of a delete", delete("/Book", filter={"$no": 1}), 400, 608, "$no", UNCHANGED),
    Scenario("fields no JSON", get("/Book", fields="Title"), 400, 616, "X-Everlive-Fields cannot be read: 'Title'."),
    Scenario("fields no JSON, by id", get("/Book/b1", fields="Title"), 400, 616, "X-Everlive-Fields"),
    Scenario("fields a list", get("/Book", fields=["Title"]), 400, 616, "object"),
    Scenario("fields in and out", get("/Book", fields={"Title": 1, "Pages": 0}), 400, 616, "Pages"),
    Scenario("fields with a wrong value", get("/Book", fields={"Title": "yes"}), 400, 616, "Title"),
    Scenario("fields with a wrong $slice", get("/Book", fields={"Tags": {"$slice": "x"}}), 400, 616, "Tags"),
    Scenario("sort no JSON", get("/Book", sort="Title"), 400, 601, "X-Everlive-Sort cannot be read: 'Title'."),
    Scenario("sort a list", get("/Book", sort=["Title"]), 400, 601, "sort: must be an object"),
    Scenario("sort in no direction", get("/Book", sort={"Title": 2}), 400, 601, "Title"),
    Scenario("sort of a delete", delete("/Book", sort={"Title": 2}), 400, 601, "Title", UNCHANGED),
    Scenario("skip no number", get("/Book", skip="five"), 400, 601, "X-Everlive-Skip must be a whole number"),
    Scenario("skip negative", get("/Book", skip=-1), 400, 601, "X-Everlive-Skip"),
    Scenario("take negative", get("/Book", take=-1), 400, 601, "X-Everlive-Take"),
    Scenario("take a fraction", get("/Book", take=1.5), 400, 601, "not '1.5'"),
    Scenario("take too large", get("/Book", take=2147483648), 400, 601, "from 0 to 2147483647"),
    Scenario("take in the query", get("/Book" + query(take="x")), 400, 601, "The query parameter take"),
    Scenario("take of a delete", delete("/Book", take="x"), 400, 601, "X-Everlive-Take", UNCHANGED),
    Scenario("skip of an update", put("/Book", NEW, skip="x"), 400, 601, "X-Everlive-Skip", UNCHANGED),
    Scenario("count neither on nor off", get("/Book", count="maybe"), 400, 601, "X-Everlive-Include-Count must be true or"),
    Scenario("override neither on nor off", post("/Book", NEW, override="maybe"), 400, 601, "not 'maybe'", UNCHANGED),
    Scenario("custom parameters", get("/Book", {"X-Everlive-Custom-Parameters": "[]"}), 400, 614, "object"),
    Scenario("custom parameters of a create", post("/Book", NEW, {"X-Everlive-Custom-Parameters": "x"}), 400, 614, "",
             UNCHANGED),
    Scenario("single field empty between dots", get("/Book", single="A..B"), 400, 601, "single field"),
    Scenario("a type that wants a filter, update", put("/Ledger", NEW), 400, 601, "filter or an id"),
    Scenario("a type that wants a filter, delete", delete("/Ledger", filter={}), 400, 601, "filter or an id"),
]  # fmt: skip

# Bodies

BODIES = [
    Scenario("create without a body", Request("POST", "/Book", {"Content-Type": "application/json"}), 400, 615, "send JSON"),
    Scenario("update without a body", Request("PUT", "/Book/b1"), 400, 615, "send JSON", UNCHANGED),
    Scenario("update of all without a body", Request("PUT", "/Book", {}, ""), 400, 615, "send JSON", UNCHANGED),
    Scenario("a blank body", post("/Book", "  "), 400, 615, "Line 1", UNCHANGED),
    Scenario("no JSON", post("/Book", "{nope"), 400, 615, "Line 1, column 2", UNCHANGED),
    Scenario("no JSON, update", put("/Book", "{nope"), 400, 615, "Line 1, column 2", UNCHANGED),
    Scenario("not UTF-8", post("/Book", b'{"Title":"\xff"}'), 400, 615, "byte 11", UNCHANGED),
    Scenario("broken gzip", post("/Book", b"{}", {"Content-Encoding": "gzip"}), 400, 615, "gzip", UNCHANGED),
    Scenario("Content-Type missing", Request("POST", "/Book", {}, "{}"), 400, 610, "no Content-Type", UNCHANGED),
    Scenario("Content-Type unreadable", typed("PUT", "/Book", "json"), 400, 610, "type/subtype", UNCHANGED),
    Scenario("charset unknown", typed("POST", "/Book", "application/json; charset=x"), 400, 610, "charset x", UNCHANGED),
    Scenario("a form", typed("POST", "/Book", "application/x-www-form-urlencoded"), 400, 613,
             "application/json, not as application/x-www-form-urlencoded", UNCHANGED),
    Scenario("a text", typed("PUT", "/Book/b1", "text/plain; charset=utf-8"), 400, 613, "not as text/plain", UNCHANGED),
    Scenario("multipart", typed("POST", "/Book", "multipart/form-data; boundary=x"), 400, 613, "multipart", UNCHANGED),
    Scenario("bytes", typed("POST", "/Book", "application/octet-stream", b"\xff"), 400, 613, "octet-stream", UNCHANGED),
    Scenario("too large", post("/Book", b'"' + b"x" * 7_000_000 + b'"'), 400, 601, "6 MB", UNCHANGED),
    Scenario("gzip too large", post("/Book", gzip.compress(b" " * 7_000_000), {"Content-Encoding": "gzip"}), 400, 601,
             "6 MB", UNCHANGED),
    # JSON that is no item
    Scenario("create of null", post("/Book", None), 400, 601, "object, not null", UNCHANGED),
    Scenario("create of a text", post("/Book", '"a"'), 400, 601, "object, not a text", UNCHANGED),
    Scenario("create of nothing", post("/Book", []), 400, 601, "empty", UNCHANGED),
    Scenario("create of numbers", post("/Book", [NEW, 1]), 400, 601, "Item 2", UNCHANGED),
    Scenario("create of lists", post("/Book", [[NEW]]), 400, 601, "Item 1", UNCHANGED),
    Scenario("update to null", put("/Book", None), 400, 601, "object, not null", UNCHANGED),
    Scenario("update to a list", put("/Book/b1", [NEW]), 400, 601, "object, not an array", UNCHANGED),
    Scenario("an unknown operator", put("/Book", {"$frob": {"A": 1}}), 400, 601, "$frob", UNCHANGED),
    Scenario("operators and fields", put("/Book", {"$set": NEW, "Title": "x"}), 400, 601, "Title", UNCHANGED),
    Scenario("$inc of a text", put("/Book/b1", {"$inc": {"Title": 1}}), 400, 601, "Title", UNCHANGED),
    # Limits
    Scenario("too many items", post("/Author", [NEW] * 101), 400, 601, "101", (get("/Author/_count"), {"Result": 0})),
    Scenario("an item too large", post("/Book", {"Title": "x" * 410_000}), 400, 601, "largest field is Title", UNCHANGED),
    Scenario("an item too deep", post("/Book", DEEP), 400, 601, "inside each other", UNCHANGED),
    Scenario("a name that is an operator", post("/Book", {"$a": 1}), 400, 601, "$a", UNCHANGED),
    Scenario("a name with a dot", post("/Book", {"a.b": 1}), 400, 601, "a.b", UNCHANGED),
    # Ids
    Scenario("an Id that is no text", post("/Book", {"Id": 5}), 400, 601, "Id: must be a text", UNCHANGED),
    Scenario("an Id like an operation", post("/Book", {"Id": "_count"}), 400, 601, "_count", UNCHANGED),
    Scenario("an Id with a slash", post("/Book", {"Id": "a/b"}), 400, 601, "a/b", UNCHANGED),
    Scenario("another Id in $set", put("/Book/b1", {"$set": {"Id": "b2"}}), 400, 601, "Id", UNCHANGED),
    # Fields as they are declared: the message names type, field and value
    Scenario("no text", post("/Book", {"Title": 5}), 400, 601, "Title: 5 is not a text", UNCHANGED),
    Scenario("no number", post("/Book", {"Pages": "many"}), 400, 601, 'Pages: "many" is not a number', UNCHANGED),
    Scenario("no boolean", post("/Book", {"InPrint": 1}), 400, 601, "InPrint: 1 is not a boolean", UNCHANGED),
    Scenario("no date", post("/Book", {"Published": "soon"}), 400, 601, 'Published: "soon" is not a date', UNCHANGED),
    Scenario("no array", put("/Book/b1", {"Tags": "a"}), 400, 601, 'Tags: "a" is not an array', UNCHANGED),
    Scenario("no geopoint", put("/Book", {"Shop": {"longitude": 200, "latitude": 0}}), 400, 601, "longitude", UNCHANGED),
    Scenario("no relation", post("/Book", {"Author": 1}), 400, 601, "Author: 1 is not the Id of an item of Author", UNCHANGED),
    Scenario("one of several items", post("/Book", [NEW, {"Pages": "x"}]), 400, 601, "Pages", UNCHANGED),
]  # fmt: skip

# Items

ITEMS = [
    Scenario("read", get("/Book/nothing"), 404, 801, '"nothing" in Book'),
    Scenario("update", put("/Book/nothing", NEW), 404, 801, '"nothing" in Book', UNCHANGED),
    Scenario("delete", delete("/Book/nothing"), 404, 801, '"nothing" in Book', UNCHANGED),
    Scenario("Id in another case", get("/Book/B1"), 404, 801, '"B1"'),
    Scenario("Id of another type", get("/Author/b1"), 404, 801, "Author"),
    Scenario("Id with an encoded slash", get("/Book/b1%2FTitle"), 404, 801, '"b1/Title"'),
    Scenario("Id with an encoded slash, update", put("/Book/%2F", NEW), 404, 801, '"/"', UNCHANGED),
    Scenario("Id of dots", get("/Book/.."), 404, 801, '".."'),
    Scenario("Id of any length", get("/Book/" + "x" * 200), 404, 801, "xxx"),
    Scenario("Id that is no UTF-8", get("/Book/%ff"), 404, 801, ""),
    Scenario("Id taken", post("/Book", {"Id": "b1"}), 400, 107, 'Book.Id: "b1" is taken', UNCHANGED),
    Scenario("Id twice in a request", post("/Book", [{"Id": "x"}, {"Id": "x"}]), 400, 107, 'Item 2: Book.Id: "x"', UNCHANGED),
    Scenario("unique value taken", post("/Book", {"Isbn": "111"}), 400, 107, 'Book.Isbn: "111" is taken', UNCHANGED),
    Scenario("unique value twice in a request", post("/Book", [{"Isbn": "9"}] * 2), 400, 107, "Isbn", UNCHANGED),
    Scenario("unique value taken, one of several", post("/Book", [NEW, {"Isbn": "111"}]), 400, 107, "Isbn", UNCHANGED),
    Scenario("unique value taken, update", put("/Book/b1", {"Isbn": "222"}), 400, 107, '"222"', UNCHANGED),
    Scenario("unique value taken, update by a filter", put("/Book", {"Isbn": "222", **NEW}, filter={"Id": "b3"}), 400, 107,
             '"222"', UNCHANGED),
    # The first item takes the value, the second cannot; those before stay changed (section 3.4)
    Scenario("unique value for many", put("/Book", {"Isbn": "9", **NEW}), 400, 107, "1 item was updated", (
        get("/Book", single="Title", count="false"), {"Result": ["New", *TITLES[1:]]})),
]  # fmt: skip

# User code (its own tests have all that it may do)

CODE = [
    Scenario("cancelled", get("/Visit?how=cancel"), 500, 910, "The library is closed."),
    Scenario("an exception", get("/Visit?how=fail"), 500, 901, ""),
    Scenario("an error without a code", get("/Visit?how=error"), 400, 960, "No visits."),
    Scenario("an error with a secret", get("/Visit?how=secret+in+an+error"), 422, 4001, "[secret KEY] is wrong."),
    Scenario("an error by hand", get("/Visit?how=by+hand"), 409, 42, "Too early."),
    Scenario("an answer too large", get("/Visit?how=large"), 500, 901, "With what user code made of it, the answer is larger than 6 MB."),
    Scenario("after the item is written", post("/Visit?then=fail", NEW), 500, 901, "1 item was created", (
        get("/Visit/_count"), {"Result": 1})),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _books(call: Call) -> None:
    if get("/Book", MASTER, single="Title", count="false")(call).json != {"Result": TITLES}:
        fill(call)


@pytest.mark.parametrize(
    "scenario", [*REQUESTS, *PARAMETERS, *BODIES, *ITEMS, *CODE], ids=lambda scenario: scenario.name
)
def test_errors(call: Call, scenario: Scenario) -> None:
    scenario.check(call)


def test_an_update_that_stops_says_how_far_it_came(call: Call) -> None:
    answer = put("/Book", {"Isbn": "9"})(call)
    assert answer.json["written"] == 1
    assert "written" not in put("/Book/b2", {"Isbn": "9"})(call).json
    fill(call)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/Book", "GET, HEAD, POST, PUT, DELETE, OPTIONS"),
        ("/Book/b1", "GET, HEAD, PUT, DELETE, OPTIONS"),
        ("/Book/_count", "GET, HEAD, OPTIONS"),
        ("/Book/_aggregate", "GET, HEAD, OPTIONS"),
    ],
)
def test_the_methods_of_a_path(call: Call, path: str, allowed: str) -> None:
    assert request("PATCH", path)(call).headers["allow"] == allowed
    assert request("OPTIONS", path)(call).status == 204
