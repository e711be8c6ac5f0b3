"""The secrets of each app: kept by name, read by its user code, and taken out of what leaves it."""

import re
from collections.abc import Mapping, Sequence

from runtime.cloudcode.redactor import Redactor
from runtime.errors import ReliveError
from runtime.store.port import Store

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
"""Names are those that environment variables may have, so that a secret can move between the two."""

VALUE_BYTES = 32 * 1024
PAGE = 1000


class Secrets:
    """Secrets that an operator sets for an app, in the store or in the settings.

    `configured` holds those of the settings, by app; they win over stored ones of the same name and cannot be changed
    here. Stored values are plain text in the store, which only its owner can read. Raises ReliveError 601 if a
    configured secret's name or value breaks the rules.
    """

    def __init__(self, store: Store, configured: Mapping[str, Mapping[str, str]]) -> None:
        for values in configured.values():
            for name, value in values.items():
                _check(name, value)
        self._store = store
        self._configured = configured

    def set(self, app_id: str, name: str, value: str) -> None:
        """Raises ReliveError 601 for a name or value that breaks the rules, or a name that the settings hold."""
        _check(name, value)
        self._refuse_configured(app_id, name)
        self._store.put(_partition(app_id), name, {"value": value})

    def get(self, app_id: str, name: str) -> str | None:
        configured = self._configured.get(app_id, {})
        if name in configured:
            return configured[name]
        if not NAME.fullmatch(name):
            return None
        record = self._store.get(_partition(app_id), name)
        return record.value["value"] if record else None

    def names(self, app_id: str) -> Sequence[str]:
        """The names of all secrets of the app, in order."""
        return sorted(self._values(app_id))

    def remove(self, app_id: str, name: str) -> bool:
        """False when there was none. Raises ReliveError 601 for a name that the settings hold."""
        self._refuse_configured(app_id, name)
        return bool(NAME.fullmatch(name)) and self._store.delete(_partition(app_id), name)

    def redactor(self, app_id: str) -> Redactor:
        """A redactor for the app's secrets as they are now."""
        return Redactor(self._values(app_id))

    def _values(self, app_id: str) -> dict[str, str]:
        values: dict[str, str] = {}
        after = None
        while page := self._store.page(_partition(app_id), after=after, limit=PAGE):
            values |= {record.key: record.value["value"] for record in page}
            after = page[-1].key
        return values | dict(self._configured.get(app_id, {}))

    def _refuse_configured(self, app_id: str, name: str) -> None:
        if name in self._configured.get(app_id, {}):
            raise ReliveError(601, f"The secret {name} comes from the settings (RELIVE_SECRETS). Change it there.")


def _check(name: str, value: str) -> None:
    if not NAME.fullmatch(name):
        raise ReliveError(
            601,
            f"{name!r} cannot be the name of a secret: up to 100 letters, digits and underscores, "
            "the first of them not a digit.",
        )
    if not value:
        raise ReliveError(601, f"The secret {name} cannot be empty.")
    if len(value.encode("utf-8", "surrogatepass")) > VALUE_BYTES:
        raise ReliveError(601, f"The secret {name} is longer than {VALUE_BYTES // 1024} KB.")


def _partition(app_id: str) -> str:
    return f"secrets/{app_id}"
