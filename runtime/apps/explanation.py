"""Puts pydantic's errors about an app's definition into sentences for the person who wrote it."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError

from runtime.apps.definition import AppDefinition
from runtime.apps.section import Section

Location = tuple[str | int, ...]
"""Where a value stands: the keys and list positions (from 0) that lead to it."""


def explain(error: ValidationError) -> list[tuple[Location, str]]:
    """Every problem with its location. `error` must come from validating an AppDefinition."""
    return [(_location(found), _sentence(found["type"], found)) for found in error.errors(include_url=False)]


def key_of(location: Location) -> str:
    """A location as people write it: `types.Book.fields.Title.type`, or `functions.top_books.execute[0]`."""
    key = ""
    for step in location:
        if isinstance(step, int):
            key += f"[{step}]"
        else:
            key += f"{'.' if key else ''}{step if step.isprintable() else ascii(step)}"
    return key


def _location(found: Any) -> Location:
    location: Location = found["loc"]
    return location[:-1] if location and location[-1] == "[key]" else location


def _sentence(kind: str, found: Any) -> str:
    location, value = _location(found), found["input"]
    match kind:
        case "extra_forbidden":
            return f"unknown key; known keys are {_known_keys(location[:-1])}"
        case "missing":
            return "is missing" + _expected(_declared(location))
        case "literal_error":
            return f"must be one of {', '.join(_choices(_declared(location)))}, not {_described(value)}"
        case "model_type":
            return f"must hold keys ({_known_keys(location)}), not {_described(value)}"
        case "dict_type":
            return f"must hold names, each with a definition, not {_described(value)}"
        case "list_type":
            return f"must be a list, such as [one, another], not {_described(value)}"
        case "bool_type":
            return f"must be true or false, not {_described(value)}"
        case "string_type":
            scalar = value is not None and not isinstance(value, Mapping | list)
            return f"must be text, not {_described(value)}" + ("; put it in quotes" if scalar else "")
        case _:
            return str(found["msg"])


def _declared(location: Location) -> Any:
    """The type that the value at a location must have, as the models declare it."""
    declared: Any = AppDefinition
    for step in location:
        if isinstance(declared, type) and issubclass(declared, Section):
            declared = declared.known_keys()[str(step)].annotation
        else:
            declared = get_args(declared)[-1]
    return declared


def _known_keys(location: Location) -> str:
    return ", ".join(_declared(location).known_keys())


def _expected(declared: Any) -> str:
    if isinstance(declared, type) and issubclass(declared, Section):
        return f"; it holds {', '.join(declared.known_keys())}"
    choices = _choices(declared)
    return f"; it is one of {', '.join(choices)}" if choices else ""


def _choices(declared: Any) -> tuple[Any, ...]:
    """The values of a Literal, which may be optional."""
    if get_origin(declared) is Literal:
        return get_args(declared)
    return tuple(choice for part in get_args(declared) for choice in _choices(part))


def _described(value: Any) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "true" if value else "false"
        case str():
            return repr(value) if len(value) <= 40 else repr(value[:40] + "...")
        case Mapping():
            return "a group of keys"
        case list():
            return "a list"
        case int() | float():
            return "a number"
        case date():
            return "a date"
        case _:
            return "something else"
