"""The rules hold wherever a definition comes from, not only for relive.yaml."""

from typing import Any

import pytest
from pydantic import ValidationError

from runtime.apps.definition import AppDefinition, AppInfo, FieldDefinition, FunctionDefinition, TypeDefinition
from runtime.apps.explanation import explain, key_of

APP = AppInfo(id="shop", title="Shop")


def test_made_of_models() -> None:
    fields = {"Author": FieldDefinition(type="relation", to="Users")}
    definition = AppDefinition(app=APP, types={"Book": TypeDefinition(fields=fields)}, functions={})
    assert definition.types["Book"].fields["Author"].to == "Users"
    assert definition.http.allow is None


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a relation to nowhere": (
        {"types": {"Book": TypeDefinition(fields={"Author": FieldDefinition(type="relation", to="Author")})}},
        "types.Book.fields.Author.to: there is no type 'Author'; there are Book, Files, Users",
    ),
    "functions but for case": (
        {"functions": {"top": FunctionDefinition(), "TOP": FunctionDefinition()}},
        "functions.TOP: differs from top in case only; rename one of them",
    ),
    "a key that is no text": ({"functions": {7: {}}}, "functions[7]: must be text, not a number; put it in quotes"),
}


@pytest.mark.parametrize(("parts", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(parts: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError) as raised:
        AppDefinition(app=APP, **parts)
    assert [f"{key_of(location)}: {sentence}" for location, sentence in explain(raised.value)] == [expected]


def test_a_definition_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        APP.title = "Other"
