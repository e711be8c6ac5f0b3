"""The fields that every item has, and that the server sets."""

import copy
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.data.limits import check_item
from runtime.data.system_fields import (
    for_create,
    new_id,
    now,
    stamp_update,
    with_meta,
    without_system_fields,
)
from runtime.errors import ReliveError
from runtime.principal import ANONYMOUS, MASTER, NOBODY, Principal
from runtime.query.date_time import canonical_date_time
from runtime.query.update import Update

AT = "2017-01-05T10:20:30.400Z"
EARLIER = "2016-02-03T04:05:06.789Z"
ANA = Principal("user", id="ana")
SYSTEM = {"CreatedAt": AT, "ModifiedAt": AT, "CreatedBy": "ana", "ModifiedBy": "ana", "Owner": "ana"}


def test_ids_are_time_based_and_never_the_same() -> None:
    with ThreadPoolExecutor(8) as threads:
        ids = list(threads.map(lambda _: new_id(), range(4000)))
    assert len(set(ids)) == len(ids)
    for text in ids:
        guid = uuid.UUID(text)
        assert (str(guid), guid.version, guid.variant) == (text, 1, uuid.RFC_4122)
        assert guid.node >> 40 & 1, "the node could be the address of a network card"
    assert len({uuid.UUID(text).node for text in ids}) == len(ids)
    check_item({"Id": ids[0]})


