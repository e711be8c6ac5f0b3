"""Who sends a request: from the Authorization header, or the access token in the query (protocol section 2.1)."""

from runtime.errors import ReliveError
from runtime.http.master_key import MasterKey
from runtime.http.request import HttpRequest
from runtime.principal import ANONYMOUS, MASTER, Principal
from runtime.store.port import StoreUnavailableError


class Authentication:
    """Finds the principal of a request. A credential that does not hold is an error, never an anonymous request."""

    def __init__(self, master_key: MasterKey) -> None:
        self._master_key = master_key

    def principal(self, request: HttpRequest) -> Principal:
        """Raises ReliveError 604 for a wrong master key or an unknown scheme, 301 for an unknown token.

        May raise StoreUnavailableError.
        """
        scheme, credential = _credential(request)
        if scheme == "":
            return ANONYMOUS
        if scheme == "masterkey":
            if not self._master_key.is_valid(credential):
                raise ReliveError(604, "The master key is wrong.")
            return MASTER
        if scheme == "bearer":
            raise ReliveError(301)
        raise ReliveError(604, "Authorization takes the schemes MasterKey and Bearer.")

    def is_master(self, request: HttpRequest) -> bool:
        """Whether the request carries the master key, or did when the store last told. Raises nothing."""
        scheme, credential = _credential(request)
        if scheme != "masterkey":
            return False
        try:
            return self._master_key.is_valid(credential)
        except StoreUnavailableError:
            return self._master_key.was_valid(credential)


def _credential(request: HttpRequest) -> tuple[str, str]:
    """Scheme in lower case and credential; both empty if there is none. The header wins over the query."""
    header = request.headers.get("authorization")
    if header is None:
        token = request.query.get("access_token")
        return ("", "") if token is None else ("bearer", token)
    scheme, _, credential = header.strip().partition(" ")
    return scheme.lower() or "none", credential.strip()
