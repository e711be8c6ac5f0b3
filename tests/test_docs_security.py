"""Keeps the page about security true: the tests that it names are there, and so are the layers that it lists."""

import re

from runtime.sandbox.lockdown import limits, rules
from tests.conftest import ROOT
from tests.documents import Document
from tests.sandbox.lockdown.test_layers import ALL

SECURITY, OPERATIONS = (Document.read(ROOT / "docs" / f"{name}.md") for name in ("security", "operations"))


def test_the_tests_that_hold_a_boundary_are_there() -> None:
    named = re.findall(r"`(tests/[^`]*)`", SECURITY.text)
    assert len(named) > 30
    assert [path for path in named if not (ROOT / path).is_file()] == []


def test_every_boundary_has_tests() -> None:
    section = SECURITY.text.split("## The boundaries")[1].split("\n## ")[0]
    boundaries = re.split(r"^### ", section, flags=re.MULTILINE)[1:]
    assert len(boundaries) == 7
    assert [text.split("\n")[0] for text in boundaries if "`tests/" not in text] == []


def test_every_layer_is_explained() -> None:
    listed = [row[0].strip("`") for row in SECURITY.rows if re.fullmatch("`[a-z_]+`", row[0])]
    assert listed == ["server_hidden", *ALL]


def test_the_numbers() -> None:
    for page in (SECURITY, OPERATIONS):
        assert set(re.findall(r"(\d+) system calls", page.text)) == {str(len(rules.ALLOWED))}
    assert f"{limits.DESCRIPTORS} descriptors" in SECURITY.text
