"""An operation on the items of a content type: what goes in and what comes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from runtime.apps.app import App
from runtime.principal import Principal

Action = Literal["create", "read", "update", "delete", "aggregate"]

METHODS: Mapping[Action, str] = {
    "create": "POST",
    "read": "GET",
    "update": "PUT",
    "delete": "DELETE",
    "aggregate": "GET",
}

PARTICIPLES: Mapping[Action, str] = {"create": "created", "update": "updated", "delete": "deleted"}
"""What has become of items, for messages."""


@dataclass(frozen=True)
class DataRequest:
    """One operation. Expressions are JSON values as they came; they are read when the operation begins.

    `item_id` names one item, which then must match `filter` as well. `data` is an object or a list of them to create,
    or an update. `count_only` asks a read for the number of items alone; `aggregate` is what an
    aggregation works out; besides it, only `filter` counts there. What comes after `override_system_fields` is there
    for user code, which sees it; the operation does not.
    """

    app: App
    type: str
    action: Action
    principal: Principal
    item_id: str | None = None
    data: Any = None
    filter: Any = None
    sort: Any = None
    fields: Any = None
    aggregate: Any = None
    skip: int | None = None
    take: int | None = None
    single_field: str | None = None
    count_only: bool = False
    include_count: bool = True
    override_system_fields: bool = False
    query_string: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    custom_parameters: Mapping[str, Any] = field(default_factory=dict)
    api_url: str = ""
    is_sync: bool = False

    @property
    def method(self) -> str:
        """The HTTP method that stands for the action."""
        return METHODS[self.action]


ENVELOPE_NAMES = frozenset({"Result", "Count", "ModifiedAt", "message", "errorCode"})
"""What `additional_data` cannot set: the envelope is the protocol's."""


@dataclass(frozen=True)
class DataAnswer:
    """What an operation ends in.

    `result` is the item or the items read, `{"Id", "CreatedAt"}` or a list of them after a create, a number after an
    update, a delete and a count, and a list of objects after an aggregation. `additional_data` stands beside it in
    the envelope.
    """

    status: int
    result: Any
    count: int | None = None
    modified_at: str | None = None
    additional_data: Mapping[str, Any] = field(default_factory=dict)

    def envelope(self) -> dict[str, Any]:
        """The body of the HTTP answer (protocol section 1.2).

        An error that user code made by hand, with a status of 400 or more and a `message`, stands without envelope,
        where clients look for it (cloud code section 2.6).
        """
        if self.status >= 400 and isinstance(self.result, dict) and "message" in self.result:
            return self.result
        envelope: dict[str, Any] = {}
        if self.count is not None:
            envelope["Count"] = self.count
        if self.modified_at is not None:
            envelope["ModifiedAt"] = self.modified_at
        additional = {name: value for name, value in self.additional_data.items() if name not in ENVELOPE_NAMES}
        return {**envelope, "Result": self.result, **additional}
