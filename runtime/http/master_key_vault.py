"""Where the master key itself is kept: its file, or its parameter. Servers know its digest alone."""

import secrets
import time
from typing import Protocol

from runtime.http.master_key import KeptMasterKey

SETTLE_SECONDS = 2.0
"""After so long, a rotation has told the servers, and every read of a parameter knows of it."""


class MasterKeyError(Exception):
    """The kept key cannot be used; the message is a sentence that says why."""


class Vault(Protocol):
    """Both methods may raise MasterKeyError."""

    def key(self) -> str:
        """The key, which is made if there is none."""
        ...

    def replace(self, key: str) -> None: ...


def new_key() -> str:
    """A key of 256 random bits."""
    return secrets.token_urlsafe(32)


def accepted_key(vault: Vault, keys: KeptMasterKey) -> str:
    """The key of the vault, which servers accept from now on. May raise MasterKeyError and StoreError."""
    key = vault.key()
    if keys.has_another(key):
        # Another command may be replacing it right now, and not every read of a parameter sees that at once: the key
        # that it has made void must not come back.
        time.sleep(SETTLE_SECONDS)
        key = vault.key()
    keys.accept(key)
    return key
