"""Reading items over HTTP, one scenario a line for each rule of protocol sections 3.2, 3.3 and 3.6 to 3.10."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.function_url import Answer
from tests.http.calling import MASTER_KEY, Call
from tests.http.scenario import MASTER, Request, get, query, request
from tests.http.shelf import BOOKS, NOBODY, created_at, fill

ALL = ["b1", "b2", "b3", "b4", "b5"]
PERMISSIONS = {"CanRead": True, "CanUpdate": True, "CanDelete": True}
ENCODED = {"X-Everlive-Filter": quote('{"Title":"Ärger"}', safe="")}


@pytest.fixture(scope="module", autouse=True)
def _books(call: Call) -> None:
    fill(call)


def ids(answer: Answer) -> Any:
    return [item["Id"] for item in answer.json["Result"]]


# Which items, in which order, and how many there are in all

SELECTIONS: list[tuple[str, Request, list[str], int | None]] = [
    # Filters (section 3.9), each operator once; the query language has tests of its own.
    ("all, as they were inserted", get("/Book"), ALL, 5),
    ("no filter", get("/Book", filter={}), ALL, 5),
    ("filter null", get("/Book", filter="null"), ALL, 5),
    ("filter undefined", get("/Book", filter="undefined"), ALL, 5),
    ("filter empty", get("/Book", filter=""), ALL, 5),
    ("a value", get("/Book", filter={"Title": "Emma"}), ["b1"], 1),
    ("$eq is the same", get("/Book", filter={"Title": {"$eq": "Emma"}}), ["b1"], 1),
    ("$ne", get("/Book", filter={"Title": {"$ne": "Emma"}}), ["b2", "b3", "b4", "b5"], 4),
    ("$gt", get("/Book", filter={"Pages": {"$gt": 300}}), ["b2", "b3"], 2),
    ("$gte", get("/Book", filter={"Pages": {"$gte": 300}}), ["b1", "b2", "b3"], 3),
    ("$lt", get("/Book", filter={"Pages": {"$lt": 150}}), ["b4"], 1),
    ("$lte", get("/Book", filter={"Pages": {"$lte": 150}}), ["b4", "b5"], 2),
    ("two conditions of a field", get("/Book", filter={"Pages": {"$gt": 80, "$lt": 300}}), ["b5"], 1),
    ("$in", get("/Book", filter={"Id": {"$in": ["b4", "b1", "nobody"]}}), ["b1", "b4"], 2),
    ("$nin", get("/Book", filter={"Id": {"$nin": ["b4", "b1"]}}), ["b2", "b3", "b5"], 3),
    ("$or", get("/Book", filter={"$or": [{"Id": "b5"}, {"Pages": 80}]}), ["b4", "b5"], 2),
    ("$and", get("/Book", filter={"$and": [{"Rating.Stars": 5}, {"Pages": 300}]}), ["b1"], 1),
    ("$nor", get("/Book", filter={"$nor": [{"Rating.Stars": 5}, {"Pages": {"$lt": 200}}]}), ["b2"], 1),
    ("$not", get("/Book", filter={"Pages": {"$not": {"$gt": 100}}}), ["b4"], 1),
    ("$not of a whole filter", get("/Book", filter={"$not": {"Pages": {"$gt": 100}}}), ["b4"], 1),
    ("$exists", get("/Book", filter={"InPrint": {"$exists": True}}), ["b2", "b3"], 2),
    ("$exists false", get("/Book", filter={"Isbn": {"$exists": False}}), ["b4"], 1),
    ("null is missing, too", get("/Book", filter={"Isbn": None}), ["b4", "b5"], 2),
    ("$type", get("/Book", filter={"InPrint": {"$type": 8}}), ["b2", "b3"], 2),
    ("$regex", get("/Book", filter={"Title": {"$regex": "^emma"}}), ["b4"], 1),
    ("$regex, $options empty", get("/Book", filter={"Title": {"$regex": "^emma", "$options": ""}}), ["b4"], 1),
    ("$regex, $options i", get("/Book", filter={"Title": {"$regex": "^emma", "$options": "i"}}), ["b1", "b4"], 2),
    ("$regex, $options with g", get("/Book", filter={"Title": {"$regex": "D", "$options": "gi"}}), ["b2"], 1),
    ("$all", get("/Book", filter={"Tags": {"$all": ["england", "horror"]}}), ["b2"], 1),
    ("$elemMatch", get("/Book", filter={"Lines": {"$elemMatch": {"No": 2, "Text": "y"}}}), ["b4"], 1),
    ("$size", get("/Book", filter={"Tags": {"$size": 0}}), ["b3"], 1),
    ("any element of an array", get("/Book", filter={"Tags": "england"}), ["b1", "b2"], 2),
    ("dotted path", get("/Book", filter={"Rating.Votes": {"$gt": 5}}), ["b1"], 1),
    ("dotted path into an array", get("/Book", filter={"Lines.Text": "y"}), ["b4"], 1),
    ("boolean", get("/Book", filter={"InPrint": False}), ["b3"], 1),
    ("relation", get("/Book", filter={"Author": "a1"}), ["b1"], 1),
    ("date as its text", get("/Book", filter={"CreatedAt": created_at(2)}), ["b2"], 1),
    ("dates by order", get("/Book", filter={"CreatedAt": {"$gt": created_at(3)}}), ["b4", "b5"], 2),
    ("date of another precision", get("/Book", filter={"Published": {"$lt": "1850-01-01T00:00:00Z"}}), ["b1"], 1),
    ("nothing found", get("/Book", filter={"Title": "Nobody"}), [], 0),
    ("an empty type", get("/Author"), [], 0),
    # Spellings of filters (sections 1.1 and 3.8)
    ("filter percent-encoded", get("/Book", ENCODED), ["b5"], 1),
    ("filter not ASCII", get("/Book", filter='{"Title":"Ärger"}'), ["b5"], 1),
    ("filter in the query", get("/Book" + query(filter={"Title": "Ärger"})), ["b5"], 1),
    ("filter in the query, encoded twice", get("/Book" + query(filter=quote('{"Title":"Ärger"}'))), ["b5"], 1),
    ("header wins over query", get("/Book" + query(filter={"Id": "b2"}), filter={"Id": "b1"}), ["b1"], 1),
    ("query where the header is absent", get("/Book" + query(filter={"Id": "b2"}), filter="null"), ["b2"], 1),
    # Order (section 3.10)
    ("sort ascending", get("/Book", sort={"Pages": 1}), ["b4", "b5", "b1", "b2", "b3"], 5),
    ("sort descending", get("/Book", sort={"Pages": -1}), ["b3", "b2", "b1", "b5", "b4"], 5),
    ("sort by the order of keys", get("/Book", sort='{"Rating.Stars":-1,"Pages":-1}'), ["b3", "b1", "b2", "b5", "b4"], 5),
    ("sort by text", get("/Book", sort={"Title": 1}), ["b2", "b1", "b3", "b4", "b5"], 5),
    ("sort in the query", get("/Book" + query(sort={"Pages": 1})), ["b4", "b5", "b1", "b2", "b3"], 5),
    ("sort empty", get("/Book", sort={}), ALL, 5),
    # Paging (section 3.10): the count is that of the filter
    ("skip", get("/Book", skip=3), ["b4", "b5"], 5),
    ("take", get("/Book", take=2), ["b1", "b2"], 5),
    ("skip and take", get("/Book", skip=1, take=3), ["b2", "b3", "b4"], 5),
    ("skip and take in the query", get("/Book" + query(skip=1, take=3)), ["b2", "b3", "b4"], 5),
    ("skip beyond the end", get("/Book", skip=9), [], 5),
    ("take more than there is", get("/Book", take=2147483647), ALL, 5),
    ("take 0", get("/Book", take=0), [], 5),
    ("sort before page", get("/Book", sort={"Pages": -1}, skip=1, take=2), ["b2", "b1"], 5),
    ("filter before page", get("/Book", filter={"Pages": {"$gt": 100}}, take=2), ["b1", "b2"], 4),
    # Count (section 3.8)
    ("count turned off", get("/Book", count="false"), ALL, None),
    ("count turned off in the query", get("/Book" + query(includeCount="False")), ALL, None),
    ("count turned off, a page", get("/Book", count="0", take=1), ["b1"], None),
    ("count turned on", get("/Book", count="TRUE"), ALL, 5),
    # What is ignored (section 11)
    ("cache-buster", get("/Book?_el=1454472245789"), ALL, 5),
    ("unknown keys", get("/Book?nonsense=%&filterx=nope&="), ALL, 5),
    ("sdk and sync", get("/Book", {"x-everlive-sdk": '{"sdk":"js"}', "x-everlive-sync": "true"}), ALL, 5),
    ("unknown headers", get("/Book", {"x-everlive-debug": "nope", "if-match": "x"}), ALL, 5),
    ("a Content-Type without a body", get("/Book", {"content-type": "application/json"}), ALL, 5),
    ("a broken Content-Type", get("/Book", {"content-type": "nonsense"}), ALL, 5),
    ("a body", Request("GET", "/Book", {"Content-Type": "application/json"}, "{nope"), ALL, 5),
    ("a body without a Content-Type", Request("GET", "/Book", {}, b"\xff"), ALL, 5),
    ("override of system fields", get("/Book", override="nonsense"), ALL, 5),
    # Case and form of paths (section 1)
    ("version in another case", get("/V1/library/Book"), ALL, 5),
    ("slash at the end", get("/Book/"), ALL, 5),
    ("percent-encoded", get("/%42ook"), ALL, 5),
]  # fmt: skip


@pytest.mark.parametrize(("name", "request_", "expected", "count"), SELECTIONS, ids=[row[0] for row in SELECTIONS])
def test_which_items(call: Call, name: str, request_: Request, expected: list[str], count: int | None) -> None:
    answer = request_(call)
    assert answer.status == 200, answer.text
    assert ids(answer) == expected
    assert answer.json.get("Count") == count
    assert set(answer.json) == ({"Result"} if count is None else {"Count", "Result"})


# What of an item is told

B1 = {**BOOKS[0], "CreatedAt": created_at(1), "ModifiedAt": created_at(1), "CreatedBy": NOBODY, "ModifiedBy": NOBODY,
      "Owner": NOBODY}  # fmt: skip


def meta(**permissions: bool) -> dict[str, Any]:
    return {"Permissions": {**PERMISSIONS, **permissions}}


ANSWERS: list[tuple[str, Request, Any]] = [
    ("an item", get("/Book/b1"), {"Result": {**B1, "Meta": meta()}}),
    ("an item, for the master key", get("/Book/b1", MASTER), {"Result": B1}),
    ("the scheme in lower case", get("/Book/b1", {"authorization": f"masterkey {MASTER_KEY}"}), {"Result": B1}),
    ("an item of a list", get("/Book", filter={"Id": "b1"}), {"Count": 1, "Result": [{**B1, "Meta": meta()}]}),
    # Projection (section 3.10)
    ("fields", get("/Book/b1", fields={"Title": 1, "Pages": 1}), {"Result": {"Title": "Emma", "Pages": 300, "Id": "b1"}}),
    ("fields in the query", get("/Book/b1" + query(fields={"Pages": 1})), {"Result": {"Pages": 300, "Id": "b1"}}),
    ("fields of a list", get("/Book", fields={"Pages": 1}, take=1), {"Count": 5, "Result": [{"Id": "b1", "Pages": 300}]}),
    ("fields without Id", get("/Book/b1", fields={"Title": 1, "Id": 0}), {"Result": {"Title": "Emma"}}),
    ("fields excluded", get("/Book/b1", MASTER, fields={"Rating": 0, "Tags": 0}), {
        "Result": {name: value for name, value in B1.items() if name not in ("Rating", "Tags")}}),
    ("Id excluded", get("/Book/b1", MASTER, fields={"Id": 0}), {
        "Result": {name: value for name, value in B1.items() if name != "Id"}}),
    ("dotted field", get("/Book/b1", fields={"Rating.Votes": 1}), {"Result": {"Rating": {"Votes": 10}, "Id": "b1"}}),
    ("field that is not there", get("/Book/b1", fields={"Nothing": 1}), {"Result": {"Id": "b1"}}),
    ("$slice", get("/Book/b1", fields={"Tags": {"$slice": 1}, "Title": 1}), {
        "Result": {"Title": "Emma", "Tags": ["love"], "Id": "b1"}}),
    ("$slice with skip", get("/Book/b1", fields={"Tags": {"$slice": [1, 5]}, "Title": 1}), {
        "Result": {"Title": "Emma", "Tags": ["england"], "Id": "b1"}}),
    ("$slice from the end", get("/Book/b1", fields={"Tags": {"$slice": -1}, "Title": 1}), {
        "Result": {"Title": "Emma", "Tags": ["england"], "Id": "b1"}}),
    ("fields undefined", get("/Book/b1", MASTER, fields="undefined"), {"Result": B1}),
    # Single field (section 3.8)
    ("single field", get("/Book/b1", single="Title"), {"Result": "Emma"}),
    ("single field of a list", get("/Book", single="Title", take=2), {"Count": 5, "Result": ["Emma", "Dracula"]}),
    ("single field that is missing", get("/Book", single="InPrint", take=3), {"Count": 5, "Result": [None, True, False]}),
    ("single field in the query", get("/Book/b1" + query(singleField="Pages")), {"Result": 300}),
    ("single field, Id", get("/Book/b1", single="Id"), {"Result": "b1"}),
    ("single field null", get("/Book/b1", MASTER, single="null"), {"Result": B1}),
    # What a request by id ignores: old clients send a filter beside the id
    ("filter of getById", get("/Book/b1", filter=quote('{"additionalOptions":{"id":"b1"}}'), single="Id"), {"Result": "b1"}),
    ("filter that is a text", get("/Book/b1", filter='"b1"', single="Id"), {"Result": "b1"}),
    ("filter that is no JSON", get("/Book/b1", filter="{nope", single="Id"), {"Result": "b1"}),
    ("skip and take", get("/Book/b1", skip=1, take=0, single="Id"), {"Result": "b1"}),
    # Counting (section 3.3)
    ("count", get("/Book/_count"), {"Result": 5}),
    ("count in another case", get("/Book/_COUNT"), {"Result": 5}),
    ("count by a filter", get("/Book/_count", filter={"Pages": {"$gt": 100}}), {"Result": 4}),
    ("count by a filter in the query", get("/Book/_count" + query(filter={"Pages": {"$gt": 400}})), {"Result": 2}),
    ("count of nothing", get("/Author/_count"), {"Result": 0}),
    ("count heeds no page", get("/Book/_count", skip="nope", take=1, sort="nope", fields="nope"), {"Result": 5}),
    # Nobody's items of a type that is read by owners are left out (section 3.2), and 603 says it at once for strangers
    ("an empty list", get("/Letter"), {"Count": 0, "Result": []}),
    ("an empty list without count", get("/Letter", count="false"), {"Result": []}),
    ("read-only", get("/Law"), {"Count": 0, "Result": []}),
    ("private, for the master key", get("/Diary", MASTER), {"Count": 0, "Result": []}),
    ("roles, for the master key", get("/Salary", MASTER), {"Count": 0, "Result": []}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "request_", "expected"), ANSWERS, ids=[row[0] for row in ANSWERS])
def test_what_is_told(call: Call, name: str, request_: Request, expected: Any) -> None:
    answer = request_(call)
    assert (answer.status, answer.json) == (200, expected)
    assert answer.headers["content-type"] == "application/json"


def test_the_keys_of_an_item_are_in_their_usual_order(call: Call) -> None:
    item = get("/Book/b1")(call).json["Result"]
    assert list(item) == [
        "Title", "Pages", "Tags", "Isbn", "Author", "Published", "Rating",
        "CreatedAt", "ModifiedAt", "CreatedBy", "ModifiedBy", "Owner", "Id", "Meta",
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["/Book", "/Book/b1", "/Book/_count", "/Book/nothing", "/Nothing", "/Book/_nothing"])
def test_head_is_get_without_a_body(call: Call, path: str) -> None:
    answers: Callable[[str], Answer] = lambda method: request(method, path)(call)  # noqa: E731
    head, got = answers("HEAD"), answers("GET")
    assert got.body
    assert (head.status, head.headers, head.body) == (got.status, got.headers, b"")
