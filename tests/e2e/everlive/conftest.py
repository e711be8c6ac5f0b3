"""A server that a user started on the app `library`, and the client that talks to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import MASTER_KEY, Server
from tests.e2e.everlive.client import FOLDER, Client
from tests.npm import install

APP = "library"


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory, guests: Path) -> Iterator[Client]:
    """One server and one client for all tests here; each file of tests has content types of its own."""
    if reason := install(FOLDER):
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("everlive")
    with (
        Server(FOLDER / APP, folder, guests) as server,
        Client(server.url.removeprefix("http://"), APP, MASTER_KEY, folder) as client,
    ):
        yield client
