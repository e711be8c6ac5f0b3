"""One request over the network: connect, send, and hand over the answer as it arrives."""

import ssl
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from functools import cached_property

import httpcore

from runtime.cloudcode.outgoing.connection import GuardedBackend
from runtime.cloudcode.outgoing.depth import DEPTH_HEADER
from runtime.cloudcode.outgoing.errors import HttpError, quoted
from runtime.cloudcode.outgoing.messages import IncomingAnswer, OutgoingRequest
from runtime.cloudcode.outgoing.resolver import Resolver
from runtime.cloudcode.outgoing.sockets import Connect
from runtime.cloudcode.outgoing.stand_ins import StandIns
from runtime.cloudcode.outgoing.tls import shared_context
from runtime.deadline import Deadline

ALWAYS_WITH_LENGTH = frozenset({"POST", "PUT", "PATCH"})
"""Methods whose empty body is announced too, as RFC 9110 section 8.6 wants it."""


class Network:
    """Opens a connection of its own for every request.

    None is kept: a connection that other calls left behind could carry one app's traffic, or its sign-in, over to
    another one. Environment variables for proxies mean nothing here.
    """

    def __init__(self, resolver: Resolver, connect: Connect, stand_ins: StandIns) -> None:
        self._resolver = resolver
        self._connect = connect
        self._stand_ins = stand_ins

    @contextmanager
    def open(self, request: OutgoingRequest, depth: str, deadline: Deadline) -> Iterator[IncomingAnswer]:
        """Send the request with the depth header `depth`; within the block, the answer's body can be read.

        Raises HttpBlocked, HttpError, and TimeoutError at the deadline.
        """
        stand_in = self._stand_ins.of(request.url)
        url = stand_in or request.url
        # The stand-in's own address is the operator's business, and not for user code to read.
        peer = f"the stand-in of {request.url.host}" if stand_in else request.url.host
        backend = GuardedBackend(self._resolver, self._connect, deadline, peer=peer, public_only=stand_in is None)
        address = httpcore.URL(
            scheme=url.origin.scheme, host=url.origin.host, port=url.origin.port, target=url.target.encode("ascii")
        )
        sent = httpcore.Request(
            request.method.encode("ascii"), address, headers=_headers(request, depth), content=request.body
        )
        ssl_context = self._ssl_context if url.secure else None
        connection = httpcore.HTTPConnection(address.origin, ssl_context=ssl_context, network_backend=backend)
        with closing(connection), _peer_errors(request.url.host):
            answer = connection.handle_request(sent)
            assert isinstance(answer.stream, Iterable)
            yield IncomingAnswer(
                status=answer.status,
                headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers),
                chunks=answer.stream,
            )

    @cached_property
    def _ssl_context(self) -> ssl.SSLContext:
        return shared_context()


def _headers(request: OutgoingRequest, depth: str) -> list[tuple[bytes, bytes]]:
    headers = {"host": request.url.origin.netloc, **request.headers, DEPTH_HEADER: depth, "connection": "close"}
    if request.body or request.method in ALWAYS_WITH_LENGTH:
        headers["content-length"] = str(len(request.body))
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]


@contextmanager
def _peer_errors(host: str) -> Iterator[None]:
    try:
        yield
    except httpcore.NetworkError as error:
        raise HttpError(f"The connection to {host} broke: {error}.") from None
    except httpcore.LocalProtocolError as error:
        raise HttpError(f"The request to {host} cannot be sent: {quoted(str(error))}.") from None
    except httpcore.ProtocolError as error:
        raise HttpError(f"{host} gave no valid HTTP answer: {quoted(str(error))}.") from None
