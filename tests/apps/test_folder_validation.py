"""The validate blocks of relive.yaml: every rule, as what was written and what is said about it."""

from pathlib import Path

import pytest

from runtime.apps.folder import load
from runtime.apps.validation import FunctionValidation, TypeValidation
from tests.apps.app_folders import MINIMAL, problems_of, write_app

KEYS = "required, type, range, pattern, one_of, default"
TYPES = "text, number, boolean, date, array, object"
EMPTY = "is empty; give it a value, or leave the key out"
FORGOTTEN = "is empty; list what is allowed, write [] for nothing, or leave the key out for everything"
TWO = "must be a list of the least and the most, such as [1, 200]; null leaves a side open"
NO_LENGTH = "is not a length, which is a whole number from 0, as a range of type {} needs it"
NO_ZONE = "holds a date without its time zone; write it like 2026-01-31T12:00:00Z, or in quotes"


def book(rule: str, declared: str = "{type: number}") -> str:
    """`rule` is that of the field F on line 6, `declared` the field N."""
    return f"types:\n  Book:\n    fields: {{N: {declared}}}\n    validate: {{fields: {{\n      {rule}}}}}\n"


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
        book("CreatedAt: {}"),
        [
            "6: types.Book.validate.fields.CreatedAt: every item has this field, and Relive itself sees to it; remove it here"
        ],
    ),
    "the id by its other name": (
        book("_id: {}"),
        ["6: types.Book.validate.fields._id: every item has this field, and Relive itself sees to it; remove it here"],
    ),
    "a path": (
        book("Address.City: {}"),
        [
            "6: types.Book.validate.fields.Address.City: leads into a field, and only whole ones are checked, such as Address"
        ],
    ),
    "a path with nothing in front": (
        book("'.City': {}"),
        ["6: types.Book.validate.fields..City: leads into a field, and only whole ones are checked, such as Title"],
    ),
    "an operator": (
        book("$set: {}"),
        ["6: types.Book.validate.fields.$set: a field's name is 1 to 64 letters, digits and _, starting with a letter"],
    ),
    "a field in other case": (
        book("n: {}"),
        ["6: types.Book.validate.fields.n: there is no such field; the one that is declared is spelt N"],
    ),
    "another type than the field's": (
        book("N: {type: text}"),
        ["6: types.Book.validate.fields.N.type: contradicts the field itself, whose values are of type number"],
    ),
    "another type than the relation's": (
        book("N: {type: array}", "{type: relation, to: Users}"),
        ["6: types.Book.validate.fields.N.type: contradicts the field itself, whose values are of type text"],
    ),
    "a pattern for a declared number": (
        book("N: {pattern: x}"),
        ["6: types.Book.validate.fields.N.pattern: only texts have a pattern, and this value is of type number"],
    ),
    "a default that the field cannot hold": (
        book("N: {default: many}"),
        ['6: types.Book.validate.fields.N.default: does not meet the other rules: "many" is a text, not a number'],
    ),
    "a field whose type is misspelt is told once": (
        book("N: {default: many}", "{type: numbr}"),
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
            f"9: types.Book.validate.fields.T.requird: unknown key; known keys are {KEYS}",
        ],
    ),
}

