"""What an app's definition says about a single value: that of a field, or of a parameter of a query string."""

from collections.abc import Iterator
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, model_validator
from pydantic_core import InitErrorDetails

from runtime.apps.refusal import problem, raise_any, refusal
from runtime.apps.section import Section
from runtime.apps.value_range import EXAMPLE_DATE, Bounds, out_of_range, range_problem
from runtime.query.date_time import canonical_date_time, canonical_day_or_time
from runtime.query.invalid import Invalid, kind, shown
from runtime.query.literal import is_number
from runtime.query.ordering import equal
from runtime.query.pattern import Pattern, TextTooLongError

ValueType = Literal["text", "number", "boolean", "date", "array", "object"]

TextType = Literal["text", "number", "boolean", "date"]
"""What a text can be read as."""

CHOICES_SHOWN = 10


def _json(value: Any) -> Any:
    """The value, if JSON has it. YAML makes a date of what is written like one, which becomes text again."""
    match value:
        case datetime():
            text = canonical_date_time(value.isoformat()) if value.tzinfo else None
            if text is None:
                raise refusal(f"holds a date without its time zone; write it like {EXAMPLE_DATE}, or in quotes")
            return text
        case date():
            return value.isoformat()
        case None | bool() | str():
            return value
        case int() | float() if is_number(value):
            return value
        case list() | tuple():
            return [_json(element) for element in value]
        case dict() if all(isinstance(name, str) for name in value):
            return {name: _json(inner) for name, inner in value.items()}
    raise refusal("holds something that JSON does not have")


def _bounds(value: Any) -> Bounds:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise refusal("must be a list of the least and the most, such as [1, 200]; null leaves a side open")
    least, most = _json(value)
    return least, most


def _compiles(pattern: str) -> str:
    try:
        Pattern.parse(pattern, "", "")
    except Invalid as invalid:
        raise refusal(str(invalid).removeprefix("$regex: ")) from None
    return pattern


def _some(choices: list[Any]) -> list[Any]:
    if not choices:
        raise refusal("is an empty list, which allows nothing; list what is allowed")
    return choices


JsonValue = Annotated[Any, BeforeValidator(_json)]


class ValueRules(Section):
    """What a value must be. What is missing or null meets every rule but `required`.

    `range` limits a number, a date, the length of a text in characters and that of an array. `pattern` is searched for
    in a text; see `runtime.query.pattern`. `default` takes the place of what is missing or null.
    """

    required: bool = False
    type: ValueType | None = None
    range: Annotated[Bounds, BeforeValidator(_bounds)] | None = None
    pattern: Annotated[str, AfterValidator(_compiles)] | None = None
    one_of: Annotated[list[JsonValue], AfterValidator(_some)] | None = None
    default: JsonValue = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "ValueRules":
        """Raises ValidationError: the rules that no value could meet, or that have nothing to say about its type."""
        problems = list(self._contradictions())
        raise_any(problems or list(self._unmet()))
        return self

    def objections(self, value: Any) -> Iterator[str]:
        """What the rules have against a value that is there, each as a part of a sentence: "-1 is less than 0"."""
        if self._type is not None and (objection := _of_type(self._type, value)):
            yield objection
            return
        if self.one_of is not None and not any(self._same(value, choice) for choice in self.one_of):
            yield f"{shown(value)} is not one of {_listed(self.one_of)}"
        if self.range is not None and self._type is not None:
            yield from out_of_range(self._type, value, self.range)
        if self._pattern is not None:
            yield from _unmatched(self._pattern, value)

    def _same(self, value: Any, choice: Any) -> bool:
        if self._type == "date":
            return canonical_day_or_time(value) == canonical_day_or_time(choice)
        return equal(value, choice)

    @cached_property
    def _type(self) -> ValueType | None:
        return self.type or ("text" if self.pattern is not None else None)

    @cached_property
    def _pattern(self) -> Pattern | None:
        return None if self.pattern is None else Pattern.parse(self.pattern, "", "")

    def _contradictions(self) -> Iterator[InitErrorDetails]:
        if self.pattern is not None and self._type != "text":
            yield problem(("pattern",), f"only texts have a pattern, and this value is of type {self._type}")
        if self.range is not None and (sentence := range_problem(self._type, self.range)):
            yield problem(("range",), sentence)
        if self.required and self.default is not None:
            yield problem(("default",), "would never be used, because the value is required; remove one of the two")

    def _unmet(self) -> Iterator[InitErrorDetails]:
        for position, choice in enumerate(self.one_of or ()):
            for objection in self.model_copy(update={"one_of": None}).objections(choice):
                yield problem(("one_of", position), f"no value can be this: {objection}")
        for objection in self.objections(self.default) if self.default is not None else ():
            yield problem(("default",), f"does not meet the other rules: {objection}")


class ParameterRules(ValueRules):
    """What a parameter of a query string must be. It is a text, and the rules are for what that says."""

    type: TextType = "text"


def _unmatched(pattern: Pattern, value: Any) -> Iterator[str]:
    try:
        if not pattern.found_in(value):
            yield f"{shown(value)} does not match /{pattern.text}/"
    except TextTooLongError as error:
        yield str(error)


def _of_type(type: ValueType, value: Any) -> str | None:
    match type:
        case "date" if isinstance(value, str):
            return None if canonical_day_or_time(value) else f"{shown(value)} is not a date, such as {EXAMPLE_DATE}"
        case "date":
            wanted = "a date"
        case "array" | "object":
            wanted = f"an {type}"
        case _:
            wanted = f"a {type}"
    return None if kind(value) == wanted else f"{shown(value)} is {kind(value)}, not {wanted}"


def _listed(choices: list[Any]) -> str:
    rest = len(choices) - CHOICES_SHOWN
    return ", ".join(map(shown, choices[:CHOICES_SHOWN])) + (f" and {rest} more" if rest > 0 else "")
