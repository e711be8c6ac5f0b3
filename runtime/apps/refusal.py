"""How a rule of our own says no inside pydantic: an error of type "rule", whose message is a sentence for people."""

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError


def refusal(sentence: str) -> PydanticCustomError:
    """What a validator raises about the value that it was given."""
    return PydanticCustomError("rule", "{sentence}", {"sentence": sentence})


def problem(location: tuple[str | int, ...], sentence: str) -> InitErrorDetails:
    """One of several problems, at a location inside the value that the validator was given."""
    return InitErrorDetails(type=refusal(sentence), loc=location, input=None)


def raise_any(problems: list[InitErrorDetails]) -> None:
    """Raises pydantic's ValidationError if there are problems."""
    if problems:
        raise ValidationError.from_exception_data("AppDefinition", problems)
