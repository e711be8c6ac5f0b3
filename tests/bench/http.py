"""Hello over HTTP: a fresh sandbox for each request."""

import http.client
from collections.abc import Iterator

from tests.bench.server import Load, load, serving

FILES = {
    "relive.yaml": "app: {id: bench, title: Bench}\nfunctions: {hello: {}}\n",
    "functions/hello.py": "def on_request(request, response):\n    return {'hello': 'world'}\n",
}


def measure(*, seconds: float = 5) -> Iterator[tuple[int, Load]]:
    """The load on 1 connection and on 8, after a second in which the server gets warm."""
    with serving(FILES) as port:
        load(port, _hello, connections=1, seconds=1)
        for connections in (1, 8):
            yield connections, load(port, _hello, connections=connections, seconds=seconds)


def _hello(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/v1/bench/Functions/hello")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b'{"hello":"world"}')
