"""Opening a TCP connection to an IP address."""

import socket
from collections.abc import Callable

from runtime.cloudcode.outgoing.addresses import IPAddress

Connect = Callable[[IPAddress, int, float], socket.socket]
"""Opens a TCP connection to an address and port within some seconds. Raises OSError, TimeoutError among them."""


def open_socket(address: IPAddress, port: int, seconds: float) -> socket.socket:
    """A TCP connection to an address, which is connected to as it is: nothing is resolved again."""
    connection = socket.create_connection((str(address), port), timeout=seconds)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection
