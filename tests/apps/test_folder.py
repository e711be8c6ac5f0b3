"""An app folder: what is read, and what is said about files that do not fit."""

import os
from pathlib import Path

import pytest

from runtime.apps.folder import AppFolderError, Problem, load
from tests.apps.app_folders import MINIMAL, problems_of, write_app

COMPLETE = """\
app: {id: shop, title: Shop 🛒}
types:
  Book:
    policy: read-only
    fields:
      Title: {type: text, unique: true}
      Author: {type: relation, to: Author}
      Readers: {type: relations, to: Users}
      Cover: {type: file}
  Author:
functions:
  top_books:
  On: {execute: [Registered, "Night shift"]}
  secret-plan: {execute: []}
http: {allow: [API.Example.com, "*.example.org"]}
"""


def test_a_complete_app(tmp_path: Path) -> None:
    code = {
        "types/Book.py": "# Книга\n",
        "functions/top_books.py": "\ufeffprint()\r\n",
        "functions/On.py": "",
        "functions/secret-plan.py": "this is not Python, and that is not known here",
        "shared/catalogue.py": "BOOKS = []\n",
    }
    app = load(write_app(tmp_path, {"relive.yaml": "\ufeff" + COMPLETE, **code}))

    assert app.id == "shop"
    assert app.definition.app.title == "Shop 🛒"
    assert app.code == {**code, "functions/top_books.py": "print()\r\n"}
    assert app.definition.types["Book"].policy == "read-only"
    assert app.definition.types["Author"].policy == "shared"
    assert app.definition.types["Book"].fields["Title"].unique
    assert app.definition.types["Book"].fields["Author"].to == "Author"
    assert {name: function.execute for name, function in app.definition.functions.items()} == {
        "top_books": None,
        "On": ["Registered", "Night shift"],
        "secret-plan": [],
    }
    assert app.definition.http.allow == ["api.example.com", "*.example.org"]


def test_a_definition_survives_storing(tmp_path: Path) -> None:
    functions = {f"functions/{name}.py": "" for name in ("top_books", "On", "secret-plan")}
    definition = load(write_app(tmp_path, {"relive.yaml": COMPLETE, **functions})).definition

    assert type(definition).model_validate_json(definition.model_dump_json()) == definition
    assert type(definition).model_validate(definition.model_dump()) == definition


FUNCTION = MINIMAL + "functions: {top: {}}\n"
TYPE = MINIMAL + "types: {Book: {}}\n"

IGNORED = {
    "a readme": {"README.md": "# Shop", "functions/README.md": "", "shared/notes.txt": ""},
    "what Python leaves": {"functions/__pycache__/x.pyc": b"\xff", "shared/__pycache__/y.pyc": b"\xff"},
    "hidden files": {".git/config": "", "functions/.hidden.py": b"\xff", "shared/.#lock.py": ""},
    "other folders": {"tests/test_top.py": "", "data.py": "", "node_modules/x.js": ""},
    "empty package files": {"functions/__init__.py": "", "types/__init__.py": "\n", "shared/__init__.py": ""},
    "what editors leave": {"functions/top.py~": "", "functions/top.py.swp": b"\xff"},
}


@pytest.mark.parametrize("files", IGNORED.values(), ids=IGNORED.keys())
def test_ignored(tmp_path: Path, files: dict[str, str]) -> None:
    assert load(write_app(tmp_path, files)).code == {}


