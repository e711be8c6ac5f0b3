"""The depth header: how deep in calls of user code to user code an outgoing request was made.

Every call that leaves carries it, so that a loop which goes through the network and comes back is still counted. It is
signed, because a caller must not be able to make the requests of others fail by claiming a depth.
"""

import hashlib
import hmac
import time
from collections.abc import Callable

DEPTH_HEADER = "x-relive-depth"
LONGEST_VALUE = 128
"""Characters."""

LIFETIME_SECONDS = 900
"""Longer than any request may last (settings.budget_seconds), so that a value cannot be replayed for ever."""

CLOCK_SKEW_SECONDS = 60


class DepthSigner:
    """Signs and verifies the values of the depth header: `depth.issued.signature`, issued in seconds since the epoch.

    `key` gives the bytes to sign with, the same in all processes of a deployment (see depth_key). `clock` gives seconds
    since the epoch. Both methods raise what `key` raises.
    """

    def __init__(self, key: Callable[[], bytes], clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._clock = clock

    def sign(self, depth: int) -> str:
        """The header's value for a request that arrives `depth` levels deep."""
        claim = f"{depth}.{int(self._clock())}"
        return f"{claim}.{self._signature(claim)}"

    def verify(self, value: str | None) -> int:
        """The depth that an incoming request starts at; 0 without the header.

        A forged, damaged or old value counts as none: it proves nothing, and leaving it out would have done the same.
        """
        if value is None or len(value) > LONGEST_VALUE or not value.isascii():
            return 0
        claim, _, signature = value.rpartition(".")
        depth, _, issued = claim.partition(".")
        if not (depth.isdecimal() and issued.isdecimal()):
            return 0
        if not hmac.compare_digest(signature, self._signature(claim)):
            return 0
        age = self._clock() - int(issued)
        return int(depth) if -CLOCK_SKEW_SECONDS <= age <= LIFETIME_SECONDS else 0

    def _signature(self, claim: str) -> str:
        return hmac.new(self._key(), claim.encode("ascii"), hashlib.sha256).hexdigest()
