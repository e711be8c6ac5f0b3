"""What the depth header is signed with. All processes of a deployment must have the same."""

import hashlib
import secrets
from collections.abc import Callable
from functools import cache

from runtime.cloudcode.outgoing.depth import DEPTH_HEADER
from runtime.store.port import RecordExistsError, Store

PARTITION, KEY = "depth", "key"
"""Not beside the master key, whose records the functions of a deployment must not write."""


def derived_from(master_key: str) -> Callable[[], bytes]:
    """A key that is derived from the master key that the settings give, when it is first needed.

    Slowly on purpose: whoever is called sees signatures, and must not be able to find a short master key by trying.
    Raises ValueError for an empty one.
    """
    if not master_key:
        raise ValueError("The depth header needs a master key to be signed with.")

    @cache
    def key() -> bytes:
        # About 40 ms and 16 MB.
        salt = DEPTH_HEADER.encode("ascii")
        return hashlib.scrypt(master_key.encode("utf-8", "surrogateescape"), salt=salt, n=2**14, r=8, p=1, dklen=32)

    return key


def kept_in(store: Store) -> Callable[[], bytes]:
    """A random key that the store keeps. Whoever needs it first makes it. May raise StoreUnavailableError."""

    @cache
    def key() -> bytes:
        record = store.get(PARTITION, KEY)
        if record is None:
            try:
                record = store.insert(PARTITION, KEY, {"key": secrets.token_hex(32)})
            except RecordExistsError:  # another process was quicker
                return key()
        return bytes.fromhex(record.value["key"])

    return key
