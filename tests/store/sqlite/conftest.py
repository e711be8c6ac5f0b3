from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.store.sqlite.documents import SqliteDocuments
from tests.store.sqlite.preparing import program


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "relive.db"


@pytest.fixture
def documents(path: Path) -> Iterator[SqliteDocuments]:
    with program(path) as documents:
        yield documents
