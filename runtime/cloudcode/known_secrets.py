"""What the code of one app may have been given of its secrets."""

import threading
from collections.abc import Mapping

from runtime.cloudcode.redactor import Redactor

FORMER_SECONDS = 900.0
"""How long a value is taken out of text after it was changed or removed: longer than a call lasts that has read it."""


class KnownSecrets:
    """The values as they were seen last, and those that they have replaced not long ago.

    `redactor` is for all of these, and stays the same object while they do. Safe for use from many threads.
    """

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._former: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()
        self.redactor = Redactor({})

    def see(self, values: Mapping[str, str], now: float) -> None:
        """These are all the secrets that there are; `now` is in seconds since the epoch."""
        with self._lock:
            gone = {pair: now for pair in self._values.items() if pair not in values.items()}
            former = {
                pair: since
                for pair, since in (self._former | gone).items()
                if pair not in values.items() and 0 <= now - since < FORMER_SECONDS
            }
            if values != self._values or former.keys() != self._former.keys():
                self.redactor = Redactor(values, former)
            self._values, self._former = dict(values), former
