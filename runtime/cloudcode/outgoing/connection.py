"""Connections that go to checked addresses and keep to a total time limit, as a network backend for httpcore."""

import contextlib
import socket
import ssl
from collections.abc import Iterable, Iterator
from typing import Any

import httpcore

from runtime.cloudcode.outgoing.addresses import IPAddress, kind_if_not_public
from runtime.cloudcode.outgoing.errors import HttpBlocked, HttpError
from runtime.cloudcode.outgoing.resolver import Resolver
from runtime.cloudcode.outgoing.sockets import Connect
from runtime.deadline import Deadline
from runtime.threads import about_to_wait

IMPATIENT_SECONDS = 3
"""How long an address is tried when there is another one: IPv6 may lead nowhere."""


class GuardedBackend(httpcore.NetworkBackend):
    """Connects by one name lookup, whose addresses are checked and then connected to.

    A second lookup could have another answer than the one that was checked (DNS rebinding). If one of the addresses is
    not public, the host is refused altogether. Timeouts that httpcore passes are ignored: the deadline is for all.
    `peer` is what error messages call the other side.
    """

    def __init__(
        self, resolver: Resolver, connect: Connect, deadline: Deadline, *, peer: str, public_only: bool
    ) -> None:
        self._resolver = resolver
        self._connect = connect
        self._deadline = deadline
        self._peer = peer
        self._public_only = public_only

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Raises HttpBlocked, HttpError when no address accepts the connection, TimeoutError at the deadline."""
        about_to_wait()
        addresses = self._resolve(host)
        if self._public_only:
            check_public(host, addresses)
        failure: OSError | None = None
        for tried, address in enumerate(addresses, start=1):
            seconds = _seconds_left(self._deadline)
            if tried < len(addresses):
                seconds = min(seconds, IMPATIENT_SECONDS)
            try:
                connection = self._connect(address, port, seconds)
            except OSError as error:
                failure = error
                continue
            return DeadlineStream(connection, self._peer, self._deadline)
        if isinstance(failure, TimeoutError):
            raise failure
        raise HttpError(f"Connecting to {self._peer} failed: {_reason(failure)}.")

    def _resolve(self, host: str) -> list[IPAddress]:
        try:
            return self._resolver.addresses(host, self._deadline)
        except TimeoutError:
            raise
        except OSError as error:
            raise HttpError(f"The name of {self._peer} cannot be resolved: {_reason(error)}.") from None


def check_public(host: str, addresses: Iterable[IPAddress]) -> None:
    """Raises HttpBlocked if one of the addresses is not public."""
    for address in addresses:
        kind = kind_if_not_public(address)
        if kind:
            subject = f"{host} is" if host == str(address) else f"{host} resolves to {address}, which is"
            raise HttpBlocked(f"{subject} not a public address ({kind}); cloud code reaches public addresses only.")


class DeadlineStream(httpcore.NetworkStream):
    """A connection on which every step gets what is left of one deadline, so that a slow peer cannot stretch it.

    Raises TimeoutError at the deadline.
    """

    def __init__(self, connection: socket.socket, peer: str, deadline: Deadline) -> None:
        self._connection = connection
        self._peer = peer
        self._deadline = deadline
        self._forget = deadline.on_early_end(self._cut)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        with self._step(httpcore.ReadError):
            return self._connection.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        unsent = memoryview(buffer)
        while unsent:
            # httpcore goes on to read after its WriteError: a server may answer before it has read everything.
            with self._step(httpcore.WriteError):
                unsent = unsent[self._connection.send(unsent) :]

    def close(self) -> None:
        self._forget()
        self._connection.close()

    def _cut(self) -> None:
        """End whatever another thread does with the connection."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """The same connection encrypted. Raises HttpError if the certificate is not one for `server_hostname`."""
        try:
            self._connection.settimeout(_seconds_left(self._deadline))
            encrypted = ssl_context.wrap_socket(self._connection, server_hostname=server_hostname)
        except TimeoutError:
            self.close()
            raise
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise HttpError(f"The certificate of {self._peer} is not valid: {error.verify_message}.") from None
        except OSError as error:
            self.close()
            raise HttpError(f"The encrypted connection to {self._peer} failed: {_reason(error)}.") from None
        self._forget()
        return DeadlineStream(encrypted, self._peer, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._connection if info == "socket" else None

    @contextlib.contextmanager
    def _step(self, failure: type[httpcore.NetworkError]) -> Iterator[None]:
        self._connection.settimeout(_seconds_left(self._deadline))
        try:
            yield
        except TimeoutError:
            raise
        except OSError as error:
            raise failure(_reason(error)) from None


def _seconds_left(deadline: Deadline) -> float:
    seconds = deadline.remaining()
    if seconds <= 0:  # for a socket, 0 would mean not to wait and not to say so
        raise TimeoutError
    return seconds


def _reason(error: OSError | None) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return (error and error.strerror) or str(error)
