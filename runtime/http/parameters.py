"""The parameters of a request, each a header or a key of the query string (protocol section 3.8)."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from runtime.data.selection import LARGEST
from runtime.errors import ReliveError
from runtime.http.json_text import JsonTextError, parse_json
from runtime.http.request import HttpRequest

ABSENT = ("", "undefined", "null")
"""Texts by which clients say that there is no such parameter (protocol section 11)."""

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_SHOWN = 80


@dataclass(frozen=True)
class Parameters:
    """What the parameters of `request` say. Each is read when it is asked for, and raises ReliveError then.

    The header wins over the query. None stands for a parameter that is absent.
    """

    request: HttpRequest

    @property
    def custom_parameters(self) -> dict[str, Any]:
        """What the caller passes to user code beside the body. Raises 614 if it is not a JSON object."""
        value = self._json("X-Everlive-Custom-Parameters", "customParameters", code=614)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise ReliveError(614, "They must be a JSON object.")
        return value

    @property
    def filter(self) -> Any:
        """Any JSON value. Raises 608 for what is not JSON."""
        return self._json("X-Everlive-Filter", "filter", code=608)

    @property
    def fields(self) -> Any:
        """Any JSON value. Raises 616 for what is not JSON."""
        return self._json("X-Everlive-Fields", "fields", code=616)

    @property
    def sort(self) -> Any:
        """Any JSON value. Raises 601 for what is not JSON."""
        return self._json("X-Everlive-Sort", "sort", code=601)

    @property
    def aggregate(self) -> Any:
        """Any JSON value. Raises 601 for what is not JSON."""
        return self._json("X-Everlive-Aggregate", "aggregate", code=601)

    @property
    def skip(self) -> int | None:
        """0 or more. Raises 601."""
        return self._whole("X-Everlive-Skip", "skip")

    @property
    def take(self) -> int | None:
        """0 or more. Raises 601."""
        return self._whole("X-Everlive-Take", "take")

    @property
    def include_count(self) -> bool:
        """True unless it is turned off. Raises 601."""
        return self._boolean("X-Everlive-Include-Count", "includeCount", default=True)

    @property
    def single_field(self) -> str | None:
        found = self._text("X-Everlive-Single-Field", "singleField")
        return None if found is None else found.text

    def refuse_what_is_not_supported(self) -> None:
        """Raises 618 and 601 for what this version cannot do; to leave it out would be a wrong answer."""
        if self._text("X-Everlive-Expand", "expand") is not None:
            raise ReliveError(618, "This version does not expand relations.")
        if self._text("X-Everlive-Power-Fields", "powerFields") is not None:
            raise ReliveError(601, "This version has no power fields.")

    @property
    def override_system_fields(self) -> bool:
        """Raises 601."""
        return self._boolean("X-Everlive-Override-System-Fields", "overrideSystemFields", default=False)

    @property
    def is_sync(self) -> bool:
        """Whether a client's offline sync sent the request: news for user code alone, so nothing is wrong here."""
        return _BOOLEANS.get(self.request.headers.get("x-everlive-sync", "").lower(), False)

    def _text(self, header: str, key: str) -> "_Text | None":
        for source, values, name in (
            (header, self.request.headers, header.lower()),
            (f"The query parameter {key}", self.request.query, key),
        ):
            text = values.get(name, "").strip()
            if text not in ABSENT:
                return _Text(source, text)
        return None

    def _json(self, header: str, key: str, *, code: int) -> Any:
        """Clients send JSON as it is or percent-encoded, and documentation shows both (protocol section 1.1).

        It is read as it stands, and if that is not JSON, percent-decoded first. A plus sign stays one: the encoders
        that make it of a space are those of forms, and a plus in a raw header is one.
        """
        found = self._text(header, key)
        if found is None:
            return None
        try:
            return parse_json(found.text)
        except JsonTextError as error:
            if "%" not in found.text:
                raise found.unreadable(code, error) from None
        decoded = found.decoded(code)
        try:
            return parse_json(decoded.text)
        except JsonTextError as error:
            raise decoded.unreadable(code, error) from None

    def _whole(self, header: str, key: str) -> int | None:
        found = self._text(header, key)
        if found is None:
            return None
        digits = found.text if found.text.isascii() and found.text.isdecimal() else ""
        # Comparing lengths first: a number of a million digits takes long to read.
        if not digits or len(digits.lstrip("0")) > len(str(LARGEST)) or int(digits) > LARGEST:
            raise found.wrong(f"a whole number from 0 to {LARGEST}")
        return int(digits)

    def _boolean(self, header: str, key: str, *, default: bool) -> bool:
        found = self._text(header, key)
        if found is None:
            return default
        if found.text.lower() not in _BOOLEANS:
            raise found.wrong("true or false")
        return _BOOLEANS[found.text.lower()]


@dataclass(frozen=True)
class _Text:
    """The text of a parameter; `source` is how messages call the parameter."""

    source: str
    text: str

    def decoded(self, code: int) -> "_Text":
        try:
            return _Text(self.source, unquote(self.text, errors="strict"))
        except UnicodeDecodeError:
            problem = JsonTextError("The percent-encoded bytes are not UTF-8.")
            raise self.unreadable(code, problem) from None

    def unreadable(self, code: int, problem: JsonTextError) -> ReliveError:
        return ReliveError(code, f"{self.source} cannot be read: {self._shown}. {problem}")

    def wrong(self, expected: str) -> ReliveError:
        return ReliveError(601, f"{self.source} must be {expected}, not {self._shown}.")

    @property
    def _shown(self) -> str:
        return f"'{self.text}'" if len(self.text) <= _SHOWN else f"'{self.text[: _SHOWN - 3]}...'"
