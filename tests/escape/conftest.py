"""One application for all attempts, in a process whose environment has something to steal."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from runtime.application import Application
from runtime.settings import Settings
from tests.conftest import MASTER_KEY
from tests.escape.attempts import ATTACKER, NEIGHBOUR, Stage
from tests.escape.hostile_server import ORIGIN, hostile_server

CANARY = "canary-of-the-server"
"""A value in the server's environment that no user code may ever see."""

QUICK = {"test_introspection", "test_callers", "test_log_lies"}
"""What `make quick` runs of these tests, which together take more than a minute."""

SECRETS = {ATTACKER: {"KEY": "the attacker's own key"}, NEIGHBOUR: {"KEY": "the neighbour's key"}}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent and item.path.stem not in QUICK:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def escape_application(guests: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    friend = hostile_server()
    settings = Settings(
        data=tmp_path_factory.mktemp("data"), guests=guests, secrets=SECRETS, http_stand_ins={ORIGIN: friend.url}
    )
    with pytest.MonkeyPatch.context() as patch, closing(friend):
        patch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
        with closing(Application(settings, MASTER_KEY)) as application:
            application.warm_up()
            yield application


@pytest.fixture(scope="module")
def stage(escape_application: Application, request: pytest.FixtureRequest) -> Stage:
    """The stage for the table ATTEMPTS of a module, with its MORE_FUNCTIONS beside them."""
    more = getattr(request.module, "MORE_FUNCTIONS", {})
    stage = Stage(escape_application, request.module.ATTEMPTS, more)
    stage.set_up()
    return stage
