"""What an app declares about itself: the content of `relive.yaml`, and later of the administration API."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WrapValidator, model_validator

from runtime.apps.names import AppId, FieldName, FunctionName, HostPattern, RoleName, Title, TypeName
from runtime.apps.refusal import problem, raise_any, refusal
from runtime.apps.rules import check_functions, check_types, with_declared_types
from runtime.apps.section import Section, nothing_means_empty
from runtime.apps.validation import FunctionValidation, TypeValidation

Policy = Literal["private", "shared", "public", "read-only", "roles"]
"""Who may do what with the items of a type (protocol section 8.1)."""

FieldType = Literal["text", "number", "boolean", "date", "array", "object", "geopoint", "file", "relation", "relations"]
"""`relation` holds the id of one item, `relations` a list of ids, `file` the id of a file (protocol section 3.7)."""

RELATIONS = ("relation", "relations")
MOST_SHARDS = 64
"""A read that needs all shards asks each of them."""

MOST_UNIQUE = 40
"""A write that changes all of them must fit into one transaction of DynamoDB: 100 actions, two for each value."""

NEVER_UNIQUE = ("array", "object", "relations")


def _shards(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_SHARDS:
        raise refusal(f"must be a whole number from 1 to {MOST_SHARDS}")
    return value


class AppInfo(Section):
    id: AppId
    title: Title


class FieldDefinition(Section):
    """A field of a content type. `to` names the type that a relation points to."""

    type: FieldType
    unique: bool = False
    to: str | None = None

    @model_validator(mode="after")
    def _fits_its_type(self) -> "FieldDefinition":
        problems = []
        if self.type in RELATIONS and self.to is None:
            problems.append(problem(("to",), f"is missing; a field of type {self.type} names the type it points to"))
        if self.type not in RELATIONS and self.to is not None:
            problems.append(problem(("to",), f"only relations point to a type, and this field is of type {self.type}"))
        if self.unique and self.type in NEVER_UNIQUE:  # protocol section 7.3
            problems.append(problem(("unique",), f"a field of type {self.type} cannot be unique"))
        raise_any(problems)
        return self


class TypeDefinition(Section):
    """A content type. Its items may hold more fields than are declared (protocol section 3.1).

    `bulk` says whether an update or a delete without a filter changes every item, or needs one. `after_errors` says
    whether an after handler that fails makes the answer an error, though the data is written, or is only logged.
    `shards` is over how many parts of a DynamoDB table the items are spread, so that more can be written in a second.
    """

    policy: Policy = "shared"
    bulk: Literal["all", "filtered"] = "all"
    after_errors: Literal["fail", "log"] = "fail"
    shards: Annotated[int, BeforeValidator(_shards)] = 1
    fields: Annotated[dict[FieldName, FieldDefinition], BeforeValidator(nothing_means_empty)] = {}
    validation: TypeValidation = Field(default=TypeValidation(), alias="validate")

    @model_validator(mode="before")
    @classmethod
    def _rules_know_declared_types(cls, value: Any) -> Any:
        return with_declared_types(value)

    @model_validator(mode="after")
    def _has_few_unique_fields(self) -> "TypeDefinition":
        number = sum(field.unique for field in self.fields.values())
        if number > MOST_UNIQUE:
            raise_any([problem(("fields",), f"{number} fields are unique; at most {MOST_UNIQUE} may be")])
        return self


class FunctionDefinition(Section):
    """A cloud function. `execute` names the roles that may call it.

    None means anyone; an empty list means nobody but the master key, which may always.
    """

    execute: list[RoleName] | None = None
    validation: FunctionValidation = Field(default=FunctionValidation(), alias="validate")


class HttpDefinition(Section):
    """What the app's code may call: None means every public host, a list only the hosts in it (see HostPattern)."""

    allow: list[HostPattern] | None = None


class AppDefinition(Section):
    """All that an app declares.

    Raises pydantic's ValidationError, which holds every problem there is; `runtime.apps.explanation` puts it in words.
    """

    app: AppInfo
    types: Annotated[
        dict[TypeName, TypeDefinition], WrapValidator(check_types), BeforeValidator(nothing_means_empty)
    ] = {}
    functions: Annotated[
        dict[FunctionName, FunctionDefinition], WrapValidator(check_functions), BeforeValidator(nothing_means_empty)
    ] = {}
    http: HttpDefinition = HttpDefinition()
