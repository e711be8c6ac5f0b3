"""Days such as `2016-02-03` where a declared date is compared with them.

A date field keeps a day as its midnight in UTC. To a filter, a day by itself is a text, which no date ever equals; so
what is compared with a date field is read as the field reads it.
"""

from typing import Any

from runtime.apps.definition import TypeDefinition
from runtime.data.field_values import kept_date

COMPARING = frozenset({"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$all", "$not"})
LOGICAL = frozenset({"$and", "$or", "$nor"})
KEEPING_THE_EXTREME = ("$min", "$max")


def filter_with_midnights(filter: Any, definition: TypeDefinition) -> Any:
    """A filter's JSON with the days that date fields are compared with as date-times."""
    if not isinstance(filter, dict):
        return filter
    return {name: _clause(name, operand, definition) for name, operand in filter.items()}


def update_with_midnights(body: Any, definition: TypeDefinition) -> Any:
    """An update's JSON with the days in `$min` and `$max` of date fields as date-times; other days are not compared."""
    if not isinstance(body, dict):
        return body
    return {operator: _extremes(operator, fields, definition) for operator, fields in body.items()}


def _clause(name: str, operand: Any, definition: TypeDefinition) -> Any:
    if name in LOGICAL and isinstance(operand, list):
        return [filter_with_midnights(part, definition) for part in operand]
    if name == "$not":
        return filter_with_midnights(operand, definition)
    return _operand(operand) if _is_date(name, definition) else operand


def _operand(operand: Any) -> Any:
    if isinstance(operand, list):
        return [_operand(value) for value in operand]
    if isinstance(operand, dict):
        return {name: _operand(value) if name in COMPARING else value for name, value in operand.items()}
    return kept_date(operand) or operand


def _extremes(operator: str, fields: Any, definition: TypeDefinition) -> Any:
    if operator not in KEEPING_THE_EXTREME or not isinstance(fields, dict):
        return fields
    return {name: _operand(value) if _is_date(name, definition) else value for name, value in fields.items()}


def _is_date(name: str, definition: TypeDefinition) -> bool:
    declared = definition.fields.get(name)
    return name in ("CreatedAt", "ModifiedAt") or (declared is not None and declared.type == "date")
