from collections.abc import Callable
from typing import Any

import pytest

from runtime.cloudcode.outgoing.errors import HttpBlocked, HttpError
from tests.cloudcode.outgoing.calling import PUBLIC, Caller, standing_in
from tests.cloudcode.outgoing.scripted_peer import Peer, http_answer

ORIGINS = ("https://api.example.com", "http://api.example.com", "https://other.example")
START = "https://api.example.com/start"

SECRET_HEADERS = {
    "Authorization": "Bearer secret",
    "Cookie": "session=secret",
    "X-Api-Key": "secret",
    "Proxy-Auth-Token": "secret",
    "Accept": "text/plain",
    "User-Agent": "Books/2",
    "Content-Type": "text/csv",
}


@pytest.fixture
def redirecting(caller: Caller, start_peer: Callable[..., Peer]) -> Callable[[int, str], Caller]:
    """A caller whose every origin is one peer, which redirects from /start to a location."""

    def start(status: int, location: str) -> Caller:
        peer = start_peer({"/start": http_answer(status, b"old", location=location), "/end": http_answer(body=b"end")})
        caller.settings = standing_in(peer, *ORIGINS)
        caller.peer = peer
        return caller

    return start


METHODS = [
    ("301-get", 301, "GET", "GET", True),
    ("301-post", 301, "POST", "GET", False),
    ("301-put", 301, "PUT", "PUT", True),
    ("302-post", 302, "POST", "GET", False),
    ("302-delete", 302, "DELETE", "DELETE", True),
    ("303-post", 303, "POST", "GET", False),
    ("303-put", 303, "PUT", "GET", False),
    ("303-head", 303, "HEAD", "HEAD", True),
    ("307-post", 307, "POST", "POST", True),
    ("308-patch", 308, "PATCH", "PATCH", True),
]


@pytest.mark.parametrize(
    ("status", "method", "second_method", "with_body"),
    [case[1:] for case in METHODS],
    ids=[case[0] for case in METHODS],
)
@pytest.mark.parametrize("location", ["/end", "https://other.example/end"], ids=["same-origin", "other-origin"])
def test_method_and_body(
    redirecting: Callable[[int, str], Caller],
    status: int,
    method: str,
    second_method: str,
    with_body: bool,
    location: str,
) -> None:
    caller = redirecting(status, location)
    caller.request(method, START, body=b"a,b", headers={"Content-Type": "text/csv"})
    first, second = caller.peer.received  # type: ignore[union-attr]
    assert (first.method, first.body) == (method, b"a,b")
    assert (second.method, second.body) == (second_method, b"a,b" if with_body else b"")
    assert second.headers.get("content-type") == ("text/csv" if with_body else None)


CREDENTIALS = [
    ("same-origin", "/end", True),
    ("same-origin-in-full", "https://api.example.com:443/end", True),
    ("other-host", "https://other.example/end", False),
    ("other-scheme", "http://api.example.com/end", False),
]


@pytest.mark.parametrize(
    ("location", "kept"), [case[1:] for case in CREDENTIALS], ids=[case[0] for case in CREDENTIALS]
)
def test_credentials_stay_with_their_origin(
    redirecting: Callable[[int, str], Caller], location: str, kept: bool
) -> None:
    caller = redirecting(307, location)
    caller.get(START, headers=SECRET_HEADERS)
    _, second = caller.peer.received  # type: ignore[union-attr]
    assert ("secret" in str(second.headers)) == kept
    assert second.headers["accept"] == "text/plain"
    assert second.headers["user-agent"] == "Books/2"


def test_credentials_do_not_come_back(caller: Caller, start_peer: Callable[..., Peer]) -> None:
    peer = start_peer(
        {
            "/start": http_answer(302, location="https://other.example/back"),
            "/back": http_answer(302, location="https://api.example.com/end"),
            "/end": http_answer(),
        }
    )
    caller.settings = standing_in(peer, *ORIGINS)
    caller.get(START, headers=SECRET_HEADERS)
    assert ["secret" in str(received.headers) for received in peer.received] == [True, False, False]


def test_cookies_of_a_redirect_are_not_kept(caller: Caller, start_peer: Callable[..., Peer]) -> None:
    peer = start_peer({"/start": http_answer(302, location="/end", set_cookie="a=b"), "/end": http_answer()})
    caller.settings = standing_in(peer, *ORIGINS)
    caller.get(START)
    assert "cookie" not in peer.received[1].headers


TARGETS = [
    ("absolute", "https://other.example/end", "https://other.example/end"),
    ("path", "/end", "https://api.example.com/end"),
    ("relative", "end", "https://api.example.com/end"),
    ("query", "/end?a=b#c", "https://api.example.com/end?a=b"),
    ("same-scheme", "//other.example/end", "https://other.example/end"),
    ("utf-8", "/end?ü", "https://api.example.com/end?%C3%BC"),
]


