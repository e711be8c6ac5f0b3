"""Reads the app's secrets."""

from cloud.calls import begin
from relive_guest.pending import Pending, value_of


class NoSuchSecret(KeyError):
    """The app has no secret of that name."""

    def __str__(self) -> str:  # a KeyError would put its message in quotes
        return f"The app has no secret {self.args[0]!r}. Set it with: relive secrets set {self.args[0]}"


class Secrets:
    """The app's secrets by name. They are set with `relive secrets set`, never in code."""

    def __init__(self) -> None:
        self._read_before: dict[str, str | None] = {}

    def __getitem__(self, name: str) -> str:
        """The secret. Raises KeyError when the app has none of that name."""
        value = self._read(name)
        if value is None:
            raise NoSuchSecret(name)
        return value

    def get(self, name: str, default: str | None = None) -> str | None:
        """The secret, or `default` when the app has none of that name."""
        value = self._read(name)
        return default if value is None else value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._read(name) is not None

    def _read(self, name: str) -> str | None:
        if not isinstance(name, str):
            raise TypeError(f"The name of a secret is a text, not {name!r}.")
        if name not in self._read_before:
            self._read_before[name] = value_of(begin("secrets.get", {"name": name}, lambda value: value, Pending))
        return self._read_before[name]


secrets = Secrets()
