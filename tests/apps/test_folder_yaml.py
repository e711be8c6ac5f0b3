"""relive.yaml as a YAML file: what is wrong with it before its content counts."""

from pathlib import Path

import pytest

from runtime.apps.folder import load
from tests.apps.app_folders import problems_of, write_app

APP = "app: {id: shop, title: Shop}\n"
WHILE_FLOW = "while parsing a flow node that begins on line {}"

SCENARIOS = {
    "a key twice": (f"{APP}app: {{id: other, title: Other}}\n", ["2: app: stands here twice, first on line 1"]),
    "a field twice": (
        f"{APP}types:\n  Book:\n    fields:\n      A: {{type: text}}\n      A: {{type: text}}\n",
        ["6: types.Book.fields.A: stands here twice, first on line 5"],
    ),
    "a key that is a list": (f"{APP}? [a, b]\n: c\n", ["2: a key must be text, and here is a list or a group of keys"]),
    "a merge": (
        f"{APP}types:\n  Book: &book {{policy: public}}\n  Author:\n    <<: *book\n",
        ["5: types.Author: merging with << is not supported; write the keys out"],
    ),
    "a date that is none": (
        f"{APP}types:\n  Book:\n    policy: 2024-13-45\n",
        [
            "4: types.Book.policy: '2024-13-45' cannot be read as !!timestamp; put it in quotes",
            "4: types.Book.policy: must be one of private, shared, public, read-only, roles, not '2024-13-45'",
        ],
    ),
    "a Python object": (
        f"{APP}types:\n  Book:\n    fields: !!python/object/apply:os.getcwd []\n",
        [
            "4: types.Book.fields: the tag !!python/object/apply:os.getcwd means nothing here; remove it",
            "4: types.Book.fields: must hold names, each with a definition, not a list",
        ],
    ),
    "a Python name": (
        "app: {id: shop, title: !!python/name:os.system ''}\n",
        [
            "1: app.title: '' cannot be read as !!python/name:os.system; put it in quotes",
            "1: app.title: a title is one line of 1 to 200 characters",
        ],
    ),
    "no YAML": (
        f"{APP}types: {{\n",
        ["3: this is not YAML: expected the node content, but found '<stream end>', " + WHILE_FLOW.format(3)],
    ),
    "a quote that does not end": (
        f"{APP}types: 'x\n\n\n",
        ["5: this is not YAML: found unexpected end of stream, while scanning a quoted scalar that begins on line 2"],
    ),
    "a colon too many": (f"{APP}types: a: b\n", ["2: this is not YAML: mapping values are not allowed here"]),
    "a tab": (f"{APP}types:\n\tBook: \n", ["3: this is not YAML: a tab cannot indent; use spaces"]),
    "an alias without anchor": (f"{APP}types: *book\n", ["2: this is not YAML: found undefined alias 'book'"]),
    "two documents": (
        f"{APP}---\n{APP}",
        ["2: this is not YAML: expected a single document in the stream, but found another document"],
    ),
    "a control character": (f"{APP}types: \x07\n", ["2: the character '\\x07' cannot stand in a YAML file"]),
    "an escape beyond Unicode": (
        'app: {id: "\\UFFFFFFFF"}\n',
        ["1: this is not YAML: an escape sequence stands for no character"],
    ),
    "deep nesting": (f"{APP}types: {'[' * 5000}\n", ["2: this is not YAML: it is nested too deep"]),
    "an alias inside itself": (
        f"{APP}types: &loop\n  Book: *loop\n",
        ["2: there is too much in this file once its aliases are followed"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), SCENARIOS.values(), ids=SCENARIOS.keys())
def test_problems(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert problems_of(write_app(tmp_path, {"relive.yaml": text})) == [f"relive.yaml:{line}" for line in expected]


KEYS_AS_WRITTEN = ["on", "No", "y"]


@pytest.mark.parametrize("name", KEYS_AS_WRITTEN)
def test_a_key_is_text_as_written(tmp_path: Path, name: str) -> None:
    text = APP + f"functions:\n  {name}:\n"
    app = load(write_app(tmp_path, {"relive.yaml": text, f"functions/{name}.py": ""}))
    assert list(app.definition.functions) == [name]


def test_anchors_and_aliases(tmp_path: Path) -> None:
    text = APP + "types:\n  A: &a {policy: public}\n  B: *a\n"
    assert load(write_app(tmp_path, {"relive.yaml": text})).definition.types["B"].policy == "public"


def test_a_bomb_of_aliases_is_refused(tmp_path: Path) -> None:
    lines = ["a: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 15)]
    found = problems_of(write_app(tmp_path, {"relive.yaml": "\n".join(lines)}))

    assert len(found) == 1
    assert found[0].endswith("there is too much in this file once its aliases are followed")
