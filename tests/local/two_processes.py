"""`relive serve` with two processes: what it serves, and how many connections each of them has."""

import contextlib
import http.client
import time
from collections.abc import Iterator
from pathlib import Path

from tests.faults.notes_app import DEFINITION, FILES, write_app
from tests.faults.server import Server, ask, wait_for
from tests.sandbox.processes import children, descriptors, is_alive

TWO = 2
VERSION = "def on_request(request, response):\n    return {version}\n"
TOLD = "def on_request(request, response):\n    for n in range(600):\n        print(f'line {n} ' + request.data['mark'] * 90)\n"
SLOW = "import time\n\ndef on_request(request, response):\n    time.sleep(request.data['seconds'])\n"


@contextlib.contextmanager
def two_processes(folder: Path, guests: Path) -> Iterator[Server]:
    """A server of two processes; `version`, `told` and `slow` are functions of its app."""
    names = ("version", "told", "slow")
    definition = DEFINITION + "".join(f"  {name}: {{}}\n" for name in names)
    sources = {"version": VERSION.format(version=1), "told": TOLD, "slow": SLOW}
    functions = {f"functions/{name}.py": source for name, source in sources.items()}
    write_app(folder / "app", {**FILES, **functions, "relive.yaml": definition})
    server = Server(folder, guests, RELIVE_PROCESSES=str(TWO), RELIVE_LOG_KB="256")
    try:
        server.start(start_new_session=True)
        yield server
    finally:
        server.end()


def workers(server: Server) -> list[int]:
    return [pid for pid in children(server.pid) if is_alive(pid)]


def connections_of(server: Server) -> list[int]:
    """How many connections of clients each process has."""
    inodes = _inodes_of(server.port)
    return [sum(opened in inodes for opened in descriptors(pid).values()) for pid in workers(server)]


def wait_for_rest(server: Server) -> None:
    """Until no client is connected, and each process takes connections: one that a test has ended is back."""
    wait_for(lambda: connections_of(server) == [0] * TWO, "connections of the test before are closed")
    wait_for(lambda: _each_takes_one(server), "each process takes a connection")
    wait_for(lambda: connections_of(server) == [0] * TWO, "they are closed")
    time.sleep(0.3)  # until the parent knows


def _each_takes_one(server: Server) -> bool:
    with connected(server, TWO):
        return connections_of(server) == [1] * TWO


def _inodes_of(port: int) -> set[str]:
    """The established connections to a port, as descriptors name them (proc(5), net/tcp)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {f"socket:[{row[9]}]" for row in rows if int(row[1].partition(":")[2], 16) == port and row[3] == "01"}


@contextlib.contextmanager
def connected(server: Server, number: int) -> Iterator[list[http.client.HTTPConnection]]:
    """Connections that have been made one after the other, and have answered once."""
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(server.connection()) for _ in range(number)]
        for connection in connections:
            assert ask(connection, "GET", "Functions/version").status == 200
        yield connections
