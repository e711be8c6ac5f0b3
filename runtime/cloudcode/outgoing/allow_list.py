"""An app's own list of hosts that its code may call. It can only narrow: the address rule holds for every host."""

from collections.abc import Sequence

from runtime.cloudcode.outgoing.errors import HttpBlocked


def check_allowed(host: str, patterns: Sequence[str] | None) -> None:
    """Raises HttpBlocked unless a pattern covers the host, which is lower-case; no list at all covers every host.

    `api.example.com` covers itself, `*.example.com` every host below it but not itself.
    """
    if patterns is not None and not any(_covers(pattern, host) for pattern in patterns):
        raise HttpBlocked(f"{host} is not in this app's list of hosts that its code may call (http.allow).")


def _covers(pattern: str, host: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:])
    return host == pattern
