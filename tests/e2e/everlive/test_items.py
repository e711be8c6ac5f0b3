"""Create, change, delete and count with the original client."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.everlive.client import Client, EverliveError

pytestmark = pytest.mark.slow

GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
HOUR = timedelta(hours=1)
SYSTEM = {"Id", "CreatedAt", "ModifiedAt", "CreatedBy", "ModifiedBy", "Owner", "Meta"}


@pytest.fixture(autouse=True)
def _no_drafts(client: Client) -> None:
    client.run("await master.data('Draft').destroy()")


def on_drafts(client: Client, script: str) -> Any:
    """What a script returns that calls the content type `drafts`."""
    return client.run(f"const drafts = anyone.data('Draft'); {script}")


def draft(client: Client, id: str = "one") -> dict[str, Any]:
    """The fields that a draft has beside those of the system."""
    item = on_drafts(client, f"return drafts.getById('{id}')")["result"]
    return {name: value for name, value in item.items() if name not in SYSTEM}


def test_create_one(client: Client) -> None:
    result = on_drafts(client, "return drafts.create({Title: 'Ångest', Due: new Date(0), Gone: null})")["result"]
    assert result.keys() == {"Id", "CreatedAt"}
    assert GUID.fullmatch(result["Id"])
    assert abs(result["CreatedAt"] - datetime.now(UTC)) < HOUR
    assert draft(client, result["Id"]) == {"Title": "Ångest", "Due": datetime(1970, 1, 1, tzinfo=UTC), "Gone": None}


def test_a_compressed_body(client: Client) -> None:
    on_drafts(
        client, "await drafts.withHeaders({'content-encoding': 'gzip'}).create({Id: 'one', Text: 'ö'.repeat(1000)})"
    )
    assert draft(client) == {"Text": "ö" * 1000}


def test_create_many_in_order(client: Client) -> None:
    script = "const {result} = await drafts.create([{N: 1}, {N: 2, Id: 'two'}, {N: 3}]); return Promise.all(result.map(({Id}) => drafts.getById(Id)))"
    assert [answer["result"]["N"] for answer in on_drafts(client, script)] == [1, 2, 3]
    assert on_drafts(client, "return ids(await drafts.get({N: 2}))") == ["two"]


@pytest.mark.parametrize(
    "value",
    ["", "två\n\"rader\" \\ 'och' % & + ☃ 𝄞", 0, -1.5, 1e21, 2**53, True, None, [], {}, [1, [2, [None]], {"a": {}}], {"a b": {"ü": [0.1]}}, "2016-02-03", "12:30:00"],
    ids=repr,
)  # fmt: skip
def test_values_come_back_as_they_were_sent(client: Client, value: Any) -> None:
    on_drafts(client, f"await drafts.create({{Id: 'one', Value: {json.dumps(value)}}})")
    assert draft(client) == {"Value": value}


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param("new Date('2016-02-03T04:05:06.789Z')", datetime(2016, 2, 3, 4, 5, 6, 789000, UTC), id="Date"),
        pytest.param("'2016-02-03T04:05:06Z'", datetime(2016, 2, 3, 4, 5, 6, 0, UTC), id="text without milliseconds"),
        pytest.param("'2016-02-03T04:05:06.7+02:00'", datetime(2016, 2, 3, 2, 5, 6, 700000, UTC), id="text of another zone"),
        pytest.param("new Date(-1e12)", datetime(1938, 4, 24, 22, 13, 20, 0, UTC), id="long ago"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", ["Due", "Undeclared"])
def test_dates(client: Client, field: str, moment: str, expected: datetime) -> None:
    on_drafts(client, f"await drafts.create({{Id: 'one', {field}: {moment}}})")
    assert draft(client) == {field: expected}
    assert on_drafts(client, f"return ids(await drafts.get({{{field}: {moment}}}))") == ["one"]


def test_update_single(client: Client) -> None:
    on_drafts(client, "await drafts.create({Id: 'one', A: 1, B: {C: 2, D: 3}})")
    answer = on_drafts(client, "return drafts.updateSingle({Id: 'one', A: 9, B: {C: 4}, When: new Date(0)})")
    assert answer["result"] == 1
    assert draft(client) == {"A": 9, "B": {"C": 4}, "When": datetime(1970, 1, 1, tzinfo=UTC)}
    item = on_drafts(client, "return drafts.getById('one')")["result"]
    assert item["ModifiedAt"] == answer["ModifiedAt"] > item["CreatedAt"]


def test_an_item_that_was_read_can_be_sent_back(client: Client) -> None:
    script = """
        await drafts.create({Id: 'one', A: 1, Due: new Date(0)});
        const before = (await drafts.getById('one')).result;
        const {result} = await drafts.updateSingle({...before, A: 2});
        const after = (await drafts.getById('one')).result;
        return {result, before, after};"""
    seen = on_drafts(client, script)
    assert seen["result"] == 1
    assert seen["after"] == {**seen["before"], "A": 2, "ModifiedAt": seen["after"]["ModifiedAt"]}


def test_save(client: Client) -> None:
    created = on_drafts(client, "return drafts.save({A: 1})")
    assert created["type"] == "create"
    updated = on_drafts(client, f"return drafts.save({{Id: '{created['result']['Id']}', A: 2}})")
    assert (updated["type"], updated["result"]) == ("update", 1)
    assert draft(client, created["result"]["Id"]) == {"A": 2}


THREE = "await drafts.create([{Id: 'one', A: 1, B: 1}, {Id: 'two', A: 2, B: 1}, {Id: 'three', A: 3, B: 2}]);"


@pytest.mark.parametrize(
    ("call", "result", "changed"),
    [
        pytest.param("update({C: 1}, {B: 1})", 2, ["one", "two"], id="update by a filter"),
        pytest.param("update({C: 1}, where().gt('A', 1).done())", 2, ["three", "two"], id="update by a query"),
        pytest.param("update({C: 1}, null)", 3, ["one", "three", "two"], id="update everything"),
        pytest.param("update({C: 1}, {B: 7})", 0, [], id="update nothing"),
        pytest.param("rawUpdate({$set: {C: 1}}, {B: 1})", 2, ["one", "two"], id="raw update by a filter"),
        pytest.param("rawUpdate({$set: {C: 1}}, where().eq('A', 3).done())", 1, ["three"], id="raw update by a query"),
        pytest.param("rawUpdate({$set: {C: 1}})", 3, ["one", "three", "two"], id="raw update of everything"),
        pytest.param("rawUpdate({C: 1}, 'two')", 1, ["two"], id="raw update with plain fields"),
        pytest.param("rawUpdate({$set: {C: 1}}, 'three')", 1, ["three"], id="raw update by id"),
    ],
)
def test_which_items_an_update_changes(client: Client, call: str, result: int, changed: list[str]) -> None:
    answer = on_drafts(client, f"{THREE} return drafts.{call}")
    assert answer["result"] == result
    assert abs(answer["ModifiedAt"] - datetime.now(UTC)) < HOUR
    items = on_drafts(client, "return drafts.get(query().order('Id'))")["result"]
    assert [item["Id"] for item in items if item.get("C") == 1] == changed
    assert all((item["ModifiedAt"] == answer["ModifiedAt"]) == (item["Id"] in changed) for item in items)


BEFORE = "{Id: 'one', Likes: 2, Tags: ['a', 'b'], Name: 'x', Deep: {Er: 1}}"


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        pytest.param("{$set: {'Deep.Er': 5, New: 1}}", {"Deep": {"Er": 5}, "New": 1}, id="$set"),
        pytest.param("{$unset: {Name: '', 'Deep.Er': 1}}", {"Name": ..., "Deep": {}}, id="$unset"),
        pytest.param("{$inc: {Likes: 3, Views: 1}}", {"Likes": 5, "Views": 1}, id="$inc"),
        pytest.param("{$mul: {Likes: 1.5, Views: 2}}", {"Likes": 3, "Views": 0}, id="$mul"),
        pytest.param("{$rename: {Name: 'Title'}}", {"Name": ..., "Title": "x"}, id="$rename"),
        pytest.param("{$push: {Tags: 'a', Notes: 1}}", {"Tags": ["a", "b", "a"], "Notes": [1]}, id="$push"),
        pytest.param("{$push: {Tags: {$each: ['c', 'd']}}}", {"Tags": ["a", "b", "c", "d"]}, id="$push with $each"),
        pytest.param("{$addToSet: {Tags: 'a'}}", {}, id="$addToSet, there already"),
        pytest.param("{$addToSet: {Tags: {$each: ['b', 'c']}}}", {"Tags": ["a", "b", "c"]}, id="$addToSet with $each"),
        pytest.param("{$pull: {Tags: 'a'}}", {"Tags": ["b"]}, id="$pull"),
        pytest.param("{$pull: {Tags: {$in: ['a', 'b']}}}", {"Tags": []}, id="$pull with a condition"),
        pytest.param("{$pop: {Tags: 1}}", {"Tags": ["a"]}, id="$pop from the end"),
        pytest.param("{$pop: {Tags: -1}}", {"Tags": ["b"]}, id="$pop from the beginning"),
        pytest.param("{$set: {Name: 'y'}, $inc: {Likes: 1}, $push: {Tags: 'c'}}", {"Name": "y", "Likes": 3, "Tags": ["a", "b", "c"]}, id="several"),
        pytest.param("{$set: {When: new Date(0)}}", {"When": datetime(1970, 1, 1, tzinfo=UTC)}, id="a date"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("target", ["'one'", "{Name: 'x'}"], ids=["by id", "by filter"])
def test_raw_updates(client: Client, target: str, update: str, expected: dict[str, Any]) -> None:
    before = {"Likes": 2, "Tags": ["a", "b"], "Name": "x", "Deep": {"Er": 1}}
    answer = on_drafts(client, f"await drafts.create({BEFORE}); return drafts.rawUpdate({update}, {target})")
    assert answer["result"] == 1
    assert draft(client) == {name: value for name, value in {**before, **expected}.items() if value is not ...}


@pytest.mark.parametrize(
    ("call", "result", "left"),
    [
        pytest.param("destroySingle('two')", 1, ["one", "three"], id="by id"),
        pytest.param("destroySingle({Id: 'two', A: 7})", 1, ["one", "three"], id="by an item"),
        pytest.param("destroy({B: 1})", 2, ["three"], id="by a filter"),
        pytest.param("destroy(where().lt('A', 3).done())", 2, ["three"], id="by a query"),
        pytest.param("destroy(query().order('A').skip(1).take(1))", 1, ["one", "three"], id="a page"),
        pytest.param("destroy({B: 7})", 0, ["one", "two", "three"], id="nothing"),
        pytest.param("destroy()", 3, [], id="everything"),
    ],
)
def test_delete(client: Client, call: str, result: int, left: list[str]) -> None:
    assert on_drafts(client, f"{THREE} return drafts.{call}")["result"] == result
    assert on_drafts(client, "return ids(await drafts.get(query().order('A')))") == left


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("count()", 3),
        ("count(null)", 3),
        ("count({B: 1})", 2),
        ("count(where().gt('A', 2).done())", 1),
        ("count({B: 7})", 0),
    ],
)
def test_count(client: Client, call: str, result: int) -> None:
    assert on_drafts(client, f"{THREE} return drafts.{call}") == {"result": result}


def test_system_fields_are_set_by_the_master_key_with_the_override_header_alone(client: Client) -> None:
    create = "data('Draft').withHeaders({'X-Everlive-Override-System-Fields': true}).create({Id: '%s', CreatedAt: new Date(0)})"
    client.run(f"await master.{create % 'old'}; await anyone.{create % 'new'}")
    items = on_drafts(client, "return drafts.get(query().orderDesc('Id'))")["result"]
    assert [item["CreatedAt"].year == 1970 for item in items] == [True, False]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        pytest.param("getById('nowhere')", 801, id="read"),
        pytest.param("updateSingle({Id: 'nowhere', A: 1})", 801, id="update"),
        pytest.param("rawUpdate({$inc: {A: 1}}, 'nowhere')", 801, id="raw update"),
        pytest.param("destroySingle('nowhere')", 801, id="delete"),
        pytest.param("create({Id: 'one'})", 107, id="an id that is taken"),
        pytest.param("create({Isbn: '1'})", 107, id="a unique value that is taken"),
        pytest.param("create([{Isbn: '7'}, {Isbn: '1'}])", 107, id="a unique value that is taken, of many"),
        pytest.param("create([{Isbn: '7'}, {Isbn: '7'}])", 107, id="a unique value twice"),
        pytest.param("updateSingle({Id: 'two', Isbn: '1'})", 107, id="an update to a unique value that is taken"),
        pytest.param("create({Isbn: 7})", 601, id="a value of another type"),
        pytest.param("create({Due: 'tomorrow'})", 601, id="not a date"),
        pytest.param("create([])", 601, id="nothing to create"),
        pytest.param("create(null)", 615, id="no body"),
        pytest.param("create('text')", 601, id="not an object"),
        pytest.param("create([{}, 7])", 601, id="not only objects"),
        pytest.param("create({Id: 7})", 601, id="an id that is no text"),
        pytest.param("create([...Array(101)].map(() => ({})))", 601, id="too many at once"),
        pytest.param("create({Text: 'x'.repeat(500000)})", 601, id="too large"),
        pytest.param("rawUpdate({$shout: {A: 1}}, 'one')", 601, id="unknown operator"),
        pytest.param("rawUpdate({$inc: {Isbn: 1}}, 'one')", 601, id="not a number"),
        pytest.param("rawUpdate({$set: {Id: 'two'}}, 'one')", 601, id="another Id"),
        pytest.param("update({A: 1}, {$shout: 1})", 608, id="unknown operator in an update's filter"),
        pytest.param("destroy({A: {$shout: 1}})", 608, id="unknown operator in a delete's filter"),
    ],
)
def test_errors_change_nothing(client: Client, call: str, code: int) -> None:
    on_drafts(client, "await drafts.create([{Id: 'one', Isbn: '1'}, {Id: 'two', Isbn: '2'}])")
    with pytest.raises(EverliveError) as caught:
        on_drafts(client, f"return drafts.{call}")
    assert caught.value.code == code
    assert on_drafts(
        client, "return (await drafts.get(query().order('Id'))).result.map(({Id, Isbn}) => [Id, Isbn])"
    ) == [["one", "1"], ["two", "2"]]
