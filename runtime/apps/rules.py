"""Rules of an app's definition that look at more than one key.

They work on what was written, valid or not, so that all problems are found at once. A problem is pydantic's
`InitErrorDetails` of type "rule", whose message is a sentence for people.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from runtime.apps.names import BUILT_IN_TYPES


def problem(location: tuple[str | int, ...], sentence: str) -> InitErrorDetails:
    custom = PydanticCustomError("rule", "{sentence}", {"sentence": sentence})
    return InitErrorDetails(type=custom, loc=location, input=None)


def raise_any(problems: list[InitErrorDetails]) -> None:
    """Raises pydantic's ValidationError if there are problems."""
    if problems:
        raise ValidationError.from_exception_data("AppDefinition", problems)


def check_types(types: Any, validate: Callable[[Any], Any]) -> Any:
    """For pydantic's WrapValidator: no two type names alike, and every relation points to a type that exists."""
    return _validate_with(validate, types, [*_same_but_for_case(types), *_unknown_targets(types)])


def check_functions(functions: Any, validate: Callable[[Any], Any]) -> Any:
    """For pydantic's WrapValidator: no two function names alike."""
    return _validate_with(validate, functions, list(_same_but_for_case(functions)))


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


def _items(value: Any) -> Iterable[tuple[Any, Any]]:
    return value.items() if isinstance(value, Mapping) else ()


def _get(section: Any, key: str) -> Any:
    """A value of a section, which is either validated already or a plain mapping that may hold anything."""
    return section.get(key) if isinstance(section, Mapping) else getattr(section, key, None)


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
