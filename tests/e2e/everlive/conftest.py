"""What a user of the app `library` talks to, a server or a deployed function, and the client that does."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.conftest import MASTER_KEY
from tests.e2e.bridge import Bridge
from tests.e2e.conftest import MASTER_KEY as SERVER_KEY
from tests.e2e.conftest import Server
from tests.e2e.everlive.client import FOLDER, Client
from tests.functions.emulator import emulator
from tests.functions.events import API
from tests.functions.package import environment_in_package
from tests.npm import install
from tests.store.stand_ins.stand_in import StandIn, environment

APP = "library"


@pytest.fixture(scope="session", params=["server", "lambda"])
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """One place and one client for all tests here; each file of tests has content types of its own."""
    if reason := install(FOLDER):
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp(f"everlive-{request.param}")
    with (
        _place(request, folder) as (host, master_key),
        Client(host, APP, master_key, folder) as client,
    ):
        yield client


def _place(request: pytest.FixtureRequest, folder: Path) -> AbstractContextManager[tuple[str, str]]:
    if request.param == "server":
        return _server(folder, request.getfixturevalue("guests"))
    return _lambda(folder, request.getfixturevalue("built") / "ApiFunction")


@contextmanager
def _server(folder: Path, guests: Path) -> Iterator[tuple[str, str]]:
    with Server(FOLDER / APP, folder, guests) as server:
        yield server.url.removeprefix("http://"), SERVER_KEY


@contextmanager
def _lambda(folder: Path, package: Path) -> Iterator[tuple[str, str]]:
    """The package in Lambda's emulator, with a table of DynamoDB's stand-in, behind what a function's URL does."""
    with StandIn("ministack") as aws:
        table = aws.create_table()
        variables = {
            **environment_in_package(package, folder),
            **environment(aws.url),
            "RELIVE_APP": str(FOLDER / APP),
            "RELIVE_TABLE": table,
            "RELIVE_BUDGET_SECONDS": "20",
        }
        with emulator(API, variables, package, folder / "log") as function, Bridge(function.invoke) as bridge:
            yield bridge.host, MASTER_KEY
        assert aws.client().scan(TableName=table)["Count"] > 0, "nothing was kept in the table"
