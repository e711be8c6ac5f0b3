"""Outgoing HTTP: what `http.get(url)` and its like in user code do."""

import base64
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from runtime.cloudcode.capability import CallContext
from runtime.cloudcode.outgoing.allow_list import check_allowed
from runtime.cloudcode.outgoing.arguments import read_arguments
from runtime.cloudcode.outgoing.body import BodyReader
from runtime.cloudcode.outgoing.depth import DepthSigner
from runtime.cloudcode.outgoing.errors import HttpError, HttpTimeout
from runtime.cloudcode.outgoing.messages import IncomingAnswer, OutgoingRequest
from runtime.cloudcode.outgoing.own_api import OwnApi, OwnApiRequest
from runtime.cloudcode.outgoing.redirects import MOST_REDIRECTS, redirected
from runtime.cloudcode.outgoing.resolver import Lookup, Resolver, system_lookup
from runtime.cloudcode.outgoing.sockets import Connect, open_socket
from runtime.cloudcode.outgoing.stand_ins import StandIns
from runtime.cloudcode.outgoing.url import Url, parse
from runtime.deadline import Deadline
from runtime.settings import MEGABYTE, Settings

if TYPE_CHECKING:
    from runtime.cloudcode.outgoing.network import Network


class Http:
    """Makes one HTTP call, redirects included.

    Arguments: `method`, `url`, `headers` (an object of strings), `body` (base64), `timeout` (seconds, for everything
    from the name lookup to the last byte of the body) and `follow_redirects`. All but the first two may be missing or
    null. The answer: `status`, `headers` (pairs of name and value), `body` (base64) and `url`, the one that answered.
    Raises HttpError, HttpTimeout and HttpBlocked, TooMuchAtOnce for bodies that do not fit beside what the request
    holds already, and ReliveError 617 when the app's own API is called too deep.
    """

    name = "http.request"
    runs_user_code = False

    def __init__(
        self,
        settings: Settings,
        own_api: OwnApi,
        depth: DepthSigner,
        *,
        lookup: Lookup = system_lookup,
        connect: Connect = open_socket,
    ) -> None:
        self._settings = settings
        self._own_api = own_api
        self._depth = depth
        self._resolver = Resolver(lookup)
        self._connect = connect
        self._stand_ins = StandIns(settings.http_stand_ins)
        self._body_limit = int(settings.http_body_mb * MEGABYTE)

    def __call__(self, arguments: dict[str, Any], context: CallContext) -> dict[str, Any]:
        call = read_arguments(
            arguments, default_timeout=self._settings.http_timeout_seconds, body_limit=self._body_limit
        )
        hold = context.budget.hold
        hold.add(len(call.request.body))
        seconds = min(call.timeout, context.budget.deadline.remaining())
        deadline = context.budget.deadline.at_most(call.timeout)
        request = call.request
        for _ in range(1 + MOST_REDIRECTS):
            host = request.url.host
            with _time_limit(host, seconds), self._open(request, context, deadline) as answer:
                following = redirected(request, answer) if call.follow_redirects else None
                if following is None:
                    headers, body = BodyReader(host, self._body_limit, deadline, hold).read(answer)
                    return {
                        "status": answer.status,
                        "headers": [[name, value] for name, value in headers],
                        "body": base64.b64encode(body).decode("ascii"),
                        "url": str(request.url),
                    }
                request = following
        raise HttpError(f"{call.request.url.host} answered with more than {MOST_REDIRECTS} redirects in a row.")

    def _open(
        self, request: OutgoingRequest, context: CallContext, deadline: Deadline
    ) -> AbstractContextManager[IncomingAnswer]:
        # The app's list of hosts is about calls that leave; its own API is there for everyone anyway.
        for base in self._own_addresses(context):
            if request.url.is_below(base):
                return self._inside(request, base.target, context, deadline)
        check_allowed(request.url.host, context.app.definition.http.allow)
        return self._network.open(request, self._depth.sign(context.budget.depth + 1), deadline)

    @contextmanager
    def _inside(
        self, request: OutgoingRequest, base_path: str, context: CallContext, deadline: Deadline
    ) -> Iterator[IncomingAnswer]:
        origin = request.url.origin
        headers = {**request.headers, "host": origin.netloc, "x-forwarded-proto": origin.scheme}
        context.budget.hold.add(2 * len(request.body))
        context.budget.hold.add_json(request.body.decode("latin-1"))
        answer = self._own_api(
            OwnApiRequest(request.method, request.url.target.removeprefix(base_path), headers, request.body, base_path),
            replace(context.budget.nested(), deadline=deadline),
        )
        yield IncomingAnswer(answer.status, tuple(answer.headers.items()), [answer.body])

    def _own_addresses(self, context: CallContext) -> Iterator[Url]:
        """What comes before the version in an address of the own API; the path has no slash at the end."""
        # The version and the id of the app are the last two segments.
        for address in (context.api_url.rpartition("/")[0].rpartition("/")[0], self._settings.public_url):
            with suppress(HttpError):  # a caller may have come by an address that cannot be written in a URL
                url = parse(address)
                yield Url(url.origin, url.target.rstrip("/"))

    @cached_property
    def _network(self) -> "Network":
        # Imported at the first call: the HTTP client takes 0.1 s, which every cold start would pay in Lambda.
        from runtime.cloudcode.outgoing.network import Network

        return Network(self._resolver, self._connect, self._stand_ins)


@contextmanager
def _time_limit(host: str, seconds: float) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise HttpTimeout(f"{host} did not answer in full within {seconds:.3g} seconds.") from None
