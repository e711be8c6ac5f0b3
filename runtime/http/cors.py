"""What lets browsers call the API from any page (protocol section 1.3).

The function's URL has no CORS settings of its own: two sources of the same headers would send them twice.
"""

import re

from runtime.http.answer import Answer
from runtime.http.request import HttpRequest

METHODS = "GET, POST, PUT, DELETE, PATCH, OPTIONS, HEAD"
MAX_AGE_SECONDS = 7200
"""How long a browser may remember a preflight; the most that Chrome takes."""

_HEADER_NAMES = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z, -]{1,4096}")


def preflight(request: HttpRequest) -> Answer:
    """The answer to OPTIONS, on any path: yes. A preflight carries no credentials, so nothing can be checked."""
    headers = {
        "access-control-allow-methods": METHODS,
        "access-control-max-age": str(MAX_AGE_SECONDS),
        "vary": "Access-Control-Request-Headers",
    }
    requested = request.headers.get("access-control-request-headers", "")
    if _HEADER_NAMES.fullmatch(requested):
        headers["access-control-allow-headers"] = requested
    return Answer(204, headers)
