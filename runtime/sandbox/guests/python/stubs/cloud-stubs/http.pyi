"""Calls addresses on the internet."""

from collections.abc import Coroutine, Mapping
from typing import Any, TypedDict, Unpack

from cloud import Headers

class HttpError(Exception):
    """The call got no answer."""

class HttpTimeout(HttpError):
    """The call got no answer in time."""

class HttpBlocked(HttpError):
    """The address may not be called."""

class Options(TypedDict, total=False):
    """What can be said about a call.

    `params` are added to the address's query, without those that are None. Of the body, one can be given: `json` is
    sent as JSON, `data` as a form, `body` as it is. `timeout` is in seconds, for the whole call with its redirects.
    """

    params: Mapping[str, Any] | None
    headers: Mapping[str, str] | None
    json: Any
    data: Mapping[str, Any] | None
    body: bytes | str | None
    timeout: float | None
    follow_redirects: bool

class Response:
    """An answer, whatever its status; `url` is the address that answered, after redirects."""

    status: int
    headers: Headers
    body: bytes
    url: str

    @property
    def ok(self) -> bool:
        """True for a status below 400."""
    @property
    def text(self) -> str:
        """The body as text, by the charset of its Content-Type."""
    def json(self) -> Any:
        """The body as JSON. Raises ValueError when it is none."""

class PendingResponse(Response, Coroutine[Any, Any, Response]):
    """An answer that may still be on its way. `await` it; any other use of it waits right there."""

def request(method: str, url: str, **options: Unpack[Options]) -> PendingResponse:
    """Call an address. The call starts at once.

    In an `async def`, await the answer; calls that are awaited together, as with asyncio.gather, run side by side.
    Raises HttpError, HttpTimeout or HttpBlocked.
    """

def get(url: str, **options: Unpack[Options]) -> PendingResponse:
    """Call an address with GET; see `request`."""

def post(url: str, **options: Unpack[Options]) -> PendingResponse:
    """Call an address with POST; see `request`."""

def put(url: str, **options: Unpack[Options]) -> PendingResponse:
    """Call an address with PUT; see `request`."""

def patch(url: str, **options: Unpack[Options]) -> PendingResponse:
    """Call an address with PATCH; see `request`."""

def delete(url: str, **options: Unpack[Options]) -> PendingResponse:
    """Call an address with DELETE; see `request`."""
