"""The master key of a local server: made at the first start, and kept in the data folder."""

import os
import secrets
from pathlib import Path

FILE_NAME = "master-key"


class MasterKeyError(Exception):
    """The kept key cannot be used; the message is a sentence that says why."""


def master_key(data: Path, configured: str = "") -> str:
    """The key that the settings give, else the kept one, else a new one, kept for its owner alone to read.

    Raises MasterKeyError.
    """
    if configured:
        return configured
    file = data / FILE_NAME
    try:
        data.mkdir(parents=True, exist_ok=True)
        return _make(file) or _read(file)
    except OSError as error:
        raise MasterKeyError(f"Cannot keep the master key in {file}: {error.strerror or error}.") from None


def _make(file: Path) -> str | None:
    """A new key, or None if there is one. Written beside and linked, so that nobody reads half a key."""
    if file.exists():
        return None
    key = secrets.token_urlsafe(32)
    fresh = file.with_name(f"{FILE_NAME}.{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    try:
        fresh.write_text(f"{key}\n")
        os.link(fresh, file)
    except FileExistsError:  # another start was faster
        return None
    finally:
        fresh.unlink()
    return key


def _read(file: Path) -> str:
    key = file.read_text().strip()
    if not key:
        raise MasterKeyError(f"{file} is empty. Delete it to get a new master key.")
    return key
