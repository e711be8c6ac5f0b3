"""Which app was served last from a data folder, so that commands need not be told."""

from runtime.store.port import Store

PARTITION, KEY = "local", "last-served"


def remember_served(store: Store, app_id: str) -> None:
    store.put(PARTITION, KEY, {"app": app_id})


def last_served(store: Store) -> str | None:
    """The id of the app, None if none was served yet."""
    record = store.get(PARTITION, KEY)
    return record.value["app"] if record else None
