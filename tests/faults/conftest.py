"""Servers that the tests of faults start; whatever is left of one is ended after its test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.notes_app import write_app
from tests.faults.server import Server

MakeServer = Callable[..., Server]


@pytest.fixture
def make_server(tmp_path: Path, guests: Path) -> Iterator[MakeServer]:
    """Makes servers of the notes app, not started yet, with settings as environment variables."""
    made: list[Server] = []

    def make(**variables: str) -> Server:
        folder = tmp_path / f"server-{len(made)}"
        write_app(folder / "app")
        made.append(Server(folder, guests, **variables))
        return made[-1]

    yield make
    for server in made:
        server.end()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, guests: Path) -> Iterator[Server]:
    """A server that runs, for all tests of a file: each leaves it in order."""
    folder = tmp_path_factory.mktemp("server")
    write_app(folder / "app")
    server = Server(folder, guests)
    server.start()
    yield server
    server.end()
