import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from runtime.cloudcode.outgoing.errors import HttpError, HttpTimeout
from tests.cloudcode.outgoing.calling import PUBLIC, Caller
from tests.cloudcode.outgoing.scripted_peer import Peer, http_answer


@pytest.fixture
def trusting(caller: Caller, certificates: Path, monkeypatch: pytest.MonkeyPatch) -> Caller:
    """A caller whose system trusts the tests' own authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "authority.pem"))
    caller.names = {"api.example.com": [PUBLIC], "other.example.com": [PUBLIC]}
    return caller


def test_the_certificate_is_checked_against_the_host_name(trusting: Caller, start_peer: Callable[..., Peer]) -> None:
    trusting.peer = start_peer({"/": http_answer(body=b"secure")}, certificate="peer.pem")
    assert trusting.get("https://api.example.com/")["body"] == b"secure"
    assert trusting.connected == [(PUBLIC, 443)]


REFUSED = [
    ("other-name", "https://other.example.com/", "peer.pem", "of other.example.com is not valid: Hostname"),
    ("address", f"https://{PUBLIC}/", "peer.pem", f"The certificate of {PUBLIC} is not valid: IP address mismatch"),
    ("self-signed", "https://api.example.com/", "self_signed.pem", "of api.example.com is not valid: self"),
]


@pytest.mark.parametrize(
    ("url", "certificate", "message"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_certificate_is_refused(
    trusting: Caller, start_peer: Callable[..., Peer], url: str, certificate: str, message: str
) -> None:
    peer = trusting.peer = start_peer({"/": http_answer()}, certificate=certificate)
    with pytest.raises(HttpError) as raised:
        trusting.get(url)
    assert message in str(raised.value)
    assert type(raised.value) is HttpError
    assert peer.received == []


def test_the_protocol_is_agreed_on(trusting: Caller, start_peer: Callable[..., Peer]) -> None:
    peer = trusting.peer = start_peer({"/": http_answer()}, certificate="peer.pem")
    assert peer.tls
    peer.tls.set_alpn_protocols(["h2", "http/1.1"])
    chosen = []

    def look(connection: ssl.SSLSocket) -> None:
        chosen.append(connection.selected_alpn_protocol())
        connection.sendall(http_answer())

    peer.scripts["/"] = look  # type: ignore[assignment]
    trusting.get("https://api.example.com/")
    assert chosen == ["http/1.1"]


def test_calls_side_by_side(trusting: Caller, start_peer: Callable[..., Peer]) -> None:
    trusting.peer = start_peer({"/": http_answer(body=b"secure")}, certificate="peer.pem")
    http, context = trusting.http, trusting.context()

    def call(_: int) -> Any:
        return http({"method": "GET", "url": "https://api.example.com/"}, context)["status"]

    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(call, range(48))) == [200] * 48


def test_an_authority_that_nobody_trusts_is_refused(caller: Caller, start_peer: Callable[..., Peer]) -> None:
    caller.names = {"api.example.com": [PUBLIC]}
    caller.peer = start_peer({"/": http_answer()}, certificate="peer.pem")
    with pytest.raises(HttpError, match="is not valid: unable to get local issuer certificate"):
        caller.get("https://api.example.com/")


def test_a_stand_in_over_tls_is_checked_against_its_own_name(trusting: Caller, start_peer: Callable[..., Peer]) -> None:
    peer = start_peer({"/": http_answer()}, certificate="peer.pem")
    trusting.names = {"api.example.com": ["127.0.0.1"]}
    trusting.settings = {"http_stand_ins": {"http://shop.example": f"https://api.example.com:{peer.port}"}}
    assert trusting.get("http://shop.example/")["status"] == 200
    assert peer.received[0].headers["host"] == "shop.example"


def test_plain_http_behind_https(caller: Caller, start_peer: Callable[..., Peer]) -> None:
    caller.names = {"api.example.com": [PUBLIC]}
    caller.peer = start_peer(greeting=http_answer(400))
    with pytest.raises(HttpError, match=r"The encrypted connection to api\.example\.com failed"):
        caller.get("https://api.example.com/")


def test_a_handshake_that_never_ends(caller: Caller, start_peer: Callable[..., Peer]) -> None:
    caller.names = {"api.example.com": [PUBLIC]}
    caller.peer = start_peer({})  # speaks HTTP and waits for a blank line that TLS does not send
    started = time.monotonic()
    with pytest.raises(HttpTimeout):
        caller.get("https://api.example.com/", timeout=0.3)
    assert time.monotonic() - started < 15
