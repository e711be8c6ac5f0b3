from collections.abc import Callable

import pytest

from runtime.cloudcode.outgoing.errors import HttpBlocked, HttpError
from runtime.cloudcode.outgoing.stand_ins import StandIns
from runtime.cloudcode.outgoing.url import parse
from tests.cloudcode.outgoing.calling import Caller, standing_in
from tests.cloudcode.outgoing.scripted_peer import Peer, http_answer

STAND_INS = StandIns(
    {
        "https://api.example.com": "http://127.0.0.1:9000",
        "http://API.example.com:8080/": "http://127.0.0.1:9001/base/",
        "https://bücher.example": "https://peer.internal",
    }
)

CASES = [
    ("path-and-query", "https://api.example.com/a?b", "http://127.0.0.1:9000/a?b"),
    ("default-port", "https://api.example.com:443/", "http://127.0.0.1:9000/"),
    ("base-path", "http://api.example.com:8080/a", "http://127.0.0.1:9001/base/a"),
    ("unicode", "https://xn--bcher-kva.example/", "https://peer.internal/"),
    ("other-scheme", "http://api.example.com/", None),
    ("other-port", "https://api.example.com:444/", None),
    ("other-host", "https://www.api.example.com/", None),
]


@pytest.mark.parametrize(("url", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_which_address_stands_in(url: str, expected: str | None) -> None:
    stand_in = STAND_INS.of(parse(url))
    assert (stand_in and str(stand_in)) == expected


BAD = [
    ("origin-with-path", {"https://api.example.com/v1": "http://127.0.0.1:9000"}, "is no origin"),
    ("origin-without-scheme", {"api.example.com": "http://127.0.0.1:9000"}, "needs http:// or https://"),
    ("base-of-another-scheme", {"https://api.example.com": "unix:///run/peer"}, "http and https"),
    ("base-with-query", {"https://api.example.com": "http://127.0.0.1:9000/?a"}, "must not have a query"),
]


@pytest.mark.parametrize(("setting", "message"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_bad_setting_is_refused_at_the_start(setting: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        StandIns(setting)
    assert str(raised.value).startswith("RELIVE_HTTP_STAND_INS: ")


def test_the_stand_in_sees_the_original_host(caller: Caller, start_peer: Callable[..., Peer]) -> None:
    peer = start_peer({"/base/a": http_answer()})
    caller.settings = {"http_stand_ins": {"https://api.example.com": f"{peer.url}/base"}}
    assert caller.get("https://api.example.com/a?b=c")["url"] == "https://api.example.com/a?b=c"
    assert peer.received[0].target == "/base/a?b=c"
    assert peer.received[0].headers["host"] == "api.example.com"


ALLOW = [
    ("no-list", None, True),
    ("empty-list", [], False),
    ("itself", ["api.example.com"], True),
    ("above", ["example.com"], False),
    ("all-below", ["*.example.com"], True),
    ("below-itself", ["*.api.example.com"], False),
    ("same-ending", ["i.example.com", "*.pi.example.com"], False),
    ("one-of-several", ["other.example", "api.example.com"], True),
]


@pytest.mark.parametrize(("allow", "reached"), [case[1:] for case in ALLOW], ids=[case[0] for case in ALLOW])
def test_the_app_s_list_holds_for_the_original_host(
    caller: Caller, start_peer: Callable[..., Peer], allow: list[str] | None, reached: bool
) -> None:
    peer = start_peer({"/": http_answer()})
    caller.settings = standing_in(peer, "https://api.example.com")
    caller.allow = allow
    if reached:
        assert caller.get("https://API.example.com./")["status"] == 200
    else:
        with pytest.raises(HttpBlocked, match=r"api.example.com is not in this app's list of hosts"):
            caller.get("https://API.example.com./")
    assert len(peer.received) == int(reached)


def test_the_app_s_list_cannot_open_what_is_not_public(caller: Caller) -> None:
    caller.allow = ["10.0.0.5", "intranet.example"]
    caller.names = {"intranet.example": ["10.0.0.5"]}
    for url in ("http://10.0.0.5/", "http://intranet.example/"):
        with pytest.raises(HttpBlocked, match="not a public address"):
            caller.get(url)


def test_a_stand_in_that_is_down(caller: Caller, start_peer: Callable[..., Peer]) -> None:
    peer = start_peer()
    peer.close()
    caller.settings = standing_in(peer, "https://api.example.com")
    with pytest.raises(HttpError, match=r"Connecting to the stand-in of api.example.com failed: Connection refused"):
        caller.get("https://api.example.com/")
