"""What filters and updates compare a declared field with, in the form in which the field keeps its values.

A date field keeps a day such as `2016-02-03` as its midnight in UTC, and a relation keeps the id of an expanded item.
By themselves, a day is a text that no date ever equals, and an item is an object that no id equals.
"""

from collections.abc import Callable
from typing import Any

from runtime.apps.definition import TypeDefinition
from runtime.data.field_values import id_in
from runtime.query.date_time import canonical_day_or_time

Kept = Callable[[Any], Any]

COMPARING = frozenset({"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$all", "$not"})
LOGICAL = frozenset({"$and", "$or", "$nor"})
EACH = frozenset({"$each", "$in", "$nin", "$eq", "$ne"})
COMPARING_UPDATES = frozenset({"$min", "$max", "$push", "$addToSet", "$pull", "$pullAll", "$pushAll"})
"""Operators that compare with what is there, or put something beside it. Others set values, which the field checks."""


def filter_as_kept(filter: Any, definition: TypeDefinition) -> Any:
    """A filter's JSON with the days that date fields are compared with as date-times, and items as their ids."""
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
    kept = _kept_by(name, definition)
    return operand if kept is None else _operand(operand, kept, COMPARING)


def _fields(operator: str, fields: Any, definition: TypeDefinition) -> Any:
    if operator not in COMPARING_UPDATES or not isinstance(fields, dict):
        return fields
    kept = {name: _kept_by(name, definition) for name in fields}
    return {
        name: value if (how := kept[name]) is None else _operand(value, how, EACH) for name, value in fields.items()
    }


def _operand(value: Any, kept: Kept, looked_into: frozenset[str]) -> Any:
    """The operand, and what is inside of it behind one of these operators, as the field keeps it."""
    if isinstance(value, list):
        return [_operand(element, kept, looked_into) for element in value]
    if isinstance(value, dict) and any(name.startswith("$") for name in value):
        return {
            name: _operand(inner, kept, looked_into) if name in looked_into else inner for name, inner in value.items()
        }
    return kept(value) or value


def _kept_by(name: str, definition: TypeDefinition) -> Kept | None:
    """What makes the kept form of a value in a field, or None of one that it does not take; None for other fields."""
    if name in ("CreatedAt", "ModifiedAt"):
        return canonical_day_or_time
    declared = definition.fields.get(name)
    match declared.type if declared else None:
        case "date":
            return canonical_day_or_time
        case "relation" | "relations" | "file":
            return id_in
        case _:
            return None
