"""What is kept, as commands find it: the store, and which app they are about."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runtime.cli.failure import CommandError

if TYPE_CHECKING:
    from runtime.settings import Settings
    from runtime.store.port import Store


@contextmanager
def open_store(settings: "Settings") -> "Iterator[Store]":
    """The store of the table that the settings name, else that of the data folder, made if it is not there."""
    from runtime.store.engine import open_engine

    engine = open_engine(settings)
    try:
        yield engine.records
    finally:
        engine.close()


def chosen_app(store: "Store", settings: "Settings", given: str | None) -> str:
    """The id of the app that a command is about: the given one, else that which was served last, or the only one.

    Raises CommandError.
    """
    from runtime.data.rollout_lease import known_apps
    from runtime.local.last_served import last_served

    if app_id := given or last_served(store):
        return app_id
    match known_apps(store) if settings.table else []:
        case []:
            place = f"the table {settings.table}" if settings.table else settings.data
            raise CommandError(f"No app was served from {place} yet. Say which app: --app ID")
        case [app_id]:
            return app_id
        case several:
            raise CommandError(f"There are several apps: {', '.join(several)}. Say which one: --app ID")
