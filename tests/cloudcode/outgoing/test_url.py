import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.cloudcode.outgoing.addresses import literal
from runtime.cloudcode.outgoing.errors import HttpBlocked, HttpError
from runtime.cloudcode.outgoing.url import LABEL_CHARACTERS, parse

GOOD = [
    ("plain", "https://api.example.com/books", "https://api.example.com/books"),
    ("no-path", "http://api.example.com", "http://api.example.com/"),
    ("upper-case", "HTTP://API.Example.COM/Books", "http://api.example.com/Books"),
    ("default-port", "https://api.example.com:443/", "https://api.example.com/"),
    ("other-port", "https://api.example.com:8443/x", "https://api.example.com:8443/x"),
    ("port-of-the-other-scheme", "http://api.example.com:443/", "http://api.example.com:443/"),
    ("empty-port", "http://api.example.com:/", "http://api.example.com/"),
    ("final-dot", "http://api.example.com./", "http://api.example.com/"),
    ("fragment", "http://api.example.com/a#b", "http://api.example.com/a"),
    ("query", "http://api.example.com?a=b&c=d%20e", "http://api.example.com/?a=b&c=d%20e"),
    ("spaces", "http://api.example.com/a b", "http://api.example.com/a%20b"),
    ("dot-segments", "http://api.example.com/a/../b", "http://api.example.com/b"),
    ("unicode", "http://bücher.example/ü?q=ä", "http://xn--bcher-kva.example/%C3%BC?q=%C3%A4"),
    ("underscore", "http://my_service.example/", "http://my_service.example/"),
    ("single-label", "http://localhost:8080/", "http://localhost:8080/"),
    ("ipv4", "http://127.0.0.1/", "http://127.0.0.1/"),
    ("ipv4-with-final-dot", "http://127.0.0.1./", "http://127.0.0.1/"),
    ("ipv4-with-other-dots", "http://127。0。0。1/", "http://127.0.0.1/"),
    ("ipv6", "http://[0:0:0:0:0:0:0:1]:81/", "http://[::1]:81/"),
    ("ipv6-mapped", "http://[::FFFF:127.0.0.1]/", "http://[::ffff:127.0.0.1]/"),
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in GOOD], ids=[case[0] for case in GOOD])
def test_url_has_one_spelling(text: str, expected: str) -> None:
    url = parse(text)
    # ::ffff:7f00:1 and ::ffff:127.0.0.1 are both canonical, depending on the Python version
    assert str(url).replace("::ffff:7f00:1", "::ffff:127.0.0.1") == expected
    assert parse(str(url)) == url


BAD = [
    ("empty", "", HttpError, "needs http:// or https://"),
    ("relative", "/books", HttpError, "needs http:// or https://"),
    ("no-scheme", "//api.example.com/", HttpError, "needs http:// or https://"),
    ("file", "file:///etc/passwd", HttpBlocked, "http and https"),
    ("gopher", "gopher://api.example.com/", HttpBlocked, "http and https"),
    ("ftp", "ftp://api.example.com/", HttpBlocked, "http and https"),
    ("javascript", "javascript:alert(1)", HttpBlocked, "http and https"),
    ("host-taken-for-scheme", "localhost:8080/x", HttpBlocked, "http and https"),
    ("no-host", "http:///x", HttpError, "no valid host"),
    ("no-slashes", "http:api.example.com", HttpError, "no valid host"),
    ("decimal", "http://2130706433/", HttpBlocked, "odd spelling"),
    ("hexadecimal", "http://0x7f000001/", HttpBlocked, "odd spelling"),
    ("hexadecimal-parts", "http://0x7f.1/", HttpBlocked, "odd spelling"),
    ("hexadecimal-upper-case", "http://0X7F.0.0.0X1/", HttpBlocked, "odd spelling"),
    ("bare-hexadecimal-prefix", "http://1.0x/", HttpBlocked, "odd spelling"),
    ("short", "http://127.1/", HttpBlocked, "odd spelling"),
    ("octal", "http://0177.0.0.1/", HttpError, "not a URL"),
    ("octal-number", "http://017700000001/", HttpBlocked, "odd spelling"),
    ("too-many-parts", "http://1.2.3.4.5/", HttpBlocked, "odd spelling"),
    ("number-after-name", "http://api.example.123/", HttpBlocked, "odd spelling"),
    ("percent-encoded-host", "http://%31%32%37.0.0.1.example/", HttpError, "no valid host"),
    ("circled-digits", "http://①②⑦.0.0.1/", HttpError, "not a URL"),
    ("zone", "http://[fe80::1%25eth0]/", HttpError, "no valid host"),
    ("broken-ipv6", "http://[::1/", HttpError, "not a URL"),
    ("text-after-ipv6", "http://[::1]api.example.com/", HttpError, "not a URL"),
    ("two-final-dots", "http://api.example.com../", HttpError, "no valid host"),
    ("empty-label", "http://api..example.com/", HttpError, "no valid host"),
    ("long-label", f"http://{'a' * 64}.example/", HttpError, "no valid host"),
    ("long-host", f"http://{'a.' * 130}example/", HttpError, "no valid host"),
    ("space-in-host", "http://api example.com/", HttpError, "no valid host"),
    ("userinfo", "http://user:password@api.example.com/", HttpError, "Authorization"),
    ("host-as-user", "http://api.example.com@10.0.0.5/", HttpError, "Authorization"),
    ("backslash", "http://api.example.com\\@10.0.0.5/", HttpError, "Authorization"),
    ("port-0", "http://api.example.com:0/", HttpError, "between 1 and 65535"),
    ("port-too-high", "http://api.example.com:65536/", HttpError, "between 1 and 65535"),
    ("port-negative", "http://api.example.com:-1/", HttpError, "between 1 and 65535"),
    ("port-twice", "http://api.example.com:80:81/", HttpError, "not a URL"),
    ("line-break", "http://api.example.com/\r\nX: y", HttpError, "not a URL"),
    ("null", "http://api.example.com/\0", HttpError, "not a URL"),
    ("lone-surrogate", "http://api.example.com/\ud800", HttpError, "not a URL"),
    ("lone-surrogate-in-host", "http://\ud800.example/", HttpError, "not a URL"),
    ("too-long", "http://api.example.com/" + "a" * 20_000, HttpError, "longer than"),
]


@pytest.mark.parametrize(("text", "error", "message"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_url_is_refused(text: str, error: type[HttpError], message: str) -> None:
    with pytest.raises(HttpError) as raised:
        parse(text)
    assert type(raised.value) is error
    assert message in str(raised.value)
    assert str(raised.value).isprintable()


@given(st.text() | st.text("htps:/@[]%.#?\\0123456789abcdefx", min_size=4).map("http://".__add__))
def test_any_text_is_a_plain_url_or_refused(text: str) -> None:
    try:
        url = parse(text)
    except HttpError:
        return
    assert parse(str(url)) == url
    assert url.target.startswith("/")
    assert url.target.isascii()
    assert literal(url.host) or all(LABEL_CHARACTERS.issuperset(label) for label in url.host.split("."))