@pytest.mark.parametrize(("location", "url"), [case[1:] for case in TARGETS], ids=[case[0] for case in TARGETS])
def test_where_a_redirect_leads(redirecting: Callable[[int, str], Caller], location: str, url: str) -> None:
    answer = redirecting(302, location).get(START)
    assert (answer["url"], answer["status"], answer["body"]) == (url, 200, b"end")


REFUSED = [
    ("private", "http://10.0.0.5/", None, HttpBlocked, "10.0.0.5 is not a public address (private)"),
    ("metadata", "http://169.254.169.254/latest", None, HttpBlocked, "169.254.169.254 is not a public address"),
    ("private-name", "http://evil.example/", None, HttpBlocked, "evil.example resolves to 127.0.0.1"),
    ("stand-in's-own-address", "http://127.0.0.1/", None, HttpBlocked, "127.0.0.1 is not a public address"),
    ("odd-spelling", "http://2130706433/", None, HttpBlocked, "odd spelling"),
    ("file", "file:///etc/passwd", None, HttpBlocked, "http and https"),
    ("not-on-the-list", "https://other.example/end", ["api.example.com"], HttpBlocked, "is not in this app"),
    ("userinfo", "https://user:password@other.example/end", None, HttpError, "Authorization"),
    ("not-a-url", "https://other.example:http/", None, HttpError, "not a URL"),
    ("unknown-host", "https://unknown.example/", None, HttpError, "The name of unknown.example cannot be resolved"),
]


@pytest.mark.parametrize(
    ("location", "allow", "error", "message"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_each_target_is_checked_again(
    redirecting: Callable[[int, str], Caller], location: str, allow: Any, error: type[HttpError], message: str
) -> None:
    caller = redirecting(302, location)
    caller.allow = allow
    caller.names = {"evil.example": ["127.0.0.1"]}
    with pytest.raises(HttpError) as raised:
        caller.get(START)
    assert type(raised.value) is error
    assert message in str(raised.value)
    assert len(caller.peer.received) == 1  # type: ignore[union-attr]


def test_a_body_is_not_repeated_without_encryption(redirecting: Callable[[int, str], Caller]) -> None:
    caller = redirecting(307, "http://api.example.com/end")
    with pytest.raises(HttpBlocked, match=r"api.example.com redirects to http://api.example.com, where the body"):
        caller.request("POST", START, body=b"secret")
    assert caller.request("POST", START)["body"] == b"end"


@pytest.mark.parametrize(("redirects", "followed"), [(5, True), (6, False)])
def test_five_redirects_at_most(
    caller: Caller, start_peer: Callable[..., Peer], redirects: int, followed: bool
) -> None:
    scripts = {f"/{step}": http_answer(302, location=f"/{step + 1}") for step in range(redirects)}
    peer = start_peer({**scripts, f"/{redirects}": http_answer(body=b"end")})
    caller.settings = standing_in(peer, "https://api.example.com")
    if followed:
        assert caller.get("https://api.example.com/0")["body"] == b"end"
    else:
        with pytest.raises(HttpError, match=r"api.example.com answered with more than 5 redirects in a row"):
            caller.get("https://api.example.com/0")
    assert len(peer.received) == 6


ANSWERS = [
    ("not-followed", http_answer(302, b"old", location="/end"), False, 302),
    ("no-location", http_answer(302, b"old"), True, 302),
    ("not-modified", http_answer(304, location="/end"), True, 304),
    ("multiple-choices", http_answer(300, b"old", location="/end"), True, 300),
    ("created", http_answer(201, b"old", location="/end"), True, 201),
]


@pytest.mark.parametrize(
    ("script", "follow", "status"), [case[1:] for case in ANSWERS], ids=[case[0] for case in ANSWERS]
)
def test_what_is_an_answer_and_no_redirect(
    caller: Caller, start_peer: Callable[..., Peer], script: bytes, follow: bool, status: int
) -> None:
    caller.settings = standing_in(start_peer({"/start": script}), "https://api.example.com")
    answer = caller.get(START, follow_redirects=follow)
    assert (answer["status"], answer["url"]) == (status, START)


def test_a_redirect_from_a_stand_in_to_the_network(caller: Caller, start_peer: Callable[..., Peer]) -> None:
    caller.settings = standing_in(
        start_peer({"/start": http_answer(302, location="http://public.example/end")}), "https://api.example.com"
    )
    caller.names = {"public.example": [PUBLIC]}
    caller.peer = start_peer({"/end": http_answer(body=b"end")})
    assert caller.get(START)["body"] == b"end"
    assert caller.connected[-1] == (PUBLIC, 80)
