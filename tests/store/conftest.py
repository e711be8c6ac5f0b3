from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.store.documents import Documents
from runtime.store.port import Store
from tests.store.engines import DOCUMENT_ENGINES, ENGINES, Clock, marked


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=marked(ENGINES))
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    store = ENGINES[request.param](tmp_path, clock)
    yield store
    store.close()


@pytest.fixture(params=marked(DOCUMENT_ENGINES))
def documents(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Documents]:
    with DOCUMENT_ENGINES[request.param](tmp_path) as documents:
        yield documents
