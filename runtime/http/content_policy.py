"""Keeps documents that cloud code makes apart from each other and from the API, on one domain.

Without it, a page made by one app could read, with the visitor's rights, what any other app on the domain shows. The
policy gives each document an origin of its own: scripts run, and nothing of the domain is theirs.
"""

import re

SANDBOX = (
    "sandbox allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox allow-modals allow-downloads "
    "allow-top-navigation-by-user-activation"
)
"""Without allow-same-origin, which would undo it all."""

# What no browser makes a document with scripts of. A comma would begin a second type, which could be text/html. PDF
# viewers refuse to work in a sandbox.
_INERT = re.compile(
    r"""\s*(application/(json|pdf|zip|gzip|octet-stream|javascript)
    |text/(plain|csv|css|javascript|markdown|calendar)
    |image/(?!svg)[a-z0-9.+-]+
    |(audio|video|font)/[a-z0-9.+-]+)\s*(;[^,]*)?""",
    re.VERBOSE | re.IGNORECASE,
)


def with_sandbox(headers: dict[str, str]) -> dict[str, str]:
    """The headers of an answer, with the sandbox added to its policy if a browser may take it for a document.

    Names are in lower case. All policies of an answer hold, so one that the app sets can only add to ours.
    """
    if _INERT.fullmatch(headers.get("content-type", "")):
        return headers
    own = headers.get("content-security-policy")
    return {**headers, "content-security-policy": f"{own}, {SANDBOX}" if own else SANDBOX}
