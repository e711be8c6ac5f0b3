"""Creating, changing and deleting items over HTTP: protocol sections 3.1, 3.4 to 3.8 and 3.15, a scenario a line."""

from typing import Any

import pytest

from tests.http.calling import Call
from tests.http.scenario import CREATED, DATE, GUID, MASTER, Request, Scenario, delete, get, post, put, query
from tests.http.shelf import BOOKS, NOBODY, created_at, fill


@pytest.fixture(autouse=True)
def _books(call: Call) -> None:
    fill(call)


def updated(number: int) -> dict[str, Any]:
    return {"ModifiedAt": DATE, "Result": number}


def titles(path: str = "/Book") -> Request:
    return get(path, single="Title", count="false")


def field(name: str, path: str) -> Request:
    return get(path, single=name)


TITLES = [book["Title"] for book in BOOKS]
NEW = {"Title": "New"}
PLAIN = {"Content-Type": "application/json; charset=utf-8"}
BACK = {
    **NEW, "Id": "b1", "CreatedAt": created_at(9), "ModifiedAt": created_at(9), "CreatedBy": "x", "ModifiedBy": "x",
    "Owner": "x", "Meta": {"Permissions": {"CanRead": False}},
}  # fmt: skip
SYSTEM = {"CreatedAt": 0, "ModifiedAt": 0, "CreatedBy": 0, "ModifiedBy": 0, "Owner": 0}
SYNC = {"Id": "b1", "ModifiedAt": created_at(1)}

CREATES = [
    Scenario("an item", post("/Author", NEW), 201, None, {"Result": CREATED}),
    Scenario("an empty item", post("/Author", {}), 201, None, {"Result": CREATED}, (
        get("/Author/_count"), {"Result": 1})),
    Scenario("several items", post("/Author", [{"Id": "x", "Title": "1"}, NEW, {"Title": "3"}]), 201, None, {
        "Result": [{"Id": "x", "CreatedAt": DATE}, CREATED, CREATED]}, (titles("/Author"), {"Result": ["1", "New", "3"]})),
    Scenario("one item in an array", post("/Author", [NEW]), 201, None, {"Result": [CREATED]}),
    Scenario("a hundred items", post("/Author", [NEW] * 100), 201, None, {"Result": [CREATED] * 100}),
    Scenario("an Id of the client's", post("/Author", {"Id": "my own"}), 201, None, {
        "Result": {"Id": "my own", "CreatedAt": DATE}}, (get("/Author/my%20own", single="Id"), {"Result": "my own"})),
    Scenario("an Id that another type has, too", post("/Author", {"Id": "b1"}), 201, None, {
        "Result": {"Id": "b1", "CreatedAt": DATE}}),
    Scenario("an Id of null", post("/Author", {"Id": None}), 201, None, {"Result": CREATED}),
    Scenario("fields that nobody declared", post("/Book", {"Id": "x", "Shelf": {"Row": [1, None]}}), 201, None, {
        "Result": {"Id": "x", "CreatedAt": DATE}}, (field("Shelf", "/Book/x"), {"Result": {"Row": [1, None]}})),
    Scenario("Meta and system fields are ignored", post("/Author", {**BACK, "Id": "x"}), 201, None, {
        "Result": {"Id": "x", "CreatedAt": DATE}},
        (get("/Author", MASTER, filter={"CreatedAt": {"$ne": created_at(9)}, "Owner": NOBODY, "CreatedBy": NOBODY,
                                       "ModifiedBy": NOBODY, "Meta": {"$exists": False}}, single="Id"),
         {"Count": 1, "Result": ["x"]})),
    Scenario("system fields by override", post("/Author", {**BACK, "Id": "x"}, MASTER, override="true"), 201, None, {
        "Result": {"Id": "x", "CreatedAt": created_at(9)}}, (get("/Author/x", MASTER), {"Result": {
            "Title": "New", "CreatedAt": created_at(9), "ModifiedAt": created_at(9), "CreatedBy": "x",
            "ModifiedBy": "x", "Owner": "x", "Id": "x"}})),
    Scenario("override in the query", post("/Author" + query(overrideSystemFields="1"), {**BACK, "Id": "x"}, MASTER), 201,
             None, {"Result": {"Id": "x", "CreatedAt": created_at(9)}}),
    Scenario("override by anybody is ignored", post("/Author", {**BACK, "Id": "x"}, override="true"), 201, None, {
        "Result": {"Id": "x", "CreatedAt": DATE}}, (field("Owner", "/Author/x"), {"Result": NOBODY})),
    Scenario("a null is no duplicate", post("/Book", [{"Isbn": None}, {"Isbn": None}]), 201, None, {"Result": [CREATED] * 2}),
    Scenario("filter of the JavaScript client", post("/Author", NEW, filter="{}"), 201, None, {"Result": CREATED}),
    Scenario("parameters of other operations", post("/Author", NEW, filter="nope", sort="nope", skip="nope", take="nope",
                                                    fields="nope", count="nope"), 201, None, {"Result": CREATED}),
    Scenario("an anonymous item of a private type", post("/Diary", NEW), 201, None, {"Result": CREATED}),
    Scenario("an anonymous item of a shared type", post("/Letter", NEW), 201, None, {"Result": CREATED}),
    Scenario("a read-only type, with the master key", post("/Law", NEW, MASTER), 201, None, {"Result": CREATED}),
    Scenario("JSON of a vendor", post("/Author", NEW, {"Content-Type": "application/vnd.api+json"}), 201, None, {
        "Result": CREATED}),
    Scenario("a charset", post("/Author", '{"Id":"ä"}'.encode("latin-1"), {
        "Content-Type": "application/json; charset=iso-8859-1"}), 201, None, {"Result": {"Id": "ä", "CreatedAt": DATE}}),
    # Value types (section 3.7)
    Scenario("all types", post("/Book", {
        "Id": "x", "Title": "", "Pages": 1.5, "InPrint": False, "Published": "2016-02-03T05:06:07+01:00", "Tags": [1, "a"],
        "Rating": {}, "Shop": {"longitude": 23.37, "latitude": -42}, "Cover": "f1", "Author": "a1", "Editors": ["a1"]}),
        201, None, {"Result": {"Id": "x", "CreatedAt": DATE}},
        (field("Published", "/Book/x"), {"Result": "2016-02-03T04:06:07.000Z"})),
]  # fmt: skip

