"""Which headers of a function's answer reach the client."""

import re
from collections.abc import Mapping

DEFAULT_TYPES = {
    "json": "application/json",
    "text": "text/plain; charset=utf-8",
    "bytes": "application/octet-stream",
}

NOT_SETTABLE = frozenset(
    {
        "set-cookie", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te", "trailer",
        "proxy-authenticate", "proxy-connection", "date", "server", "x-content-type-options", "clear-site-data",
        "strict-transport-security", "service-worker-allowed",
    }
)  # fmt: skip
"""Headers that are the server's own: some are the transport's; the others, such as a cookie, would be for all apps of
a domain.
"""

NOT_SETTABLE_PREFIXES = ("access-control-", "x-relive-", "x-amz", "x-amzn")

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
"""What a header's name may be (RFC 9110 section 5.1)."""


class InvalidHeader(Exception):
    """A header that no HTTP message can carry."""


def clean_headers(headers: Mapping[str, str], kind: str) -> tuple[dict[str, str], list[str]]:
    """The headers to send, names in lower-case and always with a content type, and those that were left out.

    Raises InvalidHeader for a name or a value that would break the message, such as one with a line break.
    """
    sent = {"content-type": DEFAULT_TYPES[kind]}
    left_out = []
    for name, value in headers.items():
        if not TOKEN.fullmatch(name):
            raise InvalidHeader(f"{name!r} is no name for a header.")
        if any((ord(character) < 32 and character != "\t") or ord(character) == 127 for character in value):
            raise InvalidHeader(f"The header {name} has a line break or another control character in its value.")
        if not value.isascii():
            raise InvalidHeader(f"The header {name} has characters outside ASCII in its value; percent-encode them.")
        if name.lower() in NOT_SETTABLE or name.lower().startswith(NOT_SETTABLE_PREFIXES):
            left_out.append(name)
        elif value.strip() or name.lower() != "content-type":
            sent[name.lower()] = value.strip()
    return sent, left_out
