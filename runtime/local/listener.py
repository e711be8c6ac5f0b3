"""The address that a server listens on."""

import os
import socket

EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Hosts that mean all addresses of the machine, with the one by which to reach it from itself."""


class CannotListenError(Exception):
    """The server cannot have its address; the message is a sentence that says why."""


class Listener:
    """Listens from the start, on a port of the system's choice if `port` is 0. Raises CannotListenError.

    `address` is host and port by which it is reached from this machine.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.socket = _listen(host, port)
        number = self.socket.getsockname()[1]
        name = EVERY_ADDRESS.get(host, host)
        self.address = f"[{name}]:{number}" if ":" in name else f"{name}:{number}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def close(self) -> None:
        """Listen no more. Closing again does nothing."""
        self.socket.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except socket.gaierror as error:
        raise CannotListenError(f"Cannot listen on {host}: {error.strerror}.") from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise CannotListenError(f"Cannot listen on {host}, port {port}: {reason}.") from None
