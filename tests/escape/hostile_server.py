"""A server on this machine that user code may call, and that plays into its hands: redirects to forbidden places, bombs."""

import gzip
import zlib

from tests.cloudcode.outgoing.scripted_peer import Peer, Script, http_answer

ORIGIN = "http://friend.example"
"""What user code calls it; it is a stand-in of the operator's."""

FORBIDDEN = {
    "metadata": "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    "credentials": "http://169.254.170.2/v2/credentials",
    "runtime": "http://127.0.0.1:9001/2018-06-01/runtime/invocation/next",
    "file": "file:///etc/passwd",
    "decimal": "http://2852039166/",
    "protocol-relative": "//169.254.169.254/",
    "user-info": "http://friend.example@169.254.169.254/",
}

REDIRECTS: dict[str, Script] = {f"/to/{name}": http_answer(302, location=url) for name, url in FORBIDDEN.items()}

BOMB = gzip.compress(bytes(40_000_000), 1)


def hostile_server() -> Peer:
    """Close it when it is not needed any more."""
    return Peer(
        {
            **REDIRECTS,
            "/hello": http_answer(body=b'"hello"', content_type="application/json"),
            "/in-a-circle": http_answer(302, location="/in-a-circle"),
            "/repeats-the-body": http_answer(307, location=FORBIDDEN["metadata"]),
            "/bomb": http_answer(body=BOMB, content_encoding="gzip"),
            "/bomb-deflated": http_answer(body=zlib.compress(bytes(40_000_000), 1), content_encoding="deflate"),
            "/bomb-in-a-bomb": http_answer(body=gzip.compress(BOMB), content_encoding="gzip"),
            "/two-lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 999\r\n\r\nx",
            "/endless-head": b"HTTP/1.1 200 OK\r\nx: " + b"a" * 2_000_000,
        }
    )
