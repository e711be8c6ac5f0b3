"""The rules for a value in relive.yaml, each as what was written and what is said about it."""

from pathlib import Path

import pytest

from tests.apps.app_folders import MINIMAL, RULE_KEYS, book_with_rule, problems_of, write_app

TYPES = "text, number, boolean, date, array, object"
EMPTY = "is empty; give it a value, or leave the key out"
TWO = "must be a list of the least and the most, such as [1, 200]; null leaves a side open"
NO_LENGTH = "is not a length, which is a whole number from 0, as a range of type {} needs it"
NO_ZONE = "holds a date without its time zone; write it like 2026-01-31T12:00:00Z, or in quotes"

RULE_SCENARIOS = {
    "a short form": ("text", [f": must hold keys ({RULE_KEYS}), not 'text'"]),
    "an unknown key": ("{unique: true}", [f".unique: unknown key; known keys are {RULE_KEYS}"]),
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


@pytest.mark.parametrize(("rule", "expected"), RULE_SCENARIOS.values(), ids=RULE_SCENARIOS.keys())
def test_problems_of_a_rule(tmp_path: Path, rule: str, expected: list[str]) -> None:
    found = problems_of(write_app(tmp_path, {"relive.yaml": MINIMAL + book_with_rule(f"F: {rule}")}))
    assert found == [f"relive.yaml:6: types.Book.validate.fields.F{problem}" for problem in expected]
