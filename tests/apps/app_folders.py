"""Writes app folders for tests, and reads what is wrong with them."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from runtime.apps.folder import AppFolderError, load

MINIMAL = "app: {id: shop, title: Shop}\n"
RULE_KEYS = "required, type, range, pattern, one_of, default"


def write_app(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files by their path inside the folder; `relive.yaml` is a minimal one unless given."""
    for path, content in {"relive.yaml": MINIMAL, **files}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def problems_of(folder: Path) -> list[str]:
    """The problems of a folder that must have some."""
    with pytest.raises(AppFolderError) as raised:
        load(folder)
    problems = [str(problem) for problem in raised.value.problems]
    assert str(raised.value) == "\n".join(problems)
    return problems


def book_with_rule(rule: str, declared: str = "{type: number}") -> str:
    """The types of a definition. `rule` is that of the field F on line 6, `declared` the field N."""
    return f"types:\n  Book:\n    fields: {{N: {declared}}}\n    validate: {{fields: {{\n      {rule}}}}}\n"
