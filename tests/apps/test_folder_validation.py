"""The validate blocks of relive.yaml: what they may hold, and what is said about what they may not."""

from pathlib import Path

import pytest

from runtime.apps.folder import load
from runtime.apps.validation import FunctionValidation, TypeValidation
from tests.apps.app_folders import MINIMAL, RULE_KEYS, book_with_rule, problems_of, write_app

FORGOTTEN = "is empty; list what is allowed, write [] for nothing, or leave the key out for everything"


COMPLETE = f"""{MINIMAL}
types:
  Book:
    policy: public
    bulk: filtered
    after_errors: log
    fields:
      Price: {{type: number}}
      Place: {{type: geopoint}}
      Author: {{type: relation, to: Users}}
      Readers: {{type: relations, to: Users}}
      Cover: {{type: file}}
    validate:
      who: [user, masterKey, Anonymous, Editors]
      fields:
        Title: {{required: true, type: text, range: [1, 200], pattern: "^[^<>]*$"}}
        Price: {{range: [0, null]}}
        Place: {{required: true}}
        Author: {{type: text, range: [36, 36]}}
        Readers: {{type: array, range: [null, 10]}}
        Cover:
        State: {{default: new, one_of: [new, used]}}
        Printed: {{type: date, range: [1900-01-01T00:00:00Z, "2100-01-01T00:00:00+01:00"]}}
        Read: {{type: date, range: [2020-01-31, null], default: 2020-02-01}}
        Extra: {{default: {{Pages: [1, 2.5, null, true]}}}}
functions:
  f:
    execute: [Editors]
    validate:
      who: user
      fields:
        Id: {{type: text}}
        first-name: {{pattern: "^a", default: abc}}
      query:
        page: {{type: number, default: 1}}
        sort by: {{one_of: [title, price]}}
"""


def test_a_complete_one_is_read_and_survives_storing(tmp_path: Path) -> None:
    definition = load(write_app(tmp_path, {"relive.yaml": COMPLETE, "functions/f.py": ""})).definition
    book, function = definition.types["Book"], definition.functions["f"]

    assert (book.bulk, book.after_errors) == ("filtered", "log")
    assert book.validation.who == ["user", "masterKey", "Anonymous", "Editors"]
    assert {name: rules.type for name, rules in book.validation.fields.items()} == {
        "Title": "text",
        "Price": "number",
        "Place": "object",
        "Author": "text",
        "Readers": "array",
        "Cover": "text",
        "State": None,
        "Printed": "date",
        "Read": "date",
        "Extra": None,
    }
    assert book.validation.fields["Price"].range == (0, None)
    assert book.validation.fields["Printed"].range == ("1900-01-01T00:00:00.000Z", "2100-01-01T00:00:00+01:00")
    assert book.validation.fields["Read"].default == "2020-02-01"
    assert book.validation.fields["Extra"].default == {"Pages": [1, 2.5, None, True]}
    assert function.validation.who == ["user"]
    assert function.validation.query["sort by"].type == "text"

    assert type(definition).model_validate_json(definition.model_dump_json()) == definition
    assert type(definition).model_validate(definition.model_dump()) == definition


def test_nothing_is_checked_unless_it_is_said(tmp_path: Path) -> None:
    text = f"{MINIMAL}types: {{Book: {{validate: }}}}\nfunctions: {{f: }}\n"
    definition = load(write_app(tmp_path, {"relive.yaml": text, "functions/f.py": ""})).definition

    assert (definition.types["Book"].bulk, definition.types["Book"].after_errors) == ("all", "fail")
    assert definition.types["Book"].validation == TypeValidation()
    assert definition.functions["f"].validation == FunctionValidation()


def who(value: str) -> str:
    return f"types:\n  Book:\n    validate:\n      who: {value}\n"


