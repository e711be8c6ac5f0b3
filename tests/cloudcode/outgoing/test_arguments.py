import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.cloudcode.outgoing.arguments import read_arguments
from runtime.cloudcode.outgoing.errors import HttpError
from tests.cloudcode.outgoing.calling import Caller

LIMIT = 1024 * 1024


def read(**arguments: Any) -> Any:
    whole = {"method": "GET", "url": "http://api.example.com/", **arguments}
    return read_arguments(whole, default_timeout=30, body_limit=LIMIT)


BAD = [
    ("unknown-argument", {"verify": False}, "http.request has no argument 'verify'."),
    ("no-method", {"method": None}, "The method must be a word such as GET or POST."),
    ("method-number", {"method": 1}, "The method must be a word such as GET or POST."),
    ("method-empty", {"method": ""}, "The method must be a word such as GET or POST."),
    ("method-with-space", {"method": "GET /"}, "The method must be a word such as GET or POST."),
    ("method-with-line-break", {"method": "GET\r\n"}, "The method must be a word such as GET or POST."),
    ("method-not-ascii", {"method": "GÉT"}, "The method must be a word such as GET or POST."),
    ("method-long", {"method": "A" * 33}, "The method must be a word such as GET or POST."),
    ("connect", {"method": "connect"}, "The method CONNECT cannot be used."),
    ("trace", {"method": "TRACE"}, "The method TRACE cannot be used."),
    ("no-url", {"url": None}, "The URL must be a string."),
    ("url-list", {"url": ["http://api.example.com/"]}, "The URL must be a string."),
    ("headers-list", {"headers": [["a", "b"]]}, "The headers must be an object that maps names to values."),
    ("header-number", {"headers": {"X-Count": 1}}, "The value of the header X-Count must be a string."),
    ("header-null", {"headers": {"X-Count": None}}, "The value of the header X-Count must be a string."),
    ("header-name-empty", {"headers": {"": "a"}}, "'' is not a header name."),
    ("header-name-colon", {"headers": {"Host:": "a"}}, "'Host:' is not a header name."),
    ("header-name-line-break", {"headers": {"A\r\nB": "a"}}, "'A\\r\\nB' is not a header name."),
    ("header-name-space", {"headers": {" Host": "a"}}, "' Host' is not a header name."),
    ("header-name-not-ascii", {"headers": {"K\u212a": "a"}}, "'K\\u212a' is not a header name."),
    ("header-twice", {"headers": {"X-A": "1", "x-a": "2"}}, "The header x-a is given twice."),
    ("line-break", {"headers": {"A": "b\r\nHost: c"}}, "The value of the header A has line breaks"),
    ("line-feed", {"headers": {"A": "b\nc"}}, "The value of the header A has line breaks"),
    ("null", {"headers": {"A": "b\0"}}, "The value of the header A has line breaks"),
    ("control", {"headers": {"A": "\x1b[2J"}}, "The value of the header A has line breaks"),
    ("delete", {"headers": {"A": "\x7f"}}, "The value of the header A has line breaks"),
    ("beyond-latin", {"headers": {"A": "€"}}, "The value of the header A has characters that a header cannot carry"),
    ("surrogate", {"headers": {"A": "\ud800"}}, "The value of the header A has characters that a header cannot"),
    ("host", {"headers": {"Host": "a"}}, "The header Host is set by Relive; leave it out."),
    ("content-length", {"headers": {"content-length": "1"}}, "The header content-length is set by Relive"),
    ("transfer-encoding", {"headers": {"Transfer-Encoding": "chunked"}}, "The header Transfer-Encoding is set"),
    ("connection", {"headers": {"CONNECTION": "upgrade"}}, "The header CONNECTION is set by Relive"),
    ("depth", {"headers": {"X-Relive-Depth": "0.1.x"}}, "The header X-Relive-Depth is set by Relive"),
    ("any-of-ours", {"headers": {"x-relive-": "a"}}, "The header x-relive- is set by Relive"),
    ("body-object", {"body": {}}, "The body must be base64 text."),
    ("body-not-base64", {"body": "?"}, "The body must be base64 text."),
    ("body-bad-padding", {"body": "YQ"}, "The body must be base64 text."),
    ("body-not-ascii", {"body": "ä"}, "The body must be base64 text."),
    ("body-too-large", {"body": base64.b64encode(bytes(LIMIT + 1)).decode()}, "The body is larger than 1 MB."),
    ("timeout-zero", {"timeout": 0}, "The timeout must be a number of seconds above 0."),
    ("timeout-negative", {"timeout": -1.5}, "The timeout must be a number of seconds above 0."),
    ("timeout-nan", {"timeout": float("nan")}, "The timeout must be a number of seconds above 0."),
    ("timeout-text", {"timeout": "5"}, "The timeout must be a number of seconds above 0."),
    ("timeout-true", {"timeout": True}, "The timeout must be a number of seconds above 0."),
    ("follow-redirects-null", {"follow_redirects": None}, "follow_redirects must be true or false."),
    ("follow-redirects-number", {"follow_redirects": 1}, "follow_redirects must be true or false."),
]


@pytest.mark.parametrize(("arguments", "message"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_bad_argument(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(HttpError) as raised:
        read(**arguments)
    assert str(raised.value).startswith(message)
    assert raised.value.kind == "HttpError"


def test_defaults() -> None:
    call = read()
    assert (call.timeout, call.follow_redirects, call.request.body) == (30, True, b"")
    assert call.request.headers == {"user-agent": "Relive/0.1", "accept": "*/*", "accept-encoding": "gzip, deflate"}


GOOD = [
    ("method", {"method": "patch"}, lambda call: call.request.method, "PATCH"),
    ("own-method", {"method": "PROPFIND"}, lambda call: call.request.method, "PROPFIND"),
    ("own-agent", {"headers": {"User-Agent": "Books"}}, lambda call: call.request.headers["user-agent"], "Books"),
    ("spaces", {"headers": {"A": " b\tc "}}, lambda call: call.request.headers["a"], "b\tc"),
    ("latin", {"headers": {"A": "é"}}, lambda call: call.request.headers["a"], "é"),
    ("nulls", {"headers": None, "body": None, "timeout": None}, lambda call: call.timeout, 30),
    ("body", {"body": "AAE="}, lambda call: call.request.body, b"\x00\x01"),
    ("timeout", {"timeout": 0.25}, lambda call: call.timeout, 0.25),
    ("timeout-huge", {"timeout": 10**400}, lambda call: call.timeout, 3600),
    ("timeout-infinite", {"timeout": float("inf")}, lambda call: call.timeout, 3600),
]


@pytest.mark.parametrize(
    ("arguments", "read_off", "expected"), [case[1:] for case in GOOD], ids=[case[0] for case in GOOD]
)
def test_good_argument(arguments: dict[str, Any], read_off: Any, expected: Any) -> None:
    assert read_off(read(**arguments)) == expected


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.slow
@given(
    st.dictionaries(
        st.sampled_from(["method", "url", "headers", "body", "timeout", "follow_redirects"]) | st.text(max_size=3),
        ANYTHING | st.sampled_from(["GET", "http://10.0.0.5/"]) | st.dictionaries(st.text(), st.text(), max_size=3),
    )
)
def test_whatever_user_code_passes_ends_in_an_answer_or_an_error_it_can_catch(arguments: dict[str, Any]) -> None:
    caller = Caller()
    with pytest.raises(HttpError):  # nothing here can be reached
        caller.http(arguments, caller.context())
