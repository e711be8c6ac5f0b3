"""Applications that tests share, because starting one takes longer than most of them do."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from runtime.application import Application
from runtime.apps.app import App
from runtime.settings import Settings
from tests.cloudcode.calling import SECRET, Serve
from tests.cloudcode.data_calls import BOOK, Items, MakeBooks, app_with
from tests.conftest import MASTER_KEY


@pytest.fixture(scope="session")
def shared_application(guests: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    settings = Settings(data=tmp_path_factory.mktemp("data"), guests=guests, prepare=False)
    with closing(Application(settings, MASTER_KEY)) as application:
        yield application


@pytest.fixture(scope="session")
def with_secrets(guests: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """Another one, whose apps have secrets."""
    secrets = {"app": {"KEY": SECRET}, "other": {"KEY": "the other app's key"}}
    settings = Settings(data=tmp_path_factory.mktemp("data"), guests=guests, secrets=secrets, prepare=False)
    with closing(Application(settings, MASTER_KEY)) as application:
        yield application


@pytest.fixture
def serve(shared_application: Application) -> Serve:
    """Serves an app in place of the one that had its id. Logs and items stay, so this is for apps that have none."""

    def serve(app: App) -> Application:
        shared_application.apps.apply(app)
        return shared_application

    return serve


@pytest.fixture
def books(shared_application: Application) -> MakeBooks:
    """Makes an app with these handlers of Book, and two books in it, which no handler has seen.

    `functions__best="..."` is the file `functions/best.py`.
    """

    def make(
        source: str,
        *,
        type_options: Mapping[str, Any] | None = None,
        more_types: Mapping[str, Any] | None = None,
        **files: str,
    ) -> Items:
        items = Items(shared_application, f"books-{uuid4().hex}")
        shared_application.apps.apply(app_with({}, id=items.app))
        for id, title in (("1", "Dune"), ("2", "Emma")):
            items.create({"Id": id, "Title": title, "Isbn": f"isbn-{id}"})
        paths = {f"{folder}/{name}.py": text for key, text in files.items() for folder, name in [key.split("__")]}
        types = {"Book": {**BOOK, **(type_options or {})}, **(more_types or {})}
        shared_application.apps.apply(app_with({"types/Book.py": source, **paths}, id=items.app, **types))
        return items

    return make