RULE_SCENARIOS = {
    "a short form": ("text", [f": must hold keys ({KEYS}), not 'text'"]),
    "an unknown key": ("{unique: true}", [f".unique: unknown key; known keys are {KEYS}"]),
    "an unknown type": ("{type: string}", [f".type: must be one of {TYPES}, not 'string'"]),
    "a type of fields only": ("{type: geopoint}", [f".type: must be one of {TYPES}, not 'geopoint'"]),
    "a type with nothing behind it": ("{type: }", [f".type: {EMPTY}"]),
    "a range with nothing behind it": ("{type: text, range: }", [f".range: {EMPTY}"]),
    "a pattern with nothing behind it": ("{pattern: }", [f".pattern: {EMPTY}"]),
    "a default with nothing behind it": ("{default: }", [f".default: {EMPTY}"]),
    "choices with nothing behind them": ("{one_of: }", [f".one_of: {EMPTY}"]),
    "required with nothing behind it": ("{required: }", [".required: must be true or false, not empty"]),
    "required as a text": ("{required: 'yes'}", [".required: must be true or false, not 'yes'"]),
    "required with a default": (
        "{required: true, default: 1}",
        [".default: would never be used, because the value is required; remove one of the two"],
    ),
    "a range of one": ("{type: text, range: 200}", [f".range: {TWO}"]),
    "a range of three": ("{type: text, range: [1, 2, 3]}", [f".range: {TWO}"]),
    "a range of anything": (
        "{range: [1, 2]}",
        [".range: needs a type beside it, which says what is limited: number, date, text, array"],
    ),
    "a range of a boolean": (
        "{type: boolean, range: [0, 1]}",
        [".range: only values of type number, date, text, array have a range, and this one is of type boolean"],
    ),
    "a range of an object": (
        "{type: object, range: [0, 1]}",
        [".range: only values of type number, date, text, array have a range, and this one is of type object"],
    ),
    "a range without bounds": (
        "{type: number, range: [null, null]}",
        [".range: limits nothing; give the least, the most, or both"],
    ),
    "a range the wrong way": ("{type: number, range: [5, -1.5]}", [".range: the least comes first: write [-1.5, 5]"]),
    "a range of dates the wrong way": (
        '{type: date, range: ["2020-01-01T00:00:00Z", "2020-01-01T00:00:00+01:00"]}',
        ['.range: the least comes first: write ["2020-01-01T00:00:00+01:00", "2020-01-01T00:00:00Z"]'],
    ),
    "a range of texts": (
        "{type: number, range: [a, z]}",
        ['.range: "a" is not a number, as a range of type number needs it'],
    ),
    "a range of switches": (
        "{type: number, range: [off, on]}",
        [".range: false is not a number, as a range of type number needs it"],
    ),
    "a length below nothing": ("{type: text, range: [-1, 5]}", [f".range: -1 {NO_LENGTH.format('text')}"]),
    "half a length": ("{type: array, range: [0, 1.5]}", [f".range: 1.5 {NO_LENGTH.format('array')}"]),
    "a range of a pattern's text": ("{pattern: x, range: [-1, 5]}", [f".range: -1 {NO_LENGTH.format('text')}"]),
    "a date without its zone in a range": (
        "{type: date, range: [2020-01-31 12:00:00, null]}",
        [f".range: {NO_ZONE}"],
    ),
    "a date that never was in a range": (
        "{type: date, range: ['2020-02-31', null]}",
        ['.range: "2020-02-31" is not a date, such as 2026-01-31T12:00:00Z, as a range of type date needs it'],
    ),
    "a pattern of numbers": (
        "{type: number, pattern: x}",
        [".pattern: only texts have a pattern, and this value is of type number"],
    ),
    "a pattern that is a number": ("{pattern: 5}", [".pattern: must be text, not a number; put it in quotes"]),
    "a pattern that is none": ("{pattern: '[a'}", [".pattern: missing ]: [a"]),
    "a pattern that looks around": (
        "{pattern: '(?=a)'}",
        [
            ".pattern: invalid perl operator: (?=. "
            "Lookaround, backreferences and possessive quantifiers are not supported"
        ],
    ),
    "a pattern that is too large": (
        "{pattern: '(abcdefghij){900}'}",
        [".pattern: the pattern is too large; use smaller repetitions"],
    ),
    "a pattern that is too long": (f"{{pattern: {'a' * 1001}}}", [".pattern: longer than 1000 characters"]),
    "no choices": ("{one_of: []}", [".one_of: is an empty list, which allows nothing; list what is allowed"]),
    "one choice without a list": ("{one_of: a}", [".one_of: must be a list, such as [one, another], not 'a'"]),
    "choices that cannot be": (
        "{type: number, range: [1, 5], one_of: [1, 9, a]}",
        [
            ".one_of[1]: no value can be this: 9 is more than 5",
            '.one_of[2]: no value can be this: "a" is a text, not a number',
        ],
    ),
    "a date among the choices": ("{one_of: [2020-01-31 12:00:00]}", [f".one_of[0]: {NO_ZONE}"]),
    "a default that is no choice": (
        "{one_of: [new, used], default: old}",
        ['.default: does not meet the other rules: "old" is not one of "new", "used"'],
    ),
    "a default of another type": (
        "{type: number, default: '1'}",
        ['.default: does not meet the other rules: "1" is a text, not a number'],
    ),
    "a default out of range": (
        "{type: text, range: [1, 2], default: abc}",
        ['.default: does not meet the other rules: "abc" has a length of 3, more than 2'],
    ),
    "a default that does not match": (
        "{pattern: ^a, default: b}",
        ['.default: does not meet the other rules: "b" does not match /^a/'],
    ),
    "a default with a date": ("{default: {On: [2020-01-31 12:00:00]}}", [f".default: {NO_ZONE}"]),
    "a default without end": ("{default: .inf}", [".default: holds something that JSON does not have"]),
    "a default of bytes": ("{default: !!binary aGVsbG8=}", [".default: holds something that JSON does not have"]),
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


@pytest.mark.parametrize(("rule", "expected"), RULE_SCENARIOS.values(), ids=RULE_SCENARIOS.keys())
def test_problems_of_a_rule(tmp_path: Path, rule: str, expected: list[str]) -> None:
    found = problems_of(write_app(tmp_path, {"relive.yaml": MINIMAL + book(f"F: {rule}")}))
    assert found == [f"relive.yaml:6: types.Book.validate.fields.F{problem}" for problem in expected]


@pytest.mark.parametrize(("block", "expected"), FUNCTION_SCENARIOS.values(), ids=FUNCTION_SCENARIOS.keys())
def test_problems_of_a_function(tmp_path: Path, block: str, expected: list[str]) -> None:
    text = f"{MINIMAL}functions:\n  f:\n    validate:\n      {block}\n"
    found = problems_of(write_app(tmp_path, {"relive.yaml": text, "functions/f.py": ""}))
    assert found == [f"relive.yaml:5: functions.f.validate.{problem}" for problem in expected]