UPDATES = [
    Scenario("some fields", put("/Book/b1", {"Pages": 1}), 200, None, updated(1), (
        get("/Book/b1", fields={"Title": 1, "Pages": 1}), {"Result": {"Title": "Emma", "Pages": 1, "Id": "b1"}})),
    Scenario("$set", put("/Book/b1", {"$set": {"Pages": 1}}), 200, None, updated(1), (
        get("/Book/b1", fields={"Title": 1, "Pages": 1}), {"Result": {"Title": "Emma", "Pages": 1, "Id": "b1"}})),
    Scenario("$set with the item's own Id", put("/Book/b1", {"$set": {"Id": "b1", "Pages": 1}}), 200, None, updated(1), (
        field("Pages", "/Book/b1"), {"Result": 1})),
    Scenario("an item sent back", put("/Book/b1", BACK), 200, None, updated(1), (
        get("/Book/b1", MASTER, fields={"Title": 1, "CreatedAt": 1, "Owner": 1, "Meta": 1}),
        {"Result": {"Title": "New", "CreatedAt": created_at(1), "Owner": NOBODY, "Id": "b1"}})),
    Scenario("system fields by override", put("/Book/b1", BACK, MASTER, override="true"), 200, None, {
        "ModifiedAt": created_at(9), "Result": 1}, (get("/Book/b1", MASTER, fields=SYSTEM), {
            "Result": BOOKS[0] | NEW | {"Id": "b1"}})),
    Scenario("$unset", put("/Book/b1", {"$unset": {"Tags": ""}}), 200, None, updated(1), (
        field("Tags", "/Book/b1"), {"Result": None})),
    Scenario("$inc", put("/Book/b1", {"$inc": {"Pages": -2, "Rating.Votes": 1}}), 200, None, updated(1), (
        get("/Book/b1", fields={"Pages": 1, "Rating": 1}),
        {"Result": {"Pages": 298, "Rating": {"Stars": 5, "Votes": 11}, "Id": "b1"}})),
    Scenario("$mul", put("/Book/b1", {"$mul": {"Pages": 2}}), 200, None, updated(1), (
        field("Pages", "/Book/b1"), {"Result": 600})),
    Scenario("$rename", put("/Book", {"$rename": {"Pages": "Length"}}), 200, None, updated(5), (
        field("Length", "/Book/b1"), {"Result": 300})),
    Scenario("$push", put("/Book/b1", {"$push": {"Tags": {"$each": ["a", "b"]}}}), 200, None, updated(1), (
        field("Tags", "/Book/b1"), {"Result": ["love", "england", "a", "b"]})),
    Scenario("$pull", put("/Book/b1", {"$pull": {"Tags": "love"}}), 200, None, updated(1), (
        field("Tags", "/Book/b1"), {"Result": ["england"]})),
    Scenario("$addToSet", put("/Book/b1", {"$addToSet": {"Tags": "love"}}), 200, None, updated(1), (
        field("Tags", "/Book/b1"), {"Result": ["love", "england"]})),
    Scenario("$pop", put("/Book/b1", {"$pop": {"Tags": 1}}), 200, None, updated(1), (
        field("Tags", "/Book/b1"), {"Result": ["love"]})),
    Scenario("by a filter", put("/Book", NEW, filter={"Tags": "england"}), 200, None, updated(2), (
        titles(), {"Result": ["New", "New", "Ulysses", "emma again", "Ärger"]})),
    Scenario("by a filter in the query", put("/Book" + query(filter={"Id": "b3"}), NEW), 200, None, updated(1)),
    Scenario("every item", put("/Book", NEW), 200, None, updated(5), (titles(), {"Result": ["New"] * 5})),
    Scenario("every item, filter empty", put("/Book", NEW, filter={}), 200, None, updated(5)),
    Scenario("every item, filter undefined", put("/Book", NEW, filter="undefined"), 200, None, updated(5)),
    Scenario("nothing found", put("/Book", NEW, filter={"Id": "nobody"}), 200, None, updated(0)),
    Scenario("an empty type", put("/Author", NEW), 200, None, updated(0)),
    Scenario("a type that wants a filter", put("/Ledger", NEW, filter={"Id": "x"}), 200, None, updated(0)),
    Scenario("conflict detection, no conflict", put("/Book", {"$set": NEW}, filter=SYNC), 200, None, updated(1)),
    Scenario("conflict detection, a conflict", put("/Book", {"$set": NEW}, filter={**SYNC, "ModifiedAt": created_at(2)}), 200,
             None, updated(0), (titles(), {"Result": TITLES})),
    Scenario("rawUpdate of the JavaScript client", put("/Book/b1", {"$inc": {"Pages": 1}}, filter='"b1"'), 200, None,
             updated(1), (field("Pages", "/Book/b1"), {"Result": 301})),
    Scenario("its own unique value", put("/Book/b1", {"Isbn": "111"}), 200, None, updated(1)),
    Scenario("a unique value that is free", put("/Book/b1", {"Isbn": "999"}), 200, None, updated(1), (
        get("/Book", filter={"Isbn": "999"}, single="Id"), {"Count": 1, "Result": ["b1"]})),
]  # fmt: skip