def test_the_time_in_an_id_is_that_of_its_making() -> None:
    since_1582 = timedelta(microseconds=uuid.UUID(new_id()).time // 10)
    assert abs(datetime(1582, 10, 15, tzinfo=UTC) + since_1582 - datetime.now(UTC)) < timedelta(minutes=5)


def test_now_is_the_present_moment_in_the_form_of_the_protocol() -> None:
    moment = now()
    assert canonical_date_time(moment) == moment
    assert abs(datetime.fromisoformat(moment) - datetime.now(UTC)) < timedelta(minutes=5)


CREATED: list[tuple[str, dict[str, Any], bool, dict[str, Any]]] = [
    ("nothing", {}, False, SYSTEM),
    ("fields of its own", {"Title": "Dune", "Likes": 0}, False, {"Title": "Dune", "Likes": 0, **SYSTEM}),
    ("its own Id", {"Id": "dune", "Title": "Dune"}, False, {"Title": "Dune", **SYSTEM, "Id": "dune"}),
    ("MongoDB's name of the Id", {"_id": "dune"}, False, {**SYSTEM, "Id": "dune"}),
    ("both names", {"_id": "dune", "Id": "dune"}, False, {**SYSTEM, "Id": "dune"}),
    ("null for the Id", {"Id": None, "_id": None}, False, SYSTEM),
    ("null beside the Id", {"Id": None, "_id": "dune"}, False, {**SYSTEM, "Id": "dune"}),
    ("an item as it was read", {"Owner": 5, "CreatedAt": "x", "Meta": {"Permissions": {}}, "_ACL": {}, "A": 1, "ModifiedBy": 1}, False, {"A": 1, **SYSTEM}),
    ("override without a system field", {"Title": "Dune"}, True, {"Title": "Dune", **SYSTEM}),
    ("override of all", {"CreatedAt": "2016-02-03T05:05:06.789+01:00", "ModifiedAt": "2016-02-04", "CreatedBy": "bo", "ModifiedBy": "cy", "Owner": "di"}, True,
     {"CreatedAt": EARLIER, "ModifiedAt": "2016-02-04T00:00:00.000Z", "CreatedBy": "bo", "ModifiedBy": "cy", "Owner": "di"}),
    ("override of CreatedAt", {"CreatedAt": EARLIER}, True, {**SYSTEM, "CreatedAt": EARLIER, "ModifiedAt": EARLIER}),
    ("override of ModifiedAt", {"ModifiedAt": EARLIER}, True, {**SYSTEM, "ModifiedAt": EARLIER}),
    ("override of CreatedBy", {"CreatedBy": "bo"}, True, {**SYSTEM, "CreatedBy": "bo", "ModifiedBy": "bo", "Owner": "bo"}),
    ("override of Owner", {"Owner": "bo"}, True, {**SYSTEM, "Owner": "bo"}),
    ("override with nulls", dict.fromkeys([*SYSTEM, "Meta", "_ACL"]), True, SYSTEM),
    ("override with Meta", {"Meta": {"Permissions": {}}}, True, SYSTEM),
]  # fmt: skip


@pytest.mark.parametrize(("name", "item", "override", "document"), CREATED, ids=[case[0] for case in CREATED])
def test_created(name: str, item: dict[str, Any], override: bool, document: dict[str, Any]) -> None:
    before = copy.deepcopy(item)
    created = for_create(item, ANA, AT, override)
    assert created == {"Id": created["Id"], **document}
    assert list(created) == [*(field for field in document if field not in (*SYSTEM, "Id")), *SYSTEM, "Id"]
    assert item == before
    check_item(created)


@pytest.mark.parametrize("principal", [ANONYMOUS, MASTER], ids=["anonymous", "master"])
def test_created_by_nobody(principal: Principal) -> None:
    created = for_create({}, principal, AT, override=False)
    assert (created["CreatedBy"], created["ModifiedBy"], created["Owner"]) == (NOBODY, NOBODY, NOBODY)


NOT_CREATED: list[tuple[dict[str, Any], bool, str]] = [
    ({"Id": 5}, False, "Id: must be a text, not a number."),
    ({"_id": {"$oid": "5"}}, False, "_id: must be a text, not an object."),
    ({"Id": "a", "_id": "b"}, False, '_id: is "b", and Id is "a"; they are two names of the same.'),
    ({"CreatedAt": "yesterday"}, True, 'CreatedAt: "yesterday" is not a date such as 2016-02-03T04:05:06.789Z.'),
    ({"ModifiedAt": 5}, True, "ModifiedAt: 5 is not a date such as 2016-02-03T04:05:06.789Z."),
    ({"ModifiedAt": "9999-01-01"}, True, 'ModifiedAt: "9999-01-01" must be before the year 9999.'),
    ({"Owner": 5}, True, "Owner: 5 is not the Id of a user."),
    ({"CreatedBy": ""}, True, 'CreatedBy: "" is not the Id of a user.'),
    ({"_ACL": {"EveryoneCanRead": True}}, True, "_ACL: items have no permissions of their own in this version."),
]


@pytest.mark.parametrize(("item", "override", "message"), NOT_CREATED, ids=[str(case[0]) for case in NOT_CREATED])
def test_not_created(item: dict[str, Any], override: bool, message: str) -> None:
    with pytest.raises(ReliveError) as caught:
        for_create(item, MASTER, AT, override)
    assert (caught.value.code, caught.value.message) == (601, f"Invalid request. {message}")


READ = {"Title": "Dune", **SYSTEM, "Id": "dune", "Meta": {"Permissions": {}}}

BODIES: list[tuple[str, Any, str | None, bool, Any]] = [
    ("plain", {"Title": "Dune"}, "dune", False, {"Title": "Dune"}),
    ("an item as it was read", READ, "dune", False, {"Title": "Dune"}),
    ("an item as it was read, in $set", {"$set": READ}, "dune", False, {"$set": {"Title": "Dune"}}),
    ("the Id alone", {"Id": "dune"}, "dune", False, {}),
    ("the Id alone, in $set", {"$set": {"_id": "dune"}}, "dune", False, {"$set": {}}),
    ("null for the Id", {"Id": None}, "dune", False, {}),
    ("null for the Id of no item", {"Id": None}, None, False, {}),
    ("an Id, by filter", {"Id": "dune", "Owner": "bo"}, None, False, {"Id": "dune"}),
    ("an Id, by filter, in $set", {"$set": {"Id": "dune"}}, None, False, {"$set": {"Id": "dune"}}),
    ("an unknown operator", {"Meta.Permissions": 1, "$set.a": 1}, "dune", False, {"Meta.Permissions": 1, "$set.a": 1}),
    ("paths into system fields", {"Meta.Permissions": 1, "_ACL.x": 1, "Owner.x": 2, "A.Owner": 3}, "dune", False, {"A.Owner": 3}),
    ("operators", {"$inc": {"Likes": 1}, "$push": {"Tags": {"$each": ["Owner"]}}}, "dune", False, {"$inc": {"Likes": 1}, "$push": {"Tags": {"$each": ["Owner"]}}}),
    ("$rename", {"$rename": {"A": "B"}}, "dune", False, {"$rename": {"A": "B"}}),
    ("fields that only look like system fields", {"ID": 1, "Metadata": 2, "owner": 3}, "dune", False, {"ID": 1, "Metadata": 2, "owner": 3}),
    ("override", {**READ, "CreatedAt": "2016-02-03", "Owner": "bo"}, "dune", True, {"Title": "Dune", **SYSTEM, "CreatedAt": "2016-02-03T00:00:00.000Z", "Owner": "bo"}),
    ("override in $set", {"$set": {"ModifiedBy": "bo", "Id": "dune"}, "$inc": {"Likes": 1}}, "dune", True, {"$set": {"ModifiedBy": "bo"}, "$inc": {"Likes": 1}}),
    ("override with nulls", dict.fromkeys([*SYSTEM, "Meta", "_ACL"]), "dune", True, {}),
    ("override of paths into Meta", {"Meta.Permissions.CanRead": True, "A": 1}, "dune", True, {"A": 1}),
    ("no update", [1], "dune", False, [1]),
    ("no fields", {"$set": 5, "$inc": "x", "Owner": 1}, "dune", False, {"$set": 5, "$inc": "x", "Owner": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body", "item_id", "override", "left"), BODIES, ids=[case[0] for case in BODIES])
def test_bodies_of_updates(name: str, body: Any, item_id: str | None, override: bool, left: Any) -> None:
    before = copy.deepcopy(body)
    assert without_system_fields(body, item_id, override) == left
    assert body == before


@pytest.mark.parametrize("body", [{"Id": "dune"}, {"$set": {"Id": "dune", "Meta": {}}}], ids=["plain", "$set"])
def test_an_update_of_nothing_is_one_that_changes_nothing(body: Any) -> None:
    update = Update.parse(without_system_fields(body, "dune", override=False))
    assert update.apply(READ) == READ


ANOTHER = 'cannot be changed; the item is "dune", not "emma".'

REFUSED: list[tuple[Any, bool, str]] = [
    ({"Id": "emma"}, False, f"Id: {ANOTHER}"),
    ({"Id": "emma"}, True, f"Id: {ANOTHER}"),
    ({"_id": "emma"}, False, f"_id: {ANOTHER}"),
    ({"$set": {"Id": "emma"}}, False, f"$set.Id: {ANOTHER}"),
    ({"Id": 5}, False, 'Id: cannot be changed; the item is "dune", not 5.'),
    ({"Id.x": 1}, False, "Id.x: the Id cannot be changed."),
    ({"$unset": {"Id": ""}}, False, "$unset.Id: the Id cannot be changed."),
    ({"$push": {"_id": "x"}}, False, "$push._id: the Id cannot be changed."),
    ({"$inc": {"Likes": 1, "ModifiedAt": 1}}, False, "$inc.ModifiedAt: ModifiedAt is set by the server alone."),
    ({"$unset": {"Owner": ""}}, True, "$unset.Owner: Owner is set by the server alone."),
    ({"$push": {"Meta.Permissions.x": 1}}, False, "$push.Meta.Permissions.x: Meta is set by the server alone."),
    ({"$set": {"a": 1}, "$addToSet": {"_ACL.UsersCanRead": "x"}}, False, "$addToSet._ACL.UsersCanRead: _ACL is set by the server alone."),
    ({"$rename": {"CreatedAt": "Made"}}, False, "$rename.CreatedAt: CreatedAt is set by the server alone."),
    ({"$rename": {"Made": "CreatedAt"}}, True, "$rename.Made: CreatedAt is set by the server alone."),
    ({"$rename": {"a": "_id"}}, False, "$rename.a: the Id cannot be changed."),
    ({"$rename": {"a": "Meta.b"}}, False, "$rename.a: Meta is set by the server alone."),
    ({"CreatedAt": "x"}, True, 'CreatedAt: "x" is not a date such as 2016-02-03T04:05:06.789Z.'),
    ({"$set": {"Owner": 5}}, True, "$set.Owner: 5 is not the Id of a user."),
    ({"$set": {"Owner.x": 5}}, True, "$set.Owner.x: Owner is set by the server alone."),
    ({"_ACL": {}}, True, "_ACL: items have no permissions of their own in this version."),
    ({"_ACL.EveryoneCanRead": True}, True, "_ACL.EveryoneCanRead: _ACL is set by the server alone."),
]  # fmt: skip


@pytest.mark.parametrize(("body", "override", "message"), REFUSED, ids=[f"{case[0]} {case[1]}" for case in REFUSED])
def test_refused_updates(body: Any, override: bool, message: str) -> None:
    with pytest.raises(ReliveError) as caught:
        without_system_fields(body, "dune", override)
    assert (caught.value.code, caught.value.message) == (601, f"Invalid request. {message}")


ITEM = {"Title": "Dune", **SYSTEM, "Id": "dune"}

STAMPS: list[tuple[str, str, str]] = [
    (EARLIER, AT, AT),
    (AT, AT, "2017-01-05T10:20:30.401Z"),
    (AT, EARLIER, "2017-01-05T10:20:30.401Z"),
    ("2016-12-31T23:59:59.999Z", EARLIER, "2017-01-01T00:00:00.000Z"),
    ("9998-12-31T23:59:59.999Z", EARLIER, "9999-01-01T00:00:00.000Z"),
    ("0001-01-01T00:00:00.000Z", "0001-01-01T00:00:00.000Z", "0001-01-01T00:00:00.001Z"),
]


@pytest.mark.parametrize(("before", "at", "stamped"), STAMPS)
def test_stamps(before: str, at: str, stamped: str) -> None:
    document = {**ITEM, "Tags": []}
    assert stamp_update(document, {**ITEM, "ModifiedAt": before}, MASTER, at) == stamped
    assert document == {**ITEM, "Tags": [], "ModifiedAt": stamped, "ModifiedBy": NOBODY}
    assert list(document) == ["Title", "Tags", *SYSTEM, "Id"]


def test_stamps_that_the_update_overrides_stay() -> None:
    document = {**ITEM, "ModifiedAt": EARLIER, "ModifiedBy": "bo"}
    assert stamp_update(document, ITEM, MASTER, AT, changed={"ModifiedAt", "Title"}) == EARLIER
    assert document["ModifiedBy"] == NOBODY
    document = {**ITEM, "ModifiedBy": "bo"}
    assert stamp_update(document, ITEM, MASTER, AT, changed={"ModifiedBy"}) > AT
    assert document["ModifiedBy"] == "bo"


def test_an_item_without_stamps_gets_them() -> None:
    document = {"Id": "dune", "Title": "Dune"}
    assert stamp_update(document, {"Id": "dune"}, ANA, AT) == AT
    assert document == {"Title": "Dune", "ModifiedAt": AT, "ModifiedBy": "ana", "Id": "dune"}


@pytest.mark.parametrize("item_id", ["emma", 5, None])
def test_the_id_of_no_item_changes(item_id: Any) -> None:
    with pytest.raises(ReliveError) as caught:
        stamp_update({**ITEM, "Id": item_id}, ITEM, MASTER, AT)
    assert caught.value.code == 601
    assert caught.value.message.startswith('Invalid request. Id: cannot be changed; the item is "dune", not ')


MOMENTS = st.datetimes(max_value=datetime(9998, 12, 31)).map(lambda at: f"{at.isoformat(timespec='milliseconds')}Z")


@given(MOMENTS, st.lists(MOMENTS, min_size=1))
def test_modified_at_always_grows_and_is_never_before_the_update(first: str, moments: list[str]) -> None:
    original = {"Id": "dune", "ModifiedAt": first}
    for at in moments:
        document = dict(original)
        stamped = stamp_update(document, original, ANONYMOUS, at)
        assert stamped == document["ModifiedAt"] == canonical_date_time(stamped)
        assert stamped > original["ModifiedAt"]
        assert stamped >= at
        original = document


def test_meta_comes_last() -> None:
    told = {"CanRead": True, "CanUpdate": False, "CanDelete": False}
    shown = with_meta(ITEM, told)
    assert shown == {**ITEM, "Meta": {"Permissions": told}}
    assert list(shown) == [*ITEM, "Meta"]
    assert "Meta" not in ITEM
