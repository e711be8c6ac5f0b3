from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.server import Server
from tests.local.two_processes import two_processes


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, guests: Path) -> Iterator[Server]:
    """A server of two processes, for all tests of a file that leave it in order."""
    with two_processes(tmp_path_factory.mktemp("server"), guests) as server:
        yield server
