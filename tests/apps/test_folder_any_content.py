"""Whatever is in the files of an app folder, loading it ends in an app or in an AppFolderError."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.apps.folder import AppFolderError, load
from tests.apps.app_folders import write_app

pytestmark = pytest.mark.slow

AS_MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

WORDS = [
    "app", "id", "title", "types", "fields", "functions", "execute", "http", "allow", "type", "unique", "to", "Book",
    "text", "relation", "true", "no", "~", "2024-13-45", "0x_", "1e9", "1:99:99", "=", "<<", "!!int", "!!binary",
    "!!timestamp", "!x", "&a", "*a", '"\\ud800"', '"\\U0011ffff"', "'", '"', "---", "...", "|", ">", "{", "}", "[", "]",
    "#", "é", "%YAML 1.1", "- ", "? ", ": ", ", ", "\n", "\n  ", "\n    ", "\t", "\0", "\x85", "\u2028", "\ufeff",
]  # fmt: skip

keys = st.sampled_from(WORDS) | st.text(max_size=4)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=25,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_app(tmp_path, {"functions/top.py": ""})


def load_or_refuse(folder: Path, content: bytes) -> None:
    try:
        load(write_app(folder, {"relive.yaml": content}))
    except AppFolderError as error:
        problems = error.problems
    else:
        return
    assert problems
    for problem in problems:
        assert str(problem).isprintable()
        assert "Input should" not in problem.message, "a sentence of pydantic's own"
        assert problem.line is None or problem.line >= 1


@AS_MANY
@given(content=st.binary(max_size=200))
def test_any_bytes(folder: Path, content: bytes) -> None:
    load_or_refuse(folder, content)


@AS_MANY
@given(words=st.lists(st.sampled_from(WORDS), max_size=40))
def test_any_words(folder: Path, words: list[str]) -> None:
    load_or_refuse(folder, "".join(words).encode("utf-8", "surrogatepass"))
    load_or_refuse(folder, " ".join(words).encode("utf-8", "surrogatepass"))


@AS_MANY
@given(value=values)
def test_any_values(folder: Path, value: object) -> None:
    load_or_refuse(folder, _flow(value).encode("utf-8", "replace"))


def _flow(value: object) -> str:
    """YAML's flow style is near enough to Python's own notation."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"? {_flow(key)} : {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return str(value)
