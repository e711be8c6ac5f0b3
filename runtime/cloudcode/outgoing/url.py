"""The addresses that outgoing requests may name: http and https, with a host that is spelt in one way only."""

import ipaddress
import string
from dataclasses import dataclass

from runtime.cloudcode.outgoing.errors import HttpBlocked, HttpError, quoted

DEFAULT_PORTS = {"http": 80, "https": 443}
LONGEST_URL = 16 * 1024
LONGEST_HOST = 253
LONGEST_LABEL = 63
"""Characters; both limits of the domain name system (RFC 1035)."""

LABEL_CHARACTERS = frozenset(string.ascii_lowercase + string.digits + "-_")
HEXADECIMAL = frozenset(string.hexdigits)


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port. The host is lower-case ASCII: a name without its final dot, or an IP address in its usual
    form, IPv6 without brackets.
    """

    scheme: str
    host: str
    port: int

    @property
    def netloc(self) -> str:
        """Host and port as the Host header has them (RFC 9110 section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}"


@dataclass(frozen=True)
class Url:
    """`target` is the path and the query as they are sent: ASCII, starting with a slash."""

    origin: Origin
    target: str

    @property
    def host(self) -> str:
        return self.origin.host

    @property
    def secure(self) -> bool:
        return self.origin.scheme == "https"

    def is_below(self, base: "Url") -> bool:
        """Whether it begins with `base`, whose target is a path without a slash at the end."""
        path = self.target.partition("?")[0]
        return self.origin == base.origin and (path == base.target or path.startswith(base.target + "/"))

    def __str__(self) -> str:
        return f"{self.origin}{self.target}"


def parse(text: str, base: Url | None = None) -> Url:
    """The URL that `text` says, seen from `base` if it is relative. A fragment is left out.

    Raises HttpBlocked for another scheme than http and https and for an odd spelling of an IP address, HttpError for
    all else that is no URL to send a request to.
    """
    import httpx  # costs 0.1 s, which only calls that go out should pay

    if len(text) > LONGEST_URL:
        raise HttpError(f"The URL is longer than {LONGEST_URL} characters.")
    try:
        found = httpx.URL(text) if base is None else httpx.URL(str(base)).join(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise HttpError(f"{quoted(text)} is not a URL: {quoted(str(error))}.") from None
    if not found.scheme:
        raise HttpError(f"{quoted(text)} is not a whole URL: it needs http:// or https:// in front.")
    if found.scheme not in DEFAULT_PORTS:
        raise HttpBlocked(f"Cloud code reaches http and https addresses only, and {quoted(text)} is neither.")
    if found.userinfo:
        raise HttpError("The URL has a user name or password in it; send an Authorization header instead.")
    port = found.port if found.port is not None else DEFAULT_PORTS[found.scheme]
    if not 1 <= port <= 65535:
        raise HttpError(f"{quoted(text)} is not a URL: its port must be between 1 and 65535.")
    origin = Origin(found.scheme, _host(found.raw_host.decode("ascii"), text), port)
    return Url(origin, found.raw_path.decode("ascii"))


def _host(host: str, text: str) -> str:
    if ":" in host:
        return _ipv6(host, text)
    host = host.removesuffix(".")
    if _is_ipv4(host):
        return host
    labels = host.split(".")
    if _is_number(labels[-1]):
        raise HttpBlocked(f"{quoted(host)} is an odd spelling of an IP address; write it as four decimal numbers.")
    fits = all(0 < len(label) <= LONGEST_LABEL and LABEL_CHARACTERS.issuperset(label) for label in labels)
    if not fits or len(host) > LONGEST_HOST:
        raise HttpError(f"{quoted(text)} has no valid host name.")
    return host


def _ipv6(host: str, text: str) -> str:
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        address = None
    if address is None or address.scope_id is not None:
        raise HttpError(f"{quoted(text)} has no valid host name.")
    return str(address)


def _is_ipv4(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def _is_number(label: str) -> bool:
    """True for what would make resolvers read the host as an IPv4 address (the "ends in a number" rule of the WHATWG
    URL standard): `2130706433`, `0x7f.1`, `127.1`.
    """
    return label.isdecimal() or (label.startswith("0x") and HEXADECIMAL.issuperset(label[2:]))
