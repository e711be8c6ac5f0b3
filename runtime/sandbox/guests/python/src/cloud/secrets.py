"""Reads the app's secrets."""

from cloud.replies import value_in
from relive_guest import host
from relive_guest.pending import Pending, value_of


class Secrets:
    """The app's secrets by name. They are set with `relive secrets set`, never in code."""

    def __getitem__(self, name: str) -> str:
        value = self._read(name)
        if value is None:
            raise KeyError(f"The app has no secret {name!r}. Set it with: relive secrets set {name}")
        return value

    def get(self, name: str, default: str | None = None) -> str | None:
        """The secret, or `default` when the app has none of that name."""
        value = self._read(name)
        return default if value is None else value

    def __contains__(self, name: str) -> bool:
        return self._read(name) is not None

    def _read(self, name: str) -> str | None:
        value: str | None = value_of(Pending(host.start("secrets.get", {"name": name}), value_in))
        return value


secrets = Secrets()
