"""What names resolve to, and where connections go."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from runtime.cloudcode.outgoing.errors import HttpBlocked, HttpError, HttpTimeout
from tests.cloudcode.outgoing.calling import PUBLIC, Caller, standing_in
from tests.cloudcode.outgoing.scripted_peer import Peer, http_answer

REFUSED = [
    ("private-literal", "http://10.0.0.5/", {}, "10.0.0.5 is not a public address (private)"),
    ("loopback-literal", "http://127.0.0.1:8080/", {}, "127.0.0.1 is not a public address (loopback)"),
    ("mapped-literal", "http://[::ffff:127.0.0.1]/", {}, "is not a public address (IPv4-mapped)"),
    ("metadata", "http://169.254.169.254/latest/meta-data/", {}, "169.254.169.254 is not a public address"),
    ("metadata-ipv6", "http://[fd00:ec2::254]/latest/", {}, "fd00:ec2::254 is not a public address"),
    ("private-name", "https://evil.example/", {"evil.example": ["10.0.0.5"]}, "evil.example resolves to 10.0.0.5"),
    ("some-private", "http://evil.example/", {"evil.example": [PUBLIC, "10.0.0.5"]}, "resolves to 10.0.0.5, which is"),
    ("private-first", "http://evil.example/", {"evil.example": ["::1", PUBLIC]}, "evil.example resolves to ::1, which"),
    ("zoned", "http://evil.example/", {"evil.example": ["fe80::1%2"]}, "evil.example resolves to fe80::1%2, which"),
    ("localhost", "http://localhost/", {"localhost": ["127.0.0.1", "::1"]}, "localhost resolves to 127.0.0.1, which"),
    ("localhost-dot", "http://LOCALHOST./", {"localhost": ["127.0.0.1"]}, "localhost resolves to 127.0.0.1, which"),
]


@pytest.mark.parametrize(("url", "names", "message"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_address_that_is_not_public_is_refused(
    caller: Caller, url: str, names: dict[str, list[str]], message: str
) -> None:
    caller.names = names
    with pytest.raises(HttpBlocked) as raised:
        caller.get(url)
    assert message in str(raised.value)
    assert str(raised.value).endswith("; cloud code reaches public addresses only.")
    assert caller.connected == []


def test_the_checked_address_is_the_one_connected_to(caller: Caller, start_peer: Callable[..., Peer]) -> None:
    peer = start_peer({"/": http_answer(body=b"found")})
    caller.names = {"api.example.com": [PUBLIC]}
    caller.peer = peer
    assert caller.get("http://api.example.com:8000/")["body"] == b"found"
    assert caller.lookups == ["api.example.com"]
    assert caller.connected == [(PUBLIC, 8000)]
    assert peer.received[0].headers["host"] == "api.example.com:8000"


def test_a_name_that_changes_its_address_gains_nothing(caller: Caller, start_peer: Callable[..., Peer]) -> None:
    caller.peer = start_peer({"/": http_answer()})
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    caller._lookup = lambda host: next(answers)  # type: ignore[method-assign]
    assert caller.get("http://rebind.example/")["status"] == 200
    assert caller.connected == [(PUBLIC, 80)]
    with pytest.raises(HttpBlocked, match=r"rebind.example resolves to 127.0.0.1"):
        caller.get("http://rebind.example/")


def test_the_next_address_is_tried(caller: Caller, start_peer: Callable[..., Peer]) -> None:
    peer = start_peer({"/": http_answer()})
    caller.names = {"api.example.com": ["2606:2800:21f::1", PUBLIC, PUBLIC]}
    reached = caller._connect
    caller.peer = peer

    def connect(address: Any, port: int, seconds: float) -> Any:
        if address.version == 6:
            caller.connected.append((str(address), port))
            raise OSError(101, "Network is unreachable")
        return reached(address, port, seconds)

    caller._connect = connect  # type: ignore[method-assign]
    assert caller.get("http://api.example.com/")["status"] == 200
    assert caller.connected == [("2606:2800:21f::1", 80), (PUBLIC, 80)]


FAILING = [
    ("unknown-name", {}, "The name of api.example.com cannot be resolved: Name or service not known."),
    ("no-address", {"api.example.com": []}, "The name of api.example.com cannot be resolved: it has no address."),
    ("refused", {"api.example.com": [PUBLIC]}, "Connecting to api.example.com failed: Connection refused."),
]


@pytest.mark.parametrize(("names", "message"), [case[1:] for case in FAILING], ids=[case[0] for case in FAILING])
def test_connection_that_fails(caller: Caller, names: dict[str, list[str]], message: str) -> None:
    caller.names = names
    with pytest.raises(HttpError) as raised:
        caller.get("http://api.example.com:81/")
    assert str(raised.value) == message
    assert type(raised.value) is HttpError


def test_slow_lookups_end_in_time_and_leave_room_for_others(caller: Caller, start_peer: Callable[..., Peer]) -> None:
    caller.peer = start_peer({"/": http_answer()})
    release = threading.Event()

    def lookup(host: str) -> list[str]:
        if host.startswith("slow"):
            release.wait(30)
        return [PUBLIC]

    caller._lookup = lookup  # type: ignore[method-assign]
    started = time.monotonic()
    with pytest.raises(HttpTimeout, match=r"slow.example did not answer in full within 0.2 seconds"):
        caller.get("http://slow.example/", timeout=0.2)
    assert time.monotonic() - started < 10
    assert caller.get("http://api.example.com/")["status"] == 200
    release.set()


def test_more_lookups_than_may_run_at_once_wait_and_time_out(caller: Caller) -> None:
    release = threading.Event()
    running = []

    def lookup(host: str) -> list[str]:
        running.append(host)
        release.wait(30)
        return ["10.0.0.5"]

    caller._lookup = lookup  # type: ignore[method-assign]
    http, context = caller.http, caller.context()

    def call(number: int) -> None:
        with pytest.raises((HttpTimeout, HttpBlocked)):
            http({"method": "GET", "url": f"http://host{number}.example/", "timeout": 1}, context)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(70)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(running) == 64
    release.set()
    with pytest.raises(HttpBlocked):
        http({"method": "GET", "url": "http://host.example/", "timeout": 20}, context)


def test_environment_proxies_mean_nothing(
    caller: Caller, start_peer: Callable[..., Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    peer, proxy = start_peer({"/": http_answer(body=b"direct")}), start_peer()
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    caller.settings = standing_in(peer, "http://api.example.com")
    assert caller.get("http://api.example.com/")["body"] == b"direct"
    assert proxy.connections == 0


def test_every_call_has_a_connection_of_its_own(caller: Caller, start_peer: Callable[..., Peer]) -> None:
    peer = start_peer({"/": http_answer(set_cookie="session=1", connection="keep-alive")})
    caller.settings = standing_in(peer, "http://api.example.com")
    http, context = caller.http, caller.context()
    for _ in range(3):
        http({"method": "GET", "url": "http://api.example.com/"}, context)
    assert peer.connections == 3
    assert all("cookie" not in received.headers for received in peer.received)
