"""Hello over HTTP: a fresh sandbox for each request, against software that has none."""

from collections.abc import Iterator

from tests.bench.comparison import Compared, Contender, in_turns
from tests.bench.load import Load, always, load
from tests.bench.peers.functions_framework import server as functions_framework
from tests.bench.server import Relive, serving

HELLO = {
    "relive.yaml": "app: {id: bench, title: Bench}\nfunctions: {hello: {}}\n",
    "functions/hello.py": "def on_request(request, response):\n    return {'hello': 'world'}\n",
}
CONNECTIONS = (1, 8)


def hello(relive: Relive) -> Contender:
    return Contender(relive.port, always(relive.request("GET", "Functions/hello"), body=b'{"hello":"world"}'))


def measure(*, seconds: float = 5) -> Iterator[tuple[int, Load]]:
    """The load on 1 connection and on 8, after a second in which the server gets warm."""
    with serving(HELLO) as relive:
        mine = hello(relive)
        load(mine.port, mine.traffic, connections=1, seconds=1)
        for connections in CONNECTIONS:
            yield connections, load(mine.port, mine.traffic, connections=connections, seconds=seconds)


def against_functions_framework(*, seconds: float = 2) -> dict[int, Compared]:
    """By the number of connections."""
    with serving(HELLO) as relive, functions_framework.serving() as port:
        theirs = Contender(port, always(functions_framework.HELLO, body=b'{"hello":"world"}\n'))
        return {
            connections: in_turns(hello(relive), theirs, connections=connections, seconds=seconds)
            for connections in CONNECTIONS
        }