TYPE_SCENARIOS = {
    "an unknown key": (
        "types: {Book: {validate: {query: {}}}}\n",
        ["2: types.Book.validate.query: unknown key; known keys are who, fields"],
    ),
    "a list": ("types: {Book: {validate: []}}\n", ["2: types.Book.validate: must hold keys (who, fields), not a list"]),
    "fields as a list": (
        "types: {Book: {validate: {fields: [Title]}}}\n",
        ["2: types.Book.validate.fields: must hold names, each with a definition, not a list"],
    ),
    "who was forgotten": (who(""), [f"5: types.Book.validate.who: {FORGOTTEN}"]),
    "who is a number": (
        who("[7]"),
        ["5: types.Book.validate.who[0]: must be text, not a number; put it in quotes"],
    ),
    "who is a group": (
        who("{user: }"),
        ["5: types.Book.validate.who: must be a list, such as [one, another], not a group of keys"],
    ),
    "who in other case": (
        who("[User, masterkey, Anonymous]"),
        [
            "5: types.Book.validate.who[0]: the kind of caller is spelt user",
            "5: types.Book.validate.who[1]: the kind of caller is spelt masterKey",
        ],
    ),
    "a role without a name": (
        who("['']"),
        ["5: types.Book.validate.who[0]: a role's name is one line of 1 to 128 characters"],
    ),
    "a system field": (
        book_with_rule("CreatedAt: {}"),
        [
            "6: types.Book.validate.fields.CreatedAt: every item has this field, and Relive itself sees to it; remove it here"
        ],
    ),
    "the id by its other name": (
        book_with_rule("_id: {}"),
        ["6: types.Book.validate.fields._id: every item has this field, and Relive itself sees to it; remove it here"],
    ),
    "a path": (
        book_with_rule("Address.City: {}"),
        [
            "6: types.Book.validate.fields.Address.City: leads into a field, and only whole ones are checked, such as Address"
        ],
    ),
    "a path with nothing in front": (
        book_with_rule("'.City': {}"),
        ["6: types.Book.validate.fields..City: leads into a field, and only whole ones are checked, such as Title"],
    ),
    "an operator": (
        book_with_rule("$set: {}"),
        ["6: types.Book.validate.fields.$set: a field's name is 1 to 64 letters, digits and _, starting with a letter"],
    ),
    "a field in other case": (
        book_with_rule("n: {}"),
        ["6: types.Book.validate.fields.n: there is no such field; the one that is declared is spelt N"],
    ),
    "another type than the field's": (
        book_with_rule("N: {type: text}"),
        ["6: types.Book.validate.fields.N.type: contradicts the field itself, whose values are of type number"],
    ),
    "another type than the relation's": (
        book_with_rule("N: {type: array}", "{type: relation, to: Users}"),
        ["6: types.Book.validate.fields.N.type: contradicts the field itself, whose values are of type text"],
    ),
    "a pattern for a declared number": (
        book_with_rule("N: {pattern: x}"),
        ["6: types.Book.validate.fields.N.pattern: only texts have a pattern, and this value is of type number"],
    ),
    "a default that the field cannot hold": (
        book_with_rule("N: {default: many}"),
        ['6: types.Book.validate.fields.N.default: does not meet the other rules: "many" is a text, not a number'],
    ),
    "a field whose type is misspelt is told once": (
        book_with_rule("N: {default: many}", "{type: numbr}"),
        [
            "4: types.Book.fields.N.type: must be one of text, number, boolean, date, array, object, geopoint, file, "
            "relation, relations, not 'numbr'"
        ],
    ),
    "beside other problems": (
        "types:\n  Book:\n    policy: open\n    fields: {N: {type: number, unique: 1}}\n    validate:\n"
        "      fields:\n        N: {type: text}\n        T: {requird: true}\n",
        [
            "4: types.Book.policy: must be one of private, shared, public, read-only, roles, not 'open'",
            "5: types.Book.fields.N.unique: must be true or false, not a number",
            "8: types.Book.validate.fields.N.type: contradicts the field itself, whose values are of type number",
            f"9: types.Book.validate.fields.T.requird: unknown key; known keys are {RULE_KEYS}",
        ],
    ),
}


FUNCTION_SCENARIOS = {
    "a path": (
        "fields: {a.b: {}}",
        ["fields.a.b: leads into a field, and only whole ones are checked, such as a"],
    ),
    "a field without a name": ("fields: {'': {}}", ["fields.: a field's name is one line of 1 to 128 characters"]),
    "a parameter without a name": (
        "query: {'': {}}",
        ["query.: a parameter's name is one line of 1 to 128 characters"],
    ),
    "a parameter that no text can be": (
        "query: {page: {type: object}}",
        ["query.page.type: must be one of text, number, boolean, date, not 'object'"],
    ),
    "a parameter of no type": (
        "query: {page: {type: }}",
        ["query.page.type: must be one of text, number, boolean, date, not empty"],
    ),
    "a number as the default of a text": (
        "query: {page: {default: 1}}",
        ["query.page.default: does not meet the other rules: 1 is a number, not a text"],
    ),
    "an unknown key": ("body: {}", ["body: unknown key; known keys are who, fields, query"]),
    "who was forgotten": ("who: ", [f"who: {FORGOTTEN}"]),
    "who in other case": ("who: User", ["who[0]: the kind of caller is spelt user"]),
}


@pytest.mark.parametrize(("text", "expected"), TYPE_SCENARIOS.values(), ids=TYPE_SCENARIOS.keys())
def test_problems_of_a_type(tmp_path: Path, text: str, expected: list[str]) -> None:
    found = problems_of(write_app(tmp_path, {"relive.yaml": MINIMAL + text}))
    assert found == [f"relive.yaml:{problem}" for problem in expected]


@pytest.mark.parametrize(("block", "expected"), FUNCTION_SCENARIOS.values(), ids=FUNCTION_SCENARIOS.keys())
def test_problems_of_a_function(tmp_path: Path, block: str, expected: list[str]) -> None:
    text = f"{MINIMAL}functions:\n  f:\n    validate:\n      {block}\n"
    found = problems_of(write_app(tmp_path, {"relive.yaml": text, "functions/f.py": ""}))
    assert found == [f"relive.yaml:5: functions.f.validate.{problem}" for problem in expected]
