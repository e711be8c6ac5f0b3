"""What filters and updates compare a declared field with, in the form in which the field keeps its values.

A date field keeps a day such as `2016-02-03` as its midnight in UTC, and a relation keeps the id of an expanded item.
By themselves, a day is a text that no date ever equals, and an item is an object that no id equals.
"""

from collections.abc import Callable
from typing import Any

from runtime.apps.definition import TypeDefinition
from runtime.data.field_values import id_in, kept_date

Kept = Callable[[Any], Any]

COMPARING = frozenset({"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$all", "$not"})
LOGICAL = frozenset({"$and", "$or", "$nor"})
COMPARING_UPDATES = frozenset({"$min", "$max", "$push", "$addToSet", "$pull", "$pullAll", "$pushAll"})
"""Operators that compare with what is there, or put something beside it. Others set values, which the field checks."""


def filter_as_kept(filter: Any, definition: TypeDefinition) -> Any:
    """A filter's JSON with the days that date fields are compared with as date-times."""
    if not isinstance(filter, dict):
        return filter
    return {name: _clause(name, operand, definition) for name, operand in filter.items()}


def update_as_kept(body: Any, definition: TypeDefinition) -> Any:
    """An update's JSON with operands of date fields as date-times, and those of relations as ids."""
    if not isinstance(body, dict):
        return body
    return {operator: _fields(operator, fields, definition) for operator, fields in body.items()}


def _clause(name: str, operand: Any, definition: TypeDefinition) -> Any:
    if name in LOGICAL and isinstance(operand, list):
        return [filter_as_kept(part, definition) for part in operand]
    if name == "$not":
        return filter_as_kept(operand, definition)
    return _compared(operand) if _type_of(name, definition) == "date" else operand


def _compared(operand: Any) -> Any:
    if isinstance(operand, list):
        return [_compared(value) for value in operand]
    if isinstance(operand, dict):
        return {name: _compared(value) if name in COMPARING else value for name, value in operand.items()}
    return kept_date(operand) or operand


def _fields(operator: str, fields: Any, definition: TypeDefinition) -> Any:
    if operator not in COMPARING_UPDATES or not isinstance(fields, dict):
        return fields
    return {name: _operand(value, _kept_by(name, definition)) for name, value in fields.items()}


def _kept_by(name: str, definition: TypeDefinition) -> Kept:
    match _type_of(name, definition):
        case "date":
            return lambda value: kept_date(value) or value
        case "relation" | "relations" | "file":
            return lambda value: id_in(value) or value
        case _:
            return lambda value: value


def _operand(value: Any, kept: Kept) -> Any:
    if isinstance(value, list):
        return [kept(element) for element in value]
    if isinstance(value, dict) and any(name.startswith("$") for name in value):
        return {name: _operand(inner, kept) if name in ("$each", "$in") else inner for name, inner in value.items()}
    return kept(value)


def _type_of(name: str, definition: TypeDefinition) -> str | None:
    if name in ("CreatedAt", "ModifiedAt"):
        return "date"
    declared = definition.fields.get(name)
    return declared.type if declared else None
