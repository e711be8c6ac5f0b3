"""The data folder as commands find it: the store in it, and which app they are about."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runtime.cli.failure import CommandError

if TYPE_CHECKING:
    from runtime.settings import Settings
    from runtime.store.port import Store


@contextmanager
def open_store(settings: "Settings") -> "Iterator[Store]":
    """The store of the data folder, made if it is not there."""
    from runtime.application import database
    from runtime.store.sqlite.records import SqliteStore

    store = SqliteStore(database(settings.data))
    try:
        yield store
    finally:
        store.close()


def chosen_app(store: "Store", settings: "Settings", given: str | None) -> str:
    """The id of the app that a command is about: the given one, else that which was served last.

    Raises CommandError.
    """
    from runtime.local.last_served import last_served

    app_id = given or last_served(store)
    if app_id is None:
        raise CommandError(f"No app was served from {settings.data} yet. Say which app: --app ID")
    return app_id
