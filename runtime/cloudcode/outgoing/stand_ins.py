"""The operator's stand-ins: origins that are served by another address, for tests and for private peers."""

from collections.abc import Mapping

from runtime.cloudcode.outgoing.errors import HttpError
from runtime.cloudcode.outgoing.url import Origin, Url, parse


class StandIns:
    """Which address to connect to in place of an origin.

    `addresses` maps origins to base URLs: {"https://api.example.com": "http://127.0.0.1:9000/base"}. Raises ValueError
    for what is not such a pair.
    """

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._bases = {_origin(origin): _base(base) for origin, base in addresses.items()}

    def of(self, url: Url) -> Url | None:
        """The URL to go to in place of `url`, or None when its origin has no stand-in."""
        base = self._bases.get(url.origin)
        return Url(base.origin, base.target.rstrip("/") + url.target) if base else None


def _origin(text: str) -> Origin:
    url = _base(text)
    if url.target != "/":
        raise ValueError(
            f"RELIVE_HTTP_STAND_INS: {text!r} is no origin; write it as https://host or https://host:port."
        )
    return url.origin


def _base(text: str) -> Url:
    try:
        url = parse(text)
    except HttpError as error:
        raise ValueError(f"RELIVE_HTTP_STAND_INS: {error}") from None
    if "?" in url.target:
        raise ValueError(f"RELIVE_HTTP_STAND_INS: {text!r} must not have a query.")
    return url
