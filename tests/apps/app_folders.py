"""Writes app folders for tests, and reads what is wrong with them."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from runtime.apps.folder import AppFolderError, load

MINIMAL = "app: {id: shop, title: Shop}\n"


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
