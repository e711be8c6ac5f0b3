"""The fields that every item has, and that the server sets (protocol section 3.6).

`CreatedAt`, `ModifiedAt`, `CreatedBy`, `ModifiedBy` and `Owner` stand in a document; `Meta` is made anew for each
answer. Nobody but the override of the master key can set one of them (section 3.8). A null counts as not given:
clients with fixed classes send it for whatever they have no value for.
"""

import secrets
import uuid
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from runtime.apps.names import SYSTEM_FIELDS
from runtime.errors import ReliveError
from runtime.principal import Principal
from runtime.query.date_time import canonical_day_or_time
from runtime.query.filter_syntax import is_operators
from runtime.query.invalid import Invalid, answered_with, inside, kind, shown

_DATES = ("CreatedAt", "ModifiedAt")
_IDS_OF_USERS = ("CreatedBy", "ModifiedBy", "Owner")
_LAST = (*_DATES, *_IDS_OF_USERS, "Id")
"""What a document ends with, in this order, as the original shows it."""

_ALL = SYSTEM_FIELDS | {"_id"}

_NODE_BITS = 48
_MULTICAST = 1 << 40
"""Marks a node that is no network card's address (RFC 9562, section 6.10)."""

_CLOCK_SEQUENCE_BITS = 14


def new_id() -> str:
    """A GUID of version 1 in lower case (protocol section 3.1). Its random parts make it unique, and tell nothing of
    the machine."""
    node = secrets.randbits(_NODE_BITS) | _MULTICAST
    return str(uuid.uuid1(node=node, clock_seq=secrets.randbits(_CLOCK_SEQUENCE_BITS)))


def now() -> str:
    """The present moment as items keep it: UTC with milliseconds."""
    return _text(datetime.now(UTC))


def for_create(item: dict[str, Any], principal: Principal, at: str, override: bool) -> dict[str, Any]:
    """The document to store for an item as a client or user code made it.

    The item's own `Id` is taken, also by MongoDB's name `_id`. System fields in it count with `override` alone, and
    are left out otherwise. An item that was created by somebody else belongs to them and was last changed by them,
    unless it says so.

    Raises ReliveError 601 for an `Id` that is no text, and for system fields of `override` that are wrong.
    """
    with answered_with(601):
        item_id = _own_id(item)
        given = _overriding(item, "") if override else {}
    created_at = given.get("CreatedAt", at)
    created_by = given.get("CreatedBy", principal.id)
    return {
        **{name: value for name, value in item.items() if name not in _ALL},
        "CreatedAt": created_at,
        "ModifiedAt": given.get("ModifiedAt", created_at),
        "CreatedBy": created_by,
        "ModifiedBy": given.get("ModifiedBy", created_by),
        "Owner": given.get("Owner", created_by),
        "Id": new_id() if item_id is None else item_id,
    }


def without_system_fields(body: Any, item_id: str | None, override: bool) -> Any:
    """The body of an update without what the server sets by itself, for `Update.parse`.

    Clients send items back as they read them (protocol section 3.1), so system fields in a plain body and in `$set`
    are left out; with `override` they stay. The `Id` of the item that is addressed is left out, too. Where none is
    (`item_id` is None), it stays, and `stamp_update` holds it against each item. What is left may change nothing.

    Raises ReliveError 601 for another `Id`, for any other operator on a system field, and for system fields of
    `override` that are wrong.
    """
    if not isinstance(body, dict):
        return body
    with answered_with(601):
        if not is_operators(body):
            return _fields_to_set(body, item_id, override, "")
        return {
            operator: _fields_to_set(fields, item_id, override, operator)
            if operator == "$set"
            else _fields_to_change(fields, operator)
            for operator, fields in body.items()
        }


def stamp_update(
    document: dict[str, Any], original: dict[str, Any], principal: Principal, at: str, changed: Collection[str] = ()
) -> str:
    """Say in `document`, which `original` was changed to, when and by whom that was; the answer is the `ModifiedAt`.

    It is `at`, but later than before in any case, so that clients notice each change (protocol section 3.15).
    `changed` names the fields that the update sets: what it sets by override stays.

    Raises ReliveError 601 if the `Id` is another one.
    """
    if document.get("Id") != original["Id"]:
        raise ReliveError(601, f"{_another_id('Id', document.get('Id'), original['Id'])}.")
    if "ModifiedAt" not in changed:
        document["ModifiedAt"] = _later(original.get("ModifiedAt"), at)
    if "ModifiedBy" not in changed:
        document["ModifiedBy"] = principal.id
    for name in _LAST:
        if name in document:
            document[name] = document.pop(name)
    return str(document["ModifiedAt"])


