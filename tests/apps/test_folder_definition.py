"""relive.yaml: every rule, as what was written and what is said about it."""

from pathlib import Path

import pytest

from tests.apps.app_folders import problems_of, write_app

APP = "app: {id: shop, title: Shop}\n"
KINDS = "text, number, boolean, date, array, object, geopoint, file, relation, relations"
WORD = "is 1 to 64 letters, digits and _, starting with a letter"


FORGOTTEN = "is empty; list what is allowed, write [] for nothing, or leave the key out for everything"
NO_HOST = "{} is no host; write api.example.com, or *.example.com for all hosts below it, without scheme, port and path"


def book(field: str) -> str:
    return f"{APP}types:\n  Book:\n    fields:\n      F: {field}\n"


SCENARIOS = {
    "nothing at all": ("", ["1: app: is missing; it holds id, title"]),
    "only a comment": ("# nothing yet\n", ["1: app: is missing; it holds id, title"]),
    "an app with nothing behind it": ("app:\n", ["1: app.id: is missing", "1: app.title: is missing"]),
    "a list": ("- app\n", ["1: must hold keys (app, types, functions, http), not a list"]),
    "a text": ("hello\n", ["1: must hold keys (app, types, functions, http), not 'hello'"]),
    "an unknown key": (f"{APP}colour: red\n", ["2: colour: unknown key; known keys are app, types, functions, http"]),
    "an unknown key of the app": (
        "app: {id: shop, title: Shop,\n  owner: me}\n",
        ["2: app.owner: unknown key; known keys are id, title"],
    ),
    "an app id with a space": (
        "app: {id: my shop, title: Shop}\n",
        ["1: app.id: an app's id is 1 to 64 letters, digits, _ and -"],
    ),
    "an app id that is too long": (
        f"app: {{id: {'x' * 65}, title: Shop}}\n",
        ["1: app.id: an app's id is 1 to 64 letters, digits, _ and -"],
    ),
    "an app id with a line break": (
        'app: {id: "shop\\n", title: Shop}\n',
        ["1: app.id: an app's id is 1 to 64 letters, digits, _ and -"],
    ),
    "an app id that is an address": (
        "app: {id: metadata, title: Shop}\n",
        ["1: app.id: this id is taken by the administration API; choose another one"],
    ),
    "an app id that is a number": (
        "app: {id: 12, title: Shop}\n",
        ["1: app.id: must be text, not a number; put it in quotes"],
    ),
    "a title that is a date": (
        "app:\n  id: shop\n  title: 2024-01-31\n",
        ["3: app.title: must be text, not a date; put it in quotes"],
    ),
    "a title that is a switch": (
        "app:\n  id: shop\n  title: Yes\n",
        ["3: app.title: must be text, not true; put it in quotes"],
    ),
    "a title with nothing in it": (
        "app: {id: shop, title: ' '}\n",
        ["1: app.title: a title is one line of 1 to 200 characters"],
    ),
    "a title with nothing behind it": ("app:\n  id: shop\n  title:\n", ["3: app.title: must be text, not empty"]),
    "a title that is half a character": (
        'app: {id: shop, title: "\\uD83D"}\n',
        ["1: app.title: an escape sequence stands for half a character; write the whole one"],
    ),
    "a title of two lines": (
        "app: {id: shop, title: 'a\n\n  b'}\n",
        ["1: app.title: a title is one line of 1 to 200 characters"],
    ),
    "types as a list": (f"{APP}types: [Book]\n", ["2: types: must hold names, each with a definition, not a list"]),
    "a type as a text": (
        f"{APP}types: {{Book: public}}\n",
        ["2: types.Book: must hold keys (policy, bulk, after_errors, shards, fields, validate), not 'public'"],
    ),
    "a type's name with a hyphen": (f"{APP}types: {{My-Book: }}\n", [f"2: types.My-Book: a type's name {WORD}"]),
    "a type's name with a digit in front": (f"{APP}types: {{1st: }}\n", [f"2: types.1st: a type's name {WORD}"]),
    "a type's name that is too long": (
        f"{APP}types: {{{'B' * 65}: }}\n",
        [f"2: types.{'B' * 65}: a type's name {WORD}"],
    ),
    "a type that leads out of the folder": (f"{APP}types: {{../x: }}\n", [f"2: types.../x: a type's name {WORD}"]),
    "a built-in type": (
        f"{APP}types: {{Users: }}\n",
        ["2: types.Users: every app has this type already, and this version cannot extend it; remove it here"],
    ),
    "a type named as a path segment": (
        f"{APP}types: {{functions: }}\n",
        ["2: types.functions: this name is taken by Relive itself; choose another one"],
    ),
    "two types but for case": (
        f"{APP}types:\n  Book:\n  book:\n",
        ["4: types.book: differs from Book in case only; rename one of them"],
    ),
    "an unknown key of a type": (
        f"{APP}types: {{Book: {{field: {{}}}}}}\n",
        ["2: types.Book.field: unknown key; known keys are policy, bulk, after_errors, shards, fields, validate"],
    ),
    "an unknown policy": (
        f"{APP}types:\n  Book:\n    policy: open\n",
        ["4: types.Book.policy: must be one of private, shared, public, read-only, roles, not 'open'"],
    ),
    "a policy with nothing behind it": (
        f"{APP}types:\n  Book:\n    policy:\n",
        ["4: types.Book.policy: must be one of private, shared, public, read-only, roles, not empty"],
    ),
    "another way with bulk": (
        f"{APP}types:\n  Book:\n    bulk: none\n",
        ["4: types.Book.bulk: must be one of all, filtered, not 'none'"],
    ),
    "bulk as a switch": (
        f"{APP}types:\n  Book:\n    bulk: off\n",
        ["4: types.Book.bulk: must be one of all, filtered, not false"],
    ),
    "another way with errors": (
        f"{APP}types:\n  Book:\n    after_errors: ignore\n",
        ["4: types.Book.after_errors: must be one of fail, log, not 'ignore'"],
    ),
    "after_errors with nothing behind it": (
        f"{APP}types:\n  Book:\n    after_errors:\n",
        ["4: types.Book.after_errors: must be one of fail, log, not empty"],
    ),
    "too many shards": (
        f"{APP}types:\n  Book:\n    shards: 65\n",
        ["4: types.Book.shards: must be a whole number from 1 to 64"],
    ),
    "shards that are no number": (
        f"{APP}types:\n  Book:\n    shards: true\n",
        ["4: types.Book.shards: must be a whole number from 1 to 64"],
    ),
    "after_errors of a function": (
        f"{APP}functions:\n  f: {{after_errors: log}}\n",
        ["3: functions.f.after_errors: unknown key; known keys are execute, validate"],
    ),
    "fields as a list": (
        f"{APP}types: {{Book: {{fields: [Title]}}}}\n",
        ["2: types.Book.fields: must hold names, each with a definition, not a list"],
    ),
    "a field without type": (
        book("{unique: true}"),
        [f"5: types.Book.fields.F.type: is missing; it is one of {KINDS}"],
    ),
    "a field with nothing behind it": (book(""), [f"5: types.Book.fields.F.type: is missing; it is one of {KINDS}"]),
    "a field of the short form": (
        book("text"),
        ["5: types.Book.fields.F: must hold keys (type, unique, to), not 'text'"],
    ),
    "an unknown field type": (
        book("{type: string}"),
        [f"5: types.Book.fields.F.type: must be one of {KINDS}, not 'string'"],
    ),
    "an unknown key of a field": (
        book("{type: text, typo: 1}"),
        ["5: types.Book.fields.F.typo: unknown key; known keys are type, unique, to"],
    ),
    "unique as a text": (
        book("{type: text, unique: 'yes'}"),
        ["5: types.Book.fields.F.unique: must be true or false, not 'yes'"],
    ),
    "unique as a number": (
        book("{type: text, unique: 1}"),
        ["5: types.Book.fields.F.unique: must be true or false, not a number"],
    ),
    "a unique array": (
        book("{type: array, unique: true}"),
        ["5: types.Book.fields.F.unique: a field of type array cannot be unique"],
    ),
    "a unique object": (
        book("{type: object, unique: true}"),
        ["5: types.Book.fields.F.unique: a field of type object cannot be unique"],
    ),
    "unique relations": (
        book("{type: relations, to: Book, unique: true}"),
        ["5: types.Book.fields.F.unique: a field of type relations cannot be unique"],
    ),
    "too many unique fields": (
        book("{type: text}") + "".join(f"      U{n}: {{type: text, unique: true}}\n" for n in range(41)),
        ["4: types.Book.fields: 41 fields are unique; at most 40 may be"],
    ),
    "a relation to nothing": (
        book("{type: relation}"),
        ["5: types.Book.fields.F.to: is missing; a field of type relation names the type it points to"],
    ),
    "a text that points somewhere": (
        book("{type: text, to: Book}"),
        ["5: types.Book.fields.F.to: only relations point to a type, and this field is of type text"],
    ),
    "a relation to an unknown type": (
        book("{type: relation, to: Author}"),
        ["5: types.Book.fields.F.to: there is no type 'Author'; there are Book, Files, Users"],
    ),
    "a relation in other case": (
        book("{type: relation, to: book}"),
        ["5: types.Book.fields.F.to: there is no type 'book'; there are Book, Files, Users"],
    ),
    "a system field": (
        f"{APP}types:\n  Book:\n    fields:\n      CreatedAt: {{type: date}}\n",
        ["5: types.Book.fields.CreatedAt: every item has this field already; remove it here"],
    ),
    "the access list as a field": (
        f"{APP}types:\n  Book:\n    fields:\n      _ACL: {{type: object}}\n",
        ["5: types.Book.fields._ACL: every item has this field already; remove it here"],
    ),
    "a field's name with a dot": (
        f"{APP}types:\n  Book:\n    fields:\n      a.b: {{type: text}}\n",
        [f"5: types.Book.fields.a.b: a field's name {WORD}"],
    ),
    "a field's name with an operator's sign": (
        f"{APP}types:\n  Book:\n    fields:\n      $set: {{type: text}}\n",
        [f"5: types.Book.fields.$set: a field's name {WORD}"],
    ),
    "a function's name with a space": (
        f"{APP}functions:\n  top books:\n",
        ["3: functions.top books: a function's name is 1 to 64 letters, digits, _ and -, starting with a letter"],
    ),
    "a function that leads out of the folder": (
        f"{APP}functions: {{../../evil: }}\n",
        ["2: functions.../../evil: a function's name is 1 to 64 letters, digits, _ and -, starting with a letter"],
    ),
    "a function's name with a line break": (
        f'{APP}functions: {{"a\\nb": }}\n',
        ["2: functions.'a\\nb': a function's name is 1 to 64 letters, digits, _ and -, starting with a letter"],
    ),
    "a function without its file": (
        f"{APP}functions:\n  top_books: {{}}\n",
        ["3: functions.top_books: its code is missing: there is no file functions/top_books.py"],
    ),
    "one role without a list": (
        f"{APP}functions: {{f: {{execute: Editors}}}}\n",
        ["2: functions.f.execute: must be a list, such as [one, another], not 'Editors'"],
    ),
    "roles that were forgotten": (
        f"{APP}functions:\n  f:\n    execute:\n",
        ["4: functions.f.execute: " + FORGOTTEN],
    ),
    "a role that is a number": (
        f"{APP}functions:\n  f:\n    execute:\n      - Editors\n      - 7\n",
        ["6: functions.f.execute[1]: must be text, not a number; put it in quotes"],
    ),
    "a role without a name": (
        f"{APP}functions: {{f: {{execute: ['']}}}}\n",
        ["2: functions.f.execute[0]: a role's name is one line of 1 to 128 characters"],
    ),
    "hosts that were forgotten": (
        f"{APP}http:\n  allow:\n",
        ["3: http.allow: " + FORGOTTEN],
    ),
    "an address as a host": (
        f"{APP}http: {{allow: ['https://example.com/x']}}\n",
        ["2: http.allow[0]: " + NO_HOST.format("'https://example.com/x'")],
    ),
    "a star in the middle of a host": (
        f"{APP}http: {{allow: [api.*.com]}}\n",
        ["2: http.allow[0]: " + NO_HOST.format("'api.*.com'")],
    ),
    "an unknown key of http": (f"{APP}http: {{deny: []}}\n", ["2: http.deny: unknown key; known keys are allow"]),
    "all problems at once": (
        "app: {id: a b}\ntypes:\n  Book:\n    policy: open\n    fields:\n      Id: {type: text}\n"
        "      Author: {type: relation, to: Writer}\n      Tags: {type: array, unique: true, to: Book}\n"
        "functions:\n  f: {}\n  F: {}\nhtp: {}\n",
        [
            "1: app.id: an app's id is 1 to 64 letters, digits, _ and -",
            "1: app.title: is missing",
            "4: types.Book.policy: must be one of private, shared, public, read-only, roles, not 'open'",
            "6: types.Book.fields.Id: every item has this field already; remove it here",
            "7: types.Book.fields.Author.to: there is no type 'Writer'; there are Book, Files, Users",
            "8: types.Book.fields.Tags.to: only relations point to a type, and this field is of type array",
            "8: types.Book.fields.Tags.unique: a field of type array cannot be unique",
            "11: functions.F: differs from f in case only; rename one of them",
            "12: htp: unknown key; known keys are app, types, functions, http",
        ],
    ),
}


@pytest.mark.parametrize(("text", "expected"), SCENARIOS.values(), ids=SCENARIOS.keys())
def test_problems(tmp_path: Path, text: str, expected: list[str]) -> None:
    files = {"relive.yaml": text}
    if "f: {" in text or "  f:\n" in text:
        files["functions/f.py"] = ""
    found = problems_of(write_app(tmp_path, files))

    assert found == [f"relive.yaml:{line}" for line in expected]
