"""Many clients at work while something happens, and how the server is afterwards."""

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from types import TracebackType

from tests.faults.clients import Client, Tally
from tests.faults.server import RUNNERS, Server

SHOWN = 5


class Load:
    """Clients at work, each in a thread of its own, until `stop`."""

    def __init__(self, server: Server, expected: Collection[int] = (), *, clients: int = 4) -> None:
        self.clients = [Client(server, f"client{number}", expected) for number in range(clients)]
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(client,)) for client in self.clients]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(120)
            assert not thread.is_alive(), "a client waits for an answer that never comes"

    def tally(self) -> Tally:
        """What happened so far, of all clients."""
        together = Tally()
        for client in self.clients:
            together.add(client.tally)
        return together

    def answered(self) -> list[int]:
        """How many answers each client has had."""
        return [client.tally.codes.total() for client in self.clients]

    def has_moved_on(self, answered: list[int]) -> bool:
        """Whether each client has had the answer it waited for when there were so many, and one more."""
        return all(now >= before + 2 for now, before in zip(self.answered(), answered, strict=True))

    def _work(self, client: Client) -> None:
        while not self._over.is_set():
            client.send_one()
        client.close()


@contextmanager
def under_load(server: Server, expected: Collection[int] = (), *, slowest: float, clients: int = 4) -> Iterator[Load]:
    """Load while something happens. Afterwards the server is as before.

    No answer was wrong, none took longer than `slowest` seconds, nothing that was acknowledged is lost, calls succeed,
    and no process, thread or descriptor is left over.
    """
    with Load(server, expected, clients=clients) as load:
        yield load
    tally = load.tally()
    assert not tally.wrong, "\n".join(tally.wrong[:SHOWN])
    assert tally.slowest < slowest, tally.codes
    recovers(server)
    lost = [wrong for client in load.clients for wrong in client.verify()]
    assert not lost, "\n".join(lost[:SHOWN])
    held = server.settled()
    assert not held.leaks(server.unused, RUNNERS), f"{held}, and at the start {server.unused}"


def recovers(server: Server, requests: int = 40) -> None:
    """The server does its work again: so many requests in a row succeed."""
    client = Client(server, "afterwards", ())
    for _ in range(requests):
        client.send_one()
    client.close()
    assert not client.tally.wrong, "\n".join(client.tally.wrong[:SHOWN])
