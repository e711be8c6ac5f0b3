"""Who sends a request: from the Authorization header, or the access token in the query (protocol section 2.1)."""

import hmac

from runtime.errors import ReliveError
from runtime.http.request import HttpRequest
from runtime.principal import ANONYMOUS, MASTER, Principal


class Authentication:
    """Finds the principal of a request. A credential that does not hold is an error, never an anonymous request."""

    def __init__(self, master_key: str) -> None:
        self._master_key = master_key.encode()

    def principal(self, request: HttpRequest) -> Principal:
        """Raises ReliveError 604 for a wrong master key or an unknown scheme, 301 for an unknown token."""
        scheme, credential = _credential(request)
        if scheme == "":
            return ANONYMOUS
        if scheme == "masterkey":
            if not self._is_master_key(credential):
                raise ReliveError(604, "The master key is wrong.")
            return MASTER
        if scheme == "bearer":
            raise ReliveError(301)
        raise ReliveError(604, "Authorization takes the schemes MasterKey and Bearer.")

    def is_master(self, request: HttpRequest) -> bool:
        """Whether the request carries the master key. Raises nothing."""
        scheme, credential = _credential(request)
        return scheme == "masterkey" and self._is_master_key(credential)

    def _is_master_key(self, credential: str) -> bool:
        # An empty key would let everybody in.
        return bool(self._master_key) and hmac.compare_digest(credential.encode(), self._master_key)


def _credential(request: HttpRequest) -> tuple[str, str]:
    """Scheme in lower case and credential; both empty if there is none. The header wins over the query."""
    header = request.headers.get("authorization")
    if header is None:
        token = request.query.get("access_token")
        return ("", "") if token is None else ("bearer", token)
    scheme, _, credential = header.strip().partition(" ")
    return scheme.lower() or "none", credential.strip()
