"""An outgoing request and what comes back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from runtime.cloudcode.outgoing.url import Url

ACCEPTED_CODINGS = "gzip, deflate"

DEFAULT_HEADERS = {"user-agent": "Relive/0.1", "accept": "*/*", "accept-encoding": ACCEPTED_CODINGS}
"""Sent unless user code sets them."""


@dataclass(frozen=True)
class OutgoingRequest:
    """`headers` have lower-case names and are without those that describe the connection (host, content-length)."""

    method: str
    url: Url
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class IncomingAnswer:
    """Status and headers as the peer sent them; `chunks` yields the body, still encoded, as it arrives."""

    status: int
    headers: tuple[tuple[str, str], ...]
    chunks: Iterable[bytes]

    def header(self, name: str) -> str | None:
        """The first header of that name, which is given in lower case."""
        return next((value for header, value in self.headers if header.lower() == name), None)
