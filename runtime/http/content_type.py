"""The Content-Type of a request, and what kind of data it declares."""

import codecs
import re
from dataclasses import dataclass
from enum import Enum

from runtime.errors import ReliveError

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # RFC 9110, section 5.6.2
_CONTENT_TYPE = re.compile(rf"\s*({_TOKEN})/({_TOKEN})\s*(;.*)?", re.DOTALL)
_CHARSET = re.compile(rf';\s*charset\s*=\s*"?({_TOKEN})', re.IGNORECASE)

CHARSETS = frozenset({"utf-8", "ascii", "iso8859-1", "iso8859-15", "cp1252", "utf-16", "utf-16-le", "utf-16-be"})
"""Python's names of the encodings that a text may have. Not all that Python knows: some are slow on crafted input."""


class Kind(Enum):
    """What becomes of a body."""

    JSON = "json"
    FORM = "form"
    TEXT = "text"
    BINARY = "binary"


@dataclass(frozen=True)
class ContentType:
    """A readable Content-Type: `media_type` in lower case without parameters, `charset` a name that Python knows."""

    media_type: str
    charset: str = "utf-8"

    @property
    def kind(self) -> Kind:
        if self.media_type in ("application/json", "text/json") or self.media_type.endswith("+json"):
            return Kind.JSON
        if self.media_type == "application/x-www-form-urlencoded":
            return Kind.FORM
        text = self.media_type.startswith("text/") or self.media_type.endswith("+xml")
        if text or self.media_type in ("application/xml", "application/javascript"):
            return Kind.TEXT
        return Kind.BINARY

    @classmethod
    def parse(cls, header: str | None) -> "ContentType":
        """Read the header. Raises ReliveError 610 if there is none, or none that can be read."""
        if header is None or not header.strip():
            raise ReliveError(610, "The request has a body and no Content-Type header.")
        match = _CONTENT_TYPE.fullmatch(header)
        if match is None:
            raise ReliveError(610, "The Content-Type header is not of the form type/subtype.")
        media_type = f"{match[1]}/{match[2]}".lower()
        charset = _CHARSET.search(match[3] or "")
        return cls(media_type, _charset(charset[1]) if charset else "utf-8")


def _charset(name: str) -> str:
    try:
        known = codecs.lookup(name).name
    except LookupError:
        known = ""
    if known not in CHARSETS:
        raise ReliveError(610, f"The charset {name} is not supported; use utf-8.")
    return known
