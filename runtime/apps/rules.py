"""Rules of an app's definition that look at more than one key.

They work on what was written, valid or not, so that all problems are found at once.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from runtime.apps.names import BUILT_IN_TYPES
from runtime.apps.refusal import problem, raise_any
from runtime.apps.section import Section
from runtime.apps.value_rules import ValueType

VALUE_TYPES = {"geopoint": "object", "file": "text", "relation": "text", "relations": "array"}
"""What the types of fields that a rule does not have are to it."""


def check_types(types: Any, validate: Callable[[Any], Any]) -> Any:
    """For pydantic's WrapValidator: no two type names alike, every relation points to a type that exists, and rules
    for fields say what the fields themselves say."""
    found = [*_same_but_for_case(types), *_unknown_targets(types), *_contradicted_fields(types)]
    return _validate_with(validate, types, found)


def check_functions(functions: Any, validate: Callable[[Any], Any]) -> Any:
    """For pydantic's WrapValidator: no two function names alike."""
    return _validate_with(validate, functions, list(_same_but_for_case(functions)))


def with_declared_types(definition: Any) -> Any:
    """A type's definition as it was written, whose rules for values have the types that their fields are declared with,
    unless they name one themselves."""
    if not isinstance(definition, Mapping):
        return definition
    rules = {}
    for name, rule in _items(_get(_get(definition, "validate"), "fields")):
        declared = _value_type(_get(definition, "fields"), name)
        rules[name] = {"type": declared, **_written(rule)} if declared and _is_section(rule) else rule
    if not rules:
        return definition
    return {**definition, "validate": {**_written(definition["validate"]), "fields": rules}}


def _same_but_for_case(names: Any) -> Iterator[InitErrorDetails]:
    """URLs match function names in any case, and some file systems cannot hold both code files."""
    seen: dict[str, str] = {}
    for name, _ in _items(names):
        first = seen.setdefault(str(name).lower(), name)
        if first != name:
            yield problem((name,), f"differs from {first} in case only; rename one of them")


def _unknown_targets(types: Any) -> Iterator[InitErrorDetails]:
    for type_name, definition in _items(types):
        for field_name, field in _items(_get(definition, "fields")):
            target = _get(field, "to")
            if isinstance(target, str) and target not in BUILT_IN_TYPES and target not in types:
                known = ", ".join(dict.fromkeys([*map(str, types), *sorted(BUILT_IN_TYPES)]))
                location = (type_name, "fields", field_name, "to")
                yield problem(location, f"there is no type {target!r}; there are {known}")


def _contradicted_fields(types: Any) -> Iterator[InitErrorDetails]:
    for type_name, definition in _items(types):
        fields = _get(definition, "fields")
        for name, rule in _items(_get(_get(definition, "validate"), "fields")):
            location = (type_name, "validate", "fields", name)
            alike = [str(field) for field, _ in _items(fields) if str(field).lower() == str(name).lower()]
            if alike and name not in alike:
                yield problem(location, f"there is no such field; the one that is declared is spelt {alike[0]}")
            declared, given = _value_type(fields, name), _get(rule, "type")
            if declared is not None and given != declared and given in get_args(ValueType):
                yield problem((*location, "type"), f"contradicts the field itself, whose values are of type {declared}")


def _value_type(fields: Any, name: Any) -> str | None:
    """What the values of a declared field are to rules; None if it is not declared, or not as it should be."""
    declared = _get(_get(fields, name), "type")
    return next((known for known in get_args(ValueType) if known == VALUE_TYPES.get(str(declared), declared)), None)


def _is_section(value: Any) -> bool:
    return value is None or isinstance(value, Mapping | Section)


def _written(section: Any) -> dict[str, Any]:
    """What a section sets, which is either validated already or as it was written."""
    if isinstance(section, Section):
        return section.model_dump(exclude_unset=True)
    return dict(section or {})


def _items(value: Any) -> Iterable[tuple[Any, Any]]:
    return value.items() if isinstance(value, Mapping) else ()


def _get(section: Any, key: str) -> Any:
    """A value of a section, which is either validated already or a plain mapping that may hold anything."""
    if isinstance(section, Mapping):
        return section.get(key)
    return section.at(key) if isinstance(section, Section) else None


def _validate_with(validate: Callable[[Any], Any], value: Any, problems: list[InitErrorDetails]) -> Any:
    """Validate, and raise `problems` together with what validation finds."""
    try:
        result = validate(value)
    except ValidationError as error:
        raise_any([_details(found) for found in error.errors(include_url=False)] + problems)
    raise_any(problems)
    return result


def _details(found: Mapping[str, Any]) -> InitErrorDetails:
    custom = PydanticCustomError(found["type"], "{sentence}", {"sentence": found["msg"]})
    return InitErrorDetails(type=custom, loc=found["loc"], input=found["input"])
