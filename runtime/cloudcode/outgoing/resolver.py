"""Host names to IP addresses, within a time limit."""

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable

from runtime.cloudcode.outgoing.addresses import IPAddress, literal
from runtime.deadline import Deadline

Lookup = Callable[[str], list[str]]
"""All addresses of a host name, best first, as text. Raises OSError; may take long."""

LOOKUPS_AT_ONCE = 64


def system_lookup(host: str) -> list[str]:
    """The addresses that the operating system finds for a host name. Raises OSError."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


class Resolver:
    """Runs lookups in threads of their own: the system's cannot be interrupted, only left behind."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._slots = threading.BoundedSemaphore(LOOKUPS_AT_ONCE)

    def addresses(self, host: str, deadline: Deadline) -> list[IPAddress]:
        """All addresses of a host name, each once; a host that is an address already is not looked up.

        Raises OSError when the host cannot be resolved, TimeoutError at the deadline.
        """
        address = literal(host)
        if address is not None:
            return [address]
        found = self._within(deadline, host)
        if not found:
            raise OSError("it has no address")
        return [ipaddress.ip_address(text) for text in dict.fromkeys(found)]

    def _within(self, deadline: Deadline, host: str) -> list[str]:
        if not self._slots.acquire(timeout=deadline.remaining()):
            raise TimeoutError
        outcome: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

        def look_up() -> None:
            try:
                outcome.put(self._lookup(host))
            except Exception as error:
                outcome.put(error)
            finally:
                self._slots.release()

        # Not a thread pool: the interpreter waits for a pool's threads when it exits, and one may hang in a lookup.
        threading.Thread(target=look_up, name="name-lookup", daemon=True).start()
        try:
            found = outcome.get(timeout=deadline.remaining())
        except queue.Empty:
            raise TimeoutError from None
        if isinstance(found, Exception):
            raise found
        return found
