"""Headers of requests and responses."""

from collections.abc import Iterator, Mapping, MutableMapping


class Headers(MutableMapping[str, str]):
    """A dict of headers in which the case of names does not matter; it keeps the case they were set with."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values: dict[str, tuple[str, str]] = {}
        self.update(values or {})

    def __getitem__(self, name: str) -> str:
        return self._values[_key(name)][1]

    def __setitem__(self, name: str, value: str) -> None:
        self._values[_key(name)] = (name, value)

    def __delitem__(self, name: str) -> None:
        del self._values[_key(name)]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._values.values())

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(dict(self))


def _key(name: str) -> str:
    return name.lower() if isinstance(name, str) else name
