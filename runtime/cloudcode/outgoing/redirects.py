"""Redirects: which request an answer asks for, and what of the first one it may still carry."""

from dataclasses import replace

from runtime.cloudcode.outgoing.errors import HttpBlocked
from runtime.cloudcode.outgoing.messages import IncomingAnswer, OutgoingRequest
from runtime.cloudcode.outgoing.url import parse

MOST_REDIRECTS = 5

KEEPS_METHOD = frozenset({307, 308})
STATUSES = frozenset({301, 302, 303}) | KEEPS_METHOD

ABOUT_THE_BODY = frozenset({"content-encoding", "content-language", "content-location", "content-type"})

KEPT_FOR_STRANGERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "content-encoding",
        "content-language",
        "content-type",
        "range",
        "user-agent",
    }
)
"""The headers that another origin gets too. Any other one may be a credential, whatever its name."""


def redirected(request: OutgoingRequest, answer: IncomingAnswer) -> OutgoingRequest | None:
    """The request to make next, or None when the answer is no redirect.

    Method and body are as in browsers (Fetch standard, HTTP-redirect fetch): 303 makes everything but HEAD a GET, 301
    and 302 make a POST one; all else, and 307 and 308 always, is repeated with its body, to another origin too. A body
    that was sent encrypted is not repeated to an address without encryption. Raises HttpBlocked for such a redirect,
    HttpBlocked or HttpError for a target that is not a URL that may be called.
    """
    location = answer.header("location")
    if answer.status not in STATUSES or location is None:
        return None
    url = parse(_text(location), base=request.url)
    following = replace(request, url=url)
    if answer.status not in KEEPS_METHOD and _becomes_get(request.method, answer.status):
        following = replace(following, method="GET", body=b"", headers=_without_body(following))
    if url.origin == request.url.origin:
        return following
    if following.body and request.url.secure and not url.secure:
        raise HttpBlocked(f"{request.url.host} redirects to {url.origin}, where the body would be sent unencrypted.")
    kept = {name: value for name, value in following.headers.items() if name in KEPT_FOR_STRANGERS}
    return replace(following, headers=kept)


def _becomes_get(method: str, status: int) -> bool:
    return method == "POST" or (status == 303 and method != "HEAD")


def _without_body(request: OutgoingRequest) -> dict[str, str]:
    return {name: value for name, value in request.headers.items() if name not in ABOUT_THE_BODY}


def _text(location: str) -> str:
    """Header bytes are read as Latin-1; a Location that is not ASCII is most likely UTF-8."""
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location
