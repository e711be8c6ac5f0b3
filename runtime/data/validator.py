"""Checks what is sent against the `validate` block of a type or a function, before user code is started."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from runtime.apps.validation import FunctionValidation, TypeValidation, Validation
from runtime.apps.value_rules import ParameterRules, ValueRules
from runtime.data.query_string import read_as, written_as_text
from runtime.errors import ReliveError
from runtime.principal import Principal
from runtime.query.filter_syntax import is_operators
from runtime.query.invalid import shown
from runtime.query.location import copied

PROBLEMS_SHOWN = 20
"""In one message."""


def check_who(rules: Validation, principal: Principal, what: str) -> None:
    """Raises ReliveError 603 unless the rules let the principal in, for "CREATE access on type 'Book'" or the like."""
    if rules.who is None or principal.is_master:
        return
    if principal.type not in rules.who and not set(principal.roles) & set(rules.who):
        raise ReliveError(603, f"{what} denied for {principal.description}.")


def completed(item: dict[str, Any], rules: TypeValidation | FunctionValidation) -> dict[str, Any]:
    """A new item, or the body of a function, with its defaults filled in. Raises ReliveError 601 with all problems."""
    filled = _filled(item, rules.fields)
    _raise_any(_problems(filled, rules.fields))
    return filled


def completed_items(items: Sequence[dict[str, Any]], rules: TypeValidation) -> list[dict[str, Any]]:
    """The same for several new items. The message says which of them has a problem, counting from 1."""
    filled = [_filled(item, rules.fields) for item in items]
    _raise_any(
        f"Item {number}: {problem}"
        for number, item in enumerate(filled, 1)
        for problem in _problems(item, rules.fields)
    )
    return filled


def completed_query(query: Mapping[str, str], rules: FunctionValidation) -> dict[str, str]:
    """A query string with its defaults filled in. Raises ReliveError 601 with all problems.

    What is empty, as in `?page=`, is missing to a rule with a default and to one that requires it.
    """
    _raise_any(f"Query string: {problem}" for problem in _parameter_problems(query, rules))
    defaults = {
        name: written_as_text(rule.default)
        for name, rule in rules.query.items()
        if rule.default is not None and not query.get(name)
    }
    return {**query, **defaults}


def check_update(body: Any, rules: TypeValidation) -> None:
    """Check the values that an update sets, and that it leaves required fields where they are.

    What other operators make of a field is seen only once they are done: see `check_fields`. Raises ReliveError 601
    with all problems. A body that is no update passes: what is wrong with it is said where it is read.
    """
    if isinstance(body, dict):
        _raise_any(_update_problems(body if is_operators(body) else {"$set": body}, rules.fields))


def check_fields(document: Mapping[str, Any], names: Collection[str], rules: TypeValidation) -> None:
    """Check the top-level fields `names` of a document as it would be stored.

    Raises ReliveError 601 with all problems.
    """
    _raise_any(_problems(document, {name: rule for name, rule in rules.fields.items() if name in names}))


def _filled(values: Mapping[str, Any], rules: Mapping[str, ValueRules]) -> dict[str, Any]:
    defaults = {
        name: copied(rule.default)
        for name, rule in rules.items()
        if rule.default is not None and values.get(name) is None
    }
    return {**values, **defaults}


def _problems(values: Mapping[str, Any], rules: Mapping[str, ValueRules]) -> Iterator[str]:
    for name, rule in rules.items():
        value = values.get(name)
        if rule.required and value in (None, ""):
            yield f"{name}: is required"
        elif value is not None:
            yield from (f"{name}: {objection}" for objection in rule.objections(value))


def _parameter_problems(query: Mapping[str, str], rules: FunctionValidation) -> Iterator[str]:
    for name, rule in rules.query.items():
        text = query.get(name)
        if rule.required and not text:
            yield f"{name}: is required"
        elif text or (text is not None and rule.default is None):
            yield from (f"{name}: {objection}" for objection in _parameter_objections(text, rule))


def _parameter_objections(text: str, rule: ParameterRules) -> Iterator[str]:
    value = read_as(rule.type, text)
    if value is None:
        yield f"{shown(text)} is {'not a number' if rule.type == 'number' else 'neither true nor false'}"
    else:
        yield from rule.objections(value)


def _update_problems(update: Mapping[str, Any], rules: Mapping[str, ValueRules]) -> Iterator[str]:
    for operator, verb in (("$unset", "removed"), ("$rename", "renamed")):
        for name in _fields_of(update, operator):
            if name in rules and rules[name].required:
                yield f"{name}: is required, and cannot be {verb}"
    for name, value in _fields_of(update, "$set").items():
        if name not in rules:
            continue
        if rules[name].required and value in (None, ""):
            yield f"{name}: is required, and cannot be {'null' if value is None else 'empty'}"
        elif value is not None:
            yield from (f"{name}: {objection}" for objection in rules[name].objections(value))


def _fields_of(update: Mapping[str, Any], operator: str) -> Mapping[str, Any]:
    fields = update.get(operator)
    return fields if isinstance(fields, dict) else {}


def _raise_any(problems: Iterator[str]) -> None:
    found = list(problems)
    if found:
        sentences = [f"{problem}." for problem in found[:PROBLEMS_SHOWN]]
        rest = len(found) - PROBLEMS_SHOWN
        raise ReliveError(601, " ".join(sentences) + (f" And {rest} more." if rest > 0 else ""))
