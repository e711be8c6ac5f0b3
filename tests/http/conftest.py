"""The real application with two small apps: one of functions, one of data."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from runtime.application import Application
from runtime.apps.folder import load
from runtime.settings import Settings
from tests.function_url import Answer, make_event, read_answer
from tests.http.calling import MASTER_KEY, Call
from tests.http.shelf import SECRET


@pytest.fixture(scope="session")
def application(guests: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    secrets = {"library": {"KEY": SECRET}}
    settings = Settings(data=tmp_path_factory.mktemp("data"), guests=guests, secrets=secrets)
    application = Application(settings, MASTER_KEY)
    for folder in ("app", "library"):
        application.apps.apply(load(Path(__file__).parent / folder))
    yield application
    application.close()


@pytest.fixture(scope="session")
def call(application: Application) -> Call:
    def call(
        method: str, path: str, headers: Mapping[str, str] | None = None, body: str | bytes | None = None
    ) -> Answer:
        return read_answer(application.handle(make_event(method, path, headers, body), "request-1"))

    return call
