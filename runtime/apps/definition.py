"""What an app declares about itself: the content of `relive.yaml`, and later of the administration API."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, WrapValidator, model_validator

from runtime.apps.names import AppId, FieldName, FunctionName, HostPattern, RoleName, Title, TypeName
from runtime.apps.rules import check_functions, check_types, problem, raise_any

Policy = Literal["private", "shared", "public", "read-only", "roles"]
"""Who may do what with the items of a type (protocol section 8.1)."""

FieldType = Literal["text", "number", "boolean", "date", "array", "object", "geopoint", "file", "relation", "relations"]
"""`relation` holds the id of one item, `relations` a list of ids, `file` the id of a file (protocol section 3.7)."""

RELATIONS = ("relation", "relations")
NEVER_UNIQUE = ("array", "object", "relations")


def _nothing_means_empty(value: Any) -> Any:
    return {} if value is None else value


class Section(BaseModel):
    """A group of keys. Nothing behind its name, as in `top_books:`, is a group that sets nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _nothing_means_empty(cls, value: Any) -> Any:
        return _nothing_means_empty(value)


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
    """A content type. Its items may hold more fields than are declared (protocol section 3.1)."""

    policy: Policy = "shared"
    fields: Annotated[dict[FieldName, FieldDefinition], BeforeValidator(_nothing_means_empty)] = {}


class FunctionDefinition(Section):
    """A cloud function. `execute` names the roles that may call it.

    None means anyone; an empty list means nobody but the master key, which may always.
    """

    execute: list[RoleName] | None = None


class HttpDefinition(Section):
    """What the app's code may call: None means every public host, a list only the hosts in it (see HostPattern)."""

    allow: list[HostPattern] | None = None


class AppDefinition(Section):
    """All that an app declares.

    Raises pydantic's ValidationError, which holds every problem there is; `runtime.apps.explanation` puts it in words.
    """

    app: AppInfo
    types: Annotated[
        dict[TypeName, TypeDefinition], WrapValidator(check_types), BeforeValidator(_nothing_means_empty)
    ] = {}
    functions: Annotated[
        dict[FunctionName, FunctionDefinition], WrapValidator(check_functions), BeforeValidator(_nothing_means_empty)
    ] = {}
    http: HttpDefinition = HttpDefinition()