SCENARIOS: dict[str, tuple[dict[str, str | bytes], list[str]]] = {
    "a function's code without entry": (
        {"functions/top.py": ""},
        ["functions/top.py: relive.yaml has no entry functions.top; add `top: {}` there, or remove the file"],
    ),
    "a type's code without entry": (
        {"types/Book.py": ""},
        ["types/Book.py: relive.yaml has no entry types.Book; add `Book: {}` there, or remove the file"],
    ),
    "an entry of the wrong kind": (
        {"relive.yaml": TYPE, "functions/Book.py": ""},
        ["functions/Book.py: relive.yaml has no entry functions.Book; add `Book: {}` there, or remove the file"],
    ),
    "a name in other case": (
        {"relive.yaml": FUNCTION, "functions/Top.py": ""},
        ["functions/Top.py: relive.yaml has no entry functions.Top; rename it to top.py"],
    ),
    "a type's name in other case": (
        {"relive.yaml": TYPE, "types/book.py": ""},
        ["types/book.py: relive.yaml has no entry types.book; rename it to Book.py"],
    ),
    "a folder in other case": (
        {"relive.yaml": FUNCTION, "Functions/top.py": ""},
        [
            "relive.yaml:2: functions.top: its code is missing: there is no file functions/top.py",
            "Functions: must be spelt functions",
        ],
    ),
    "a folder in a folder": (
        {"shared/deep/prices.py": ""},
        ["shared/deep: is a folder; put its files directly into shared/"],
    ),
    "a file in place of a folder": ({"shared": ""}, ["shared: cannot be read: Not a directory"]),
    "JavaScript": (
        {"relive.yaml": FUNCTION, "functions/top.js": ""},
        ["functions/top.js: JavaScript is not available yet in this version; write it in Python"],
    ),
    "package code": (
        {"shared/__init__.py": "import os"},
        ["shared/__init__.py: would never run; move the code to a file with a name"],
    ),
    "shared code that cannot be imported": (
        {"shared/my-prices.py": "", "shared/class.py": ""},
        [
            "shared/class.py: cannot be imported by this name; use letters, digits and _",
            "shared/my-prices.py: cannot be imported by this name; use letters, digits and _",
        ],
    ),
    "code that is not UTF-8": (
        {"shared/prices.py": "ok = 1\nname = 'Grün'\n".encode("latin-1")},
        ["shared/prices.py:2: is not UTF-8 text (byte 0xfc); save it as UTF-8"],
    ),
    "code that is not UTF-8 and says so": (
        {"shared/prices.py": "# coding: latin-1\nname = 'Grün'\n".encode("latin-1")},
        ["shared/prices.py:2: is not UTF-8 text (byte 0xfc); save it as UTF-8"],
    ),
    "UTF-8 that ends too early": (
        {"shared/prices.py": b"\xef\xbb\xbfa\n\xe2\x82"},
        ["shared/prices.py:2: is not UTF-8 text (byte 0xe2); save it as UTF-8"],
    ),
    "a definition that is not UTF-8": (
        {"relive.yaml": MINIMAL.encode("utf-16"), "shared/p.py": b"\xff"},
        [
            "relive.yaml:1: is not UTF-8 text (byte 0xff); save it as UTF-8",
            "shared/p.py:1: is not UTF-8 text (byte 0xff); save it as UTF-8",
        ],
    ),
    "large code": ({"shared/prices.py": b"#" * (1024 * 1024 + 1)}, ["shared/prices.py: is larger than 1024 KB"]),
    "a large definition": ({"relive.yaml": b"#" * (1024 * 1024 + 1)}, ["relive.yaml: is larger than 1024 KB"]),
    "a broken definition and broken code": (
        {"relive.yaml": "app: [\n", "shared/p.py": b"\xff", "functions/top.py": ""},
        [
            "relive.yaml:2: this is not YAML: expected the node content, but found '<stream end>', "
            "while parsing a flow node that begins on line 2",
            "shared/p.py:1: is not UTF-8 text (byte 0xff); save it as UTF-8",
        ],
    ),
    "a wrong definition and code without entry": (
        {"relive.yaml": "app: {id: shop}\nfunctions: {b: {}}\n", "functions/a.py": ""},
        [
            "relive.yaml:1: app.title: is missing",
            "relive.yaml:2: functions.b: its code is missing: there is no file functions/b.py",
            "functions/a.py: relive.yaml has no entry functions.a; add `a: {}` there, or remove the file",
        ],
    ),
}


@pytest.mark.parametrize(("files", "expected"), SCENARIOS.values(), ids=SCENARIOS.keys())
def test_problems(tmp_path: Path, files: dict[str, str | bytes], expected: list[str]) -> None:
    assert problems_of(write_app(tmp_path, files)) == expected


def test_the_largest_file(tmp_path: Path) -> None:
    files = {"shared/prices.py": b"#" * (1024 * 1024)}
    assert len(load(write_app(tmp_path, files)).code["shared/prices.py"]) == 1024 * 1024


def test_no_folder(tmp_path: Path) -> None:
    assert problems_of(tmp_path / "shop") == [f"{tmp_path}/shop: there is no such folder"]


def test_a_file_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("")
    assert problems_of(tmp_path / "shop") == [f"{tmp_path}/shop: is not a folder"]


def test_no_definition(tmp_path: Path) -> None:
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "top.py").write_text("")
    assert problems_of(tmp_path) == ["relive.yaml: is missing"]


@pytest.mark.parametrize("name", ["relive.yml", "Relive.yaml"])
def test_a_definition_by_another_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(MINIMAL)
    assert problems_of(tmp_path) == [f"relive.yaml: is missing; rename {name} to it"]


def test_links(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text("KEY = 'x'")
    folder = write_app(tmp_path / "app", {"shared/real.py": "A = 1"})
    links = {
        "shared/away.py": outside / "secret.py",
        "shared/inside.py": folder / "shared" / "real.py",
        "shared/loop.py": folder / "shared" / "loop.py",
        "shared/nowhere.py": folder / "nowhere.py",
        "types": outside,
    }
    for path, target in links.items():
        (folder / path).symlink_to(target)

    assert problems_of(folder) == [
        "shared/away.py: leads out of the app folder; copy the file into it",
        "shared/loop.py: cannot be read: Too many levels of symbolic links",
        "shared/nowhere.py: cannot be read: No such file or directory",
        "types/secret.py: leads out of the app folder; copy the file into it",
    ]


def test_a_link_to_the_app_folder(tmp_path: Path) -> None:
    write_app(tmp_path / "app-2", {"shared/real.py": "A = 1"})
    (tmp_path / "current").symlink_to(tmp_path / "app-2")
    assert load(tmp_path / "current").code == {"shared/real.py": "A = 1"}


def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    folder = write_app(tmp_path, {"shared/real.py": ""})
    os.mkfifo(folder / "shared" / "pipe.py")
    assert problems_of(folder) == ["shared/pipe.py: is not a file"]


def test_a_strange_file_name_is_shown_on_one_line(tmp_path: Path) -> None:
    folder = write_app(tmp_path, {})
    (folder / "shared").mkdir()
    os.close(os.open(os.fsencode(folder) + b"/shared/a\nb\xff.py", os.O_CREAT | os.O_WRONLY))
    [problem] = problems_of(folder)
    assert problem == "shared/a\\nb\\udcff.py: cannot be imported by this name; use letters, digits and _"


def test_a_problem_with_its_parts(tmp_path: Path) -> None:
    with pytest.raises(AppFolderError) as raised:
        load(write_app(tmp_path, {"relive.yaml": "app: {id: shop, title: Shop}\nx: 1\n"}))
    message = "unknown key; known keys are app, types, functions, http"
    assert raised.value.problems == [Problem("relive.yaml", 2, "x", message)]
