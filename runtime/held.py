"""The memory that the server itself takes for a request: texts, bodies and values that are held at once."""

import re
import sys
import threading
from types import TracebackType

from runtime.errors import ReliveError

MEGABYTE = 1024 * 1024

_STRINGS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""The strings in a JSON text. The last quote may be missing, so that no text makes it look twice at a character."""

_DICT = 128
_KEY = 60
_LIST = 88
_STRING = 56
_ELEMENT = 40
"""Bytes that CPython takes for each of them on a 64-bit system, beside the characters. 3.11 takes most."""

_MUCH = 8 * MEGABYTE
"""From here on it is worth a second look how much of a text is structure."""


class TooMuchAtOnce(ReliveError):
    """901: what is to be held beside all else does not fit. User code that asked for it may catch it."""

    def __init__(self, refusal: str) -> None:
        super().__init__(901, refusal, details={"type": "TooMuchAtOnce", "message": refusal, "frames": []})


class HeldBytes:
    """Counts the bytes that are held for a request, up to `limit`. Safe to use from several threads."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._held = 0

    @property
    def refusal(self) -> str:
        """What is told when something does not fit."""
        return f"The request holds more than {self.limit / MEGABYTE:g} MB in the server at once; do less side by side."

    @property
    def held(self) -> int:
        """Bytes that are held now."""
        return self._held

    def take(self, size: int) -> bool:
        """Count `size` more bytes; False, and nothing is counted, when they do not fit."""
        with self._lock:
            if self._held + size > self.limit:
                return False
            self._held += size
            return True

    def give_back(self, size: int) -> None:
        with self._lock:
            self._held -= size


class Hold:
    """What one part of a request holds; given back when its block ends. For one thread at a time.

    Without `counter` nothing is counted: what a request holds that calls no code is limited by what it may send.
    """

    def __init__(self, counter: HeldBytes | None = None) -> None:
        self._counter = counter
        self._size = 0

    def __enter__(self) -> "Hold":
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.give_back()

    def add(self, size: int) -> None:
        """Raises TooMuchAtOnce when `size` bytes do not fit any more."""
        if not self.has_room_for(size):
            assert self._counter is not None
            raise TooMuchAtOnce(self._counter.refusal)

    def has_room_for(self, size: int) -> bool:
        """Add `size` bytes; False when they do not fit any more."""
        if self._counter is None:
            return True
        if not self._counter.take(size):
            return False
        self._size += size
        return True

    def add_json(self, text: str) -> None:
        """Add what the value of a JSON text takes. Raises TooMuchAtOnce."""
        if self._counter is not None:
            self.add(json_bytes(text))

    def has_room_for_json(self, text: str) -> bool:
        """Add what the value of a JSON text takes; False when it does not fit any more."""
        return self._counter is None or self.has_room_for(json_bytes(text))

    def give_back(self) -> None:
        """Hold nothing any more."""
        if self._counter is not None:
            self._counter.give_back(self._size)
        self._size = 0

    def beside(self) -> "Hold":
        """A part that is given back by itself, counted with this one."""
        return Hold(self._counter)


def text_bytes(text: str) -> int:
    """Bytes that a text takes; a single character outside of ASCII can make it four times as large."""
    return sys.getsizeof(text)


def json_bytes(text: str) -> int:
    """Bytes that the value of a JSON text takes at most, once it is read.

    Reading may make twenty times of a text: `[[],[],[]]` takes 3 bytes for a list, and CPython more than 64. What is
    between quotes only looks like lists, so where that would be much it is left out of account.
    """
    structure = _structure_bytes(text)
    if structure > _MUCH:
        structure = _structure_bytes(_STRINGS.sub('""', text))
    return text_bytes(text) * _widening(text) + structure


def _structure_bytes(text: str) -> int:
    return (
        text.count("{") * _DICT
        + text.count(":") * _KEY
        + text.count("[") * _LIST
        + text.count('"') // 2 * _STRING
        + text.count(",") * _ELEMENT
    )


def _widening(text: str) -> int:
    """How many times as large as the text its strings may become: one escaped emoji makes 4 bytes of each character."""
    if "\\ud" in text or "\\uD" in text:
        return 4
    return 2 if "\\u" in text else 1
