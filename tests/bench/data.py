"""Operations on items over HTTP, with a store that waits for the disk."""

import http.client
import itertools
import json
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.bench.server import Load, Send, load, serving

CONNECTIONS = 8
SMALL, LARGE = 1_000, 100_000
AT_ONCE = 100
PAGE = 20
SHELVES = 10
"""A tenth of all items is on each shelf: a page's filter finds 100 of the small type and 10,000 of the large one."""

BOOKS = "{policy: public, fields: {Title: {type: text}, Shelf: {type: number}}}"
FILES = {
    "relive.yaml": f"app: {{id: bench, title: Bench}}\n"
    f"types: {{Plain: {BOOKS}, Hooked: {BOOKS}, Small: {BOOKS}, Large: {BOOKS}}}\n",
    "types/Hooked.py": "def before_create(request, context):\n    request.data['Slug'] = request.data['Title'].lower()\n",
}


@dataclass(frozen=True)
class Row:
    """What was done, how fast, and for a page among many items how much longer it takes than among few."""

    name: str
    load: Load
    times_longer: float | None = None


def measure(*, seconds: float = 2, rounds: int = 3) -> Iterator[Row]:
    with serving(FILES) as port:
        _fill(port, "Small", SMALL)
        item_id = _fill(port, "Large", LARGE)
        for name, send in {
            "create": _create("Plain"),
            "create with a before hook": _create("Hooked"),
            "read by id": _read(f"Large/{item_id}"),
        }.items():
            load(port, send, connections=1, seconds=0.5)
            yield Row(name, load(port, send, connections=CONNECTIONS, seconds=seconds))
        for counted in (True, False):
            yield from _pages(port, counted=counted, seconds=seconds / 2, rounds=rounds)


def _pages(port: int, *, counted: bool, seconds: float, rounds: int) -> Iterator[Row]:
    """A page of few and a page of many items, in turns, so that both have the same machine."""
    sends = [_page(type_name, counted=counted) for type_name in ("Small", "Large")]
    loads: list[list[Load]] = [[], []]
    for _ in range(rounds):
        for send, noted in zip(sends, loads, strict=True):
            noted.append(load(port, send, connections=CONNECTIONS, seconds=seconds))
    ratio = statistics.median(large.median_ms / small.median_ms for small, large in zip(*loads, strict=True))
    what = f"page of {PAGE} by an indexed filter, {'with' if counted else 'without'} count, among"
    yield Row(f"{what} {SMALL:,}", _middle(loads[0]))
    yield Row(f"{what} {LARGE:,}", _middle(loads[1]), ratio)


def _middle(loads: list[Load]) -> Load:
    return sorted(loads, key=lambda load: load.median_ms)[len(loads) // 2]


def _fill(port: int, type_name: str, number: int) -> str:
    """Create items, and give the id of one of them."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for start in range(0, number, AT_ONCE):
        items = [
            {"Title": f"Title {n}", "Shelf": n % SHELVES, "Text": "Call me Ishmael. " * 10}
            for n in range(start, start + AT_ONCE)
        ]
        made = _send(connection, "POST", type_name, 201, items)
    connection.close()
    return str(made["Result"][0]["Id"])


def _create(type_name: str) -> Send:
    numbers = itertools.count()

    def send(connection: http.client.HTTPConnection) -> None:
        _send(connection, "POST", type_name, 201, {"Title": "A Title", "Shelf": next(numbers)})

    return send


def _read(path: str) -> Send:
    return lambda connection: _ignore(_send(connection, "GET", path, 200))


def _page(type_name: str, *, counted: bool) -> Send:
    path = f"{type_name}?filter={quote(json.dumps({'Shelf': 3}))}&take={PAGE}&includeCount={str(counted).lower()}"

    def send(connection: http.client.HTTPConnection) -> None:
        answer = _send(connection, "GET", path, 200)
        assert len(answer["Result"]) == PAGE
        assert ("Count" in answer) == counted

    return send


def _ignore(_: object) -> None:
    return None


def _send(
    connection: http.client.HTTPConnection, method: str, path: str, status: int, data: Any = None
) -> Mapping[str, Any]:
    headers = {"content-type": "application/json"}
    connection.request(method, f"/v1/bench/{path}", None if data is None else json.dumps(data), headers)
    answer = connection.getresponse()
    body: dict[str, Any] = json.loads(answer.read())
    assert answer.status == status, body
    return body
