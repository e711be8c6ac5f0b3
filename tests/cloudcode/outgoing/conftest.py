import ssl
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.cloudcode.outgoing.calling import Caller
from tests.cloudcode.outgoing.scripted_peer import Peer, Script

CERTIFICATES = Path(__file__).parent / "certificates"


@pytest.fixture
def certificates() -> Path:
    return CERTIFICATES


@pytest.fixture
def start_peer() -> Iterator[Callable[..., Peer]]:
    """Starts peers that end with the test: `start_peer({"/path": answer or script})`."""
    peers: list[Peer] = []

    def start(
        scripts: Mapping[str, Script] | None = None, certificate: str | None = None, greeting: bytes = b""
    ) -> Peer:
        tls = None
        if certificate:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(CERTIFICATES / certificate)
        peers.append(Peer(dict(scripts or {}), tls, greeting))
        return peers[-1]

    yield start
    for peer in peers:
        peer.close()


@pytest.fixture
def caller() -> Caller:
    return Caller()
