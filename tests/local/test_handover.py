"""Connections that one process accepts and another one serves; here, both are this one."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from runtime.local.handover import Inlet, Outlet
from runtime.local.listener import Listener
from runtime.local.server import LocalServer
from tests.local.serving import tell_event
from tests.sandbox.processes import wait_until

REQUEST = b"GET /v1/shop HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.fixture
def pair() -> Iterator[tuple[Outlet, Inlet]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Outlet(ours), Inlet(theirs, "127.0.0.1:8240")


@contextmanager
def serving(inlet: Inlet) -> Iterator[None]:
    server = LocalServer(tell_event, inlet)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join(30)
        assert not thread.is_alive()


def _give(outlet: Outlet, listener: Listener) -> socket.socket:
    """A client's end of a connection whose other end is handed over."""
    client = socket.create_connection(listener.socket.getsockname(), timeout=30)
    connection, _ = listener.socket.accept()
    with connection:
        assert outlet.give(connection)
    return client


def test_the_client_is_answered_and_known(pair: tuple[Outlet, Inlet]) -> None:
    outlet, inlet = pair
    listener = Listener()
    with listener.socket, serving(inlet), _give(outlet, listener) as client:
        client.sendall(REQUEST)
        event = json.loads(client.makefile("rb").read().partition(b"\r\n\r\n")[2])
    context = event["requestContext"]
    assert (context["domainName"], context["http"]["sourceIp"]) == ("127.0.0.1:8240", "127.0.0.1")


def test_open_connections_are_counted(pair: tuple[Outlet, Inlet]) -> None:
    outlet, inlet = pair

    def left() -> int:
        outlet.count()
        return outlet.open

    listener = Listener()
    with listener.socket, serving(inlet):
        clients = [_give(outlet, listener) for _ in range(5)]
        assert left() == 5
        for client in clients[:3]:
            client.close()
        wait_until(lambda: left() == 2, "those that were closed are counted")
    assert left() == 2 or left() == 0  # an end closes all
    for client in clients:
        client.close()


def test_notes_that_find_no_room_come_later(pair: tuple[Outlet, Inlet]) -> None:
    outlet, inlet = pair
    outlet.open = many = 5000
    for _ in range(many):
        inlet.note_closed()
    outlet.count()
    assert outlet.open > 1
    while outlet.open > 1:
        inlet.note_closed()
        before = outlet.open
        outlet.count()
        assert outlet.open < before
        outlet.open += 1  # for the one more


def test_who_takes_none_is_not_waited_for(pair: tuple[Outlet, Inlet]) -> None:
    outlet, _ = pair
    with socket.socket() as connection:
        given = 0
        while outlet.give(connection):
            given += 1
            assert given < 100_000
        assert outlet.open == given > 0


def test_who_has_gone(pair: tuple[Outlet, Inlet]) -> None:
    outlet, inlet = pair
    inlet.channel.close()
    outlet.count()
    with socket.socket() as connection:
        assert not outlet.give(connection)


def test_when_no_more_come(pair: tuple[Outlet, Inlet]) -> None:
    outlet, inlet = pair
    with pytest.raises(BlockingIOError):
        inlet.receive()
    outlet.close()
    with pytest.raises(EOFError):
        inlet.receive()
