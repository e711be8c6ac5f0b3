"""Servers that the tests of faults start; whatever is left of one is ended after its test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.notes_app import write_app
from tests.faults.server import PATIENT_SECONDS, Server

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


@contextmanager
def running(folder: Path, guests: Path, **variables: str) -> Iterator[Server]:
    """A server of the notes app that is started, and ended after the block."""
    write_app(folder / "app")
    server = Server(folder, guests, **variables)
    try:
        server.start()
        yield server
    finally:
        server.end()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, guests: Path) -> Iterator[Server]:
    """A server that runs, for all tests of a file: each leaves it in order."""
    with running(tmp_path_factory.mktemp("server"), guests) as server:
        yield server


@pytest.fixture(scope="module")
def patient_server(tmp_path_factory: pytest.TempPathFactory, guests: Path) -> Iterator[Server]:
    """Another one, whose calls have so much time that they do not run out of it."""
    with running(tmp_path_factory.mktemp("server"), guests, RELIVE_BUDGET_SECONDS=str(PATIENT_SECONDS)) as server:
        yield server