def with_meta(item: dict[str, Any], permissions: Mapping[str, bool]) -> dict[str, Any]:
    """The item with what its reader may do: `{"CanRead": true, "CanUpdate": false, "CanDelete": false}`."""
    return {**item, "Meta": {"Permissions": dict(permissions)}}


def _own_id(item: dict[str, Any]) -> str | None:
    given = [(name, item[name]) for name in ("Id", "_id") if item.get(name) is not None]
    for name, value in given:
        if not isinstance(value, str):
            raise Invalid(name, f"must be a text, not {kind(value)}")
        if value != given[0][1]:
            raise Invalid(name, f"is {shown(value)}, and Id is {shown(given[0][1])}; they are two names of the same")
    return given[0][1] if given else None


def _overriding(fields: Mapping[str, Any], where: str) -> dict[str, str]:
    """The system fields among `fields`, checked. Raises `Invalid`."""
    given = {}
    for name in (*_DATES, *_IDS_OF_USERS):
        value = fields.get(name)
        if value is not None:
            given[name] = (_date if name in _DATES else _id_of_user)(value, inside(where, name))
    if fields.get("_ACL") is not None:
        raise Invalid(inside(where, "_ACL"), "items have no permissions of their own in this version")
    return given


def _date(value: Any, where: str) -> str:
    date = canonical_day_or_time(value)
    if date is None:
        raise Invalid(where, f"{shown(value)} is not a date such as 2016-02-03T04:05:06.789Z")
    if date >= "9999":  # there must be later moments for the changes to come
        raise Invalid(where, f"{shown(value)} must be before the year 9999")
    return date


def _id_of_user(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise Invalid(where, f"{shown(value)} is not the Id of a user")
    return value


def _fields_to_set(fields: Any, item_id: str | None, override: bool, where: str) -> Any:
    if not isinstance(fields, dict):
        return fields
    given = _overriding(fields, where) if override else {}
    kept = {}
    for path, value in fields.items():
        place, name = inside(where, path), _name_in(path)
        if name not in SYSTEM_FIELDS or (name == "Id" and not _is_of_item(path, value, item_id, place)):
            kept[path] = value
        elif path in given:
            kept[path] = given[path]
        elif override and path != name and name not in ("Id", "Meta"):
            raise _set_by_server(place, name)
    return kept


def _is_of_item(path: str, value: Any, item_id: str | None, where: str) -> bool:
    """Whether an Id in a body is that of the item, or null; False when it is not known which item that is."""
    if "." in path:
        raise _set_by_server(where, "Id")
    if value is None:
        return True
    if item_id is not None and value != item_id:
        raise _another_id(where, value, item_id)
    return item_id is not None


def _fields_to_change(fields: Any, operator: str) -> Any:
    if not isinstance(fields, dict) or not operator.startswith("$"):
        return fields  # no update either way, as `Update.parse` will say
    for path, operand in fields.items():
        written = (path, operand) if operator == "$rename" and isinstance(operand, str) else (path,)
        for name in map(_name_in, written):
            if name in SYSTEM_FIELDS:
                raise _set_by_server(inside(operator, path), name)
    return fields


def _name_in(path: str) -> str:
    """The field of the item that a path leads to, or into. Paths call the Id `_id`, too."""
    name = path.partition(".")[0]
    return "Id" if name == "_id" else name


def _set_by_server(where: str, name: str) -> Invalid:
    return Invalid(where, "the Id cannot be changed" if name == "Id" else f"{name} is set by the server alone")


def _another_id(where: str, value: Any, item_id: str) -> Invalid:
    return Invalid(where, f"cannot be changed; the item is {shown(item_id)}, not {shown(value)}")


def _later(before: str | None, at: str) -> str:
    if before is None or before < at:
        return at
    return _text(datetime.fromisoformat(before) + timedelta(milliseconds=1))


def _text(instant: datetime) -> str:
    return instant.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