DELETES = [
    Scenario("an item", delete("/Book/b1"), 200, None, {"Result": 1}, (titles(), {"Result": TITLES[1:]})),
    Scenario("by a filter", delete("/Book", filter={"Tags": "england"}), 200, None, {"Result": 2}, (
        titles(), {"Result": TITLES[2:]})),
    Scenario("by a filter in the query", delete("/Book" + query(filter={"Id": "b1"})), 200, None, {"Result": 1}),
    Scenario("every item", delete("/Book"), 200, None, {"Result": 5}, (get("/Book"), {"Count": 0, "Result": []})),
    Scenario("take", delete("/Book", take=2), 200, None, {"Result": 2}, (titles(), {"Result": TITLES[2:]})),
    Scenario("skip", delete("/Book", skip=2), 200, None, {"Result": 3}, (titles(), {"Result": TITLES[:2]})),
    Scenario("skip and take in an order", delete("/Book", sort={"Pages": -1}, skip=1, take=1), 200, None, {"Result": 1}, (
        titles(), {"Result": [TITLES[0], *TITLES[2:]]})),
    Scenario("take 0", delete("/Book", take=0), 200, None, {"Result": 0}),
    Scenario("nothing found", delete("/Book", filter={"Id": "nobody"}), 200, None, {"Result": 0}),
    Scenario("an empty type", delete("/Author"), 200, None, {"Result": 0}),
    Scenario("conflict detection, no conflict", delete("/Book", filter=SYNC), 200, None, {"Result": 1}),
    Scenario("conflict detection, a conflict", delete("/Book", filter={**SYNC, "ModifiedAt": created_at(2)}), 200, None, {
        "Result": 0}),
    Scenario("a body is ignored", Request("DELETE", "/Book/b1", {}, "{nope"), 200, None, {"Result": 1}),
    Scenario("a body and a Content-Type are ignored", Request("DELETE", "/Book/b1", {"Content-Type": "x"}, "a"), 200, None, {
        "Result": 1}),
    Scenario("a filter beside an id is ignored", delete("/Book/b1", filter="{nope"), 200, None, {"Result": 1}),
]  # fmt: skip


