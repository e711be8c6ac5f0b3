"""The secrets of each app: kept by name, read by its user code, and taken out of what leaves it."""

import re
import time
from collections.abc import Callable, Mapping, Sequence

from runtime.cache import Cache
from runtime.cloudcode.known_secrets import KnownSecrets
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
    here. Stored values are plain text for whoever may read the store. They are kept in memory for `cache_seconds`: for
    that long, code may get a value that another process has changed or removed. One that is new it gets at once.
    Raises ReliveError 601 if a configured secret's name or value breaks the rules.
    """

    def __init__(
        self,
        store: Store,
        configured: Mapping[str, Mapping[str, str]],
        *,
        cache_seconds: float = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        for values in configured.values():
            for name, value in values.items():
                _check(name, value)
        self._store = store
        self._configured = configured
        self._clock = clock
        self._values = Cache(self._loaded, cache_seconds, clock)
        self._known: dict[str, KnownSecrets] = {}

    def set(self, app_id: str, name: str, value: str) -> None:
        """Raises ReliveError 601 for a name or value that breaks the rules, or a name that the settings hold."""
        _check(name, value)
        self._refuse_configured(app_id, name)
        self._store.put(_partition(app_id), name, {"value": value})
        self._values.forget(app_id)

    def get(self, app_id: str, name: str) -> str | None:
        """The value; None when there is no secret of that name in the store either."""
        if not NAME.fullmatch(name):
            return None
        value = self._values.get(app_id).get(name)
        if value is None and self._store.get(_partition(app_id), name):
            value = self._values.fresh(app_id).get(name)
        return value

    def names(self, app_id: str) -> Sequence[str]:
        """The names of all secrets of the app, in order."""
        return sorted(self._values.get(app_id))

    def remove(self, app_id: str, name: str) -> bool:
        """False when there was none. Raises ReliveError 601 for a name that the settings hold."""
        self._refuse_configured(app_id, name)
        removed = bool(NAME.fullmatch(name)) and self._store.delete(_partition(app_id), name)
        self._values.forget(app_id)
        return removed

    def renew(self, app_id: str) -> None:
        """See that what is in memory is not too old. Before a request does anything: what fails here has no effect."""
        self._values.get(app_id)

    def redactor(self, app_id: str) -> Redactor:
        """A redactor for all that the app's code may have got here by now, also for what was changed or removed since.

        Asks the store only if nothing of the app is known yet.
        """
        if app_id not in self._known:
            self._values.get(app_id)
        return self._known[app_id].redactor

    def _loaded(self, app_id: str) -> Mapping[str, str]:
        values: dict[str, str] = {}
        after = None
        while True:
            page = self._store.page(_partition(app_id), after=after, limit=PAGE)
            values |= {record.key: record.value["value"] for record in page}
            if len(page) < PAGE:
                break
            after = page[-1].key
        values |= self._configured.get(app_id, {})
        self._known.setdefault(app_id, KnownSecrets()).see(values, self._clock())
        return values

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
