"""The master key of a local server: made at the first start, and kept in the data folder."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.http.master_key_vault import MasterKeyError, new_key

FILE_NAME = "master-key"


def master_key(data: Path, configured: str = "") -> str:
    """The key that the settings give, else the kept one, else a new one, kept for its owner alone to read.

    Raises MasterKeyError.
    """
    if configured:
        return configured
    return MasterKeyFile(data).key()


class MasterKeyFile:
    """A Vault: the key in its file of a data folder. Both methods raise MasterKeyError."""

    def __init__(self, data: Path) -> None:
        self._file = data / FILE_NAME

    def key(self) -> str:
        """The key that is kept, else a new one."""
        with self._keeping():
            return _make(self._file) or _read(self._file)

    def replace(self, key: str) -> None:
        with self._keeping(), _fresh(self._file, key) as fresh:
            os.replace(fresh, self._file)

    @contextmanager
    def _keeping(self) -> Iterator[None]:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            yield
        except OSError as error:
            raise MasterKeyError(f"Cannot keep the master key in {self._file}: {error.strerror or error}.") from None


def _make(file: Path) -> str | None:
    """A new key, or None if there is one."""
    if file.exists():
        return None
    key = new_key()
    with _fresh(file, key) as fresh:
        try:
            os.link(fresh, file)
        except FileExistsError:  # another start was faster
            return None
    return key


@contextmanager
def _fresh(file: Path, key: str) -> Iterator[Path]:
    """A file with the key beside the right one, to be put in its place as a whole: nobody reads half a key."""
    fresh = file.with_name(f"{FILE_NAME}.{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    try:
        fresh.write_text(f"{key}\n")
        yield fresh
    finally:
        fresh.unlink(missing_ok=True)


def _read(file: Path) -> str:
    key = file.read_text().strip()
    if not key:
        raise MasterKeyError(f"{file} is empty. Delete it to get a new master key.")
    return key
