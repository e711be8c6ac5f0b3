"""The `validate` block of a type or a function: what is checked before user code is started."""

from typing import Annotated, Any

from pydantic import BeforeValidator

from runtime.apps.names import Caller, CheckedField, CheckedMember, ParameterName
from runtime.apps.section import Section, nothing_means_empty
from runtime.apps.value_rules import ParameterRules, ValueRules


def _one_is_a_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Validation(Section):
    """`who` lists kinds of caller and names of roles.

    None means anyone; an empty list means nobody but the master key, which may always.
    """

    who: Annotated[list[Caller] | None, BeforeValidator(_one_is_a_list)] = None


class TypeValidation(Validation):
    """`fields` are rules for each item created, and for what an update changes."""

    fields: Annotated[dict[CheckedField, ValueRules], BeforeValidator(nothing_means_empty)] = {}


class FunctionValidation(Validation):
    """`fields` are rules for the members of the JSON body, `query` for the parameters of the query string."""

    fields: Annotated[dict[CheckedMember, ValueRules], BeforeValidator(nothing_means_empty)] = {}
    query: Annotated[dict[ParameterName, ParameterRules], BeforeValidator(nothing_means_empty)] = {}