@pytest.mark.parametrize("scenario", CREATES, ids=lambda scenario: scenario.name)
def test_create(call: Call, scenario: Scenario) -> None:
    scenario.check(call)


@pytest.mark.parametrize("scenario", UPDATES, ids=lambda scenario: scenario.name)
def test_update(call: Call, scenario: Scenario) -> None:
    scenario.check(call)


@pytest.mark.parametrize("scenario", DELETES, ids=lambda scenario: scenario.name)
def test_delete(call: Call, scenario: Scenario) -> None:
    scenario.check(call)


def test_an_item_is_modified_when_it_is_created(call: Call) -> None:
    created = post("/Author", NEW)(call).json["Result"]
    item = get(f"/Author/{created['Id']}", MASTER)(call).json["Result"]
    assert item == {
        "Title": "New", "CreatedAt": created["CreatedAt"], "ModifiedAt": created["CreatedAt"], "CreatedBy": NOBODY,
        "ModifiedBy": NOBODY, "Owner": NOBODY, "Id": created["Id"],
    }  # fmt: skip
    assert created["Id"] == GUID


def test_the_moment_of_an_update_can_be_found(call: Call) -> None:
    """What offline clients rely on: the ModifiedAt they were answered finds the item, and no earlier one does."""
    first = put("/Book/b1", NEW)(call).json["ModifiedAt"]
    second = put("/Book/b1", NEW)(call).json["ModifiedAt"]
    assert created_at(1) < first < second
    found = put("/Book", {"$set": NEW}, filter={"Id": "b1", "ModifiedAt": first})(call)
    assert found.json["Result"] == 0
    assert get("/Book/b1", single="ModifiedAt")(call).json == {"Result": second}
    assert put("/Book", {"$set": NEW}, filter={"Id": "b1", "ModifiedAt": second})(call).json["Result"] == 1


def test_items_of_one_request_keep_their_order(call: Call) -> None:
    post("/Author", [{"Number": number} for number in range(50)])(call)
    assert get("/Author", single="Number")(call).json["Result"] == list(range(50))


@pytest.mark.parametrize(
    "id", ["ä→🙂", "a b", "100%", "a+b", "a?b#c", "a;b,c:d", "%2F", "..a", "null", "A" * 255, "'\"<>\\"]
)
def test_ids_of_any_characters(call: Call, id: str) -> None:
    path = f"/Author/{''.join(f'%{byte:02x}' for byte in id.encode())}"
    assert post("/Author", {"Id": id, "Number": 1})(call).json["Result"]["Id"] == id
    assert get(path, single="Number")(call).json == {"Result": 1}
    assert put(path, {"Number": 2})(call).json == updated(1)
    assert get("/Author", filter={"Id": id}, single="Number")(call).json["Result"] == [2]
    assert delete(path)(call).json == {"Result": 1}
    assert get("/Author/_count")(call).json == {"Result": 0}
