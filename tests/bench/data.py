"""Operations on items over HTTP, with a store that waits for the disk."""

import itertools
import json
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from tests.bench.load import Answer, Load, Traffic, always, answered, load
from tests.bench.server import Relive, serving

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
    with serving(FILES) as relive:
        _fill(relive, "Small", SMALL)
        item_id = _fill(relive, "Large", LARGE)
        for name, traffic in {
            "create": _create(relive, "Plain"),
            "create with a before hook": _create(relive, "Hooked"),
            "read by id": always(relive.request("GET", f"Large/{item_id}")),
        }.items():
            load(relive.port, traffic, connections=1, seconds=0.5)
            yield Row(name, load(relive.port, traffic, connections=CONNECTIONS, seconds=seconds))
        for counted in (True, False):
            yield from _pages(relive, counted=counted, seconds=seconds / 2, rounds=rounds)


def _pages(relive: Relive, *, counted: bool, seconds: float, rounds: int) -> Iterator[Row]:
    """A page of few and a page of many items, in turns, so that both have the same machine."""
    pages = [_page(relive, type_name, counted=counted) for type_name in ("Small", "Large")]
    loads: list[list[Load]] = [[], []]
    for _ in range(rounds):
        for page, noted in zip(pages, loads, strict=True):
            noted.append(load(relive.port, page, connections=CONNECTIONS, seconds=seconds))
    ratio = statistics.median(large.median_ms / small.median_ms for small, large in zip(*loads, strict=True))
    what = f"page of {PAGE} by an indexed filter, {'with' if counted else 'without'} count, among"
    yield Row(f"{what} {SMALL:,}", _middle(loads[0]))
    yield Row(f"{what} {LARGE:,}", _middle(loads[1]), ratio)


def _middle(loads: list[Load]) -> Load:
    return sorted(loads, key=lambda load: load.median_ms)[len(loads) // 2]


def _fill(relive: Relive, type_name: str, number: int) -> str:
    """Create items, and give the id of one of them."""
    for start in range(0, number, AT_ONCE):
        items = [
            {"Title": f"Title {n}", "Shelf": n % SHELVES, "Text": "Call me Ishmael. " * 10}
            for n in range(start, start + AT_ONCE)
        ]
        made = answered(relive.port, relive.request("POST", type_name, items))
    return str(made.value["Result"][0]["Id"])


def _create(relive: Relive, type_name: str) -> Traffic:
    numbers = itertools.count()

    def next_request() -> bytes:
        return relive.request("POST", type_name, {"Title": "A Title", "Shelf": next(numbers)}).encoded()

    return Traffic(next_request, _is_created)


def _is_created(answer: Answer) -> None:
    assert answer.status == 201, answer


def _page(relive: Relive, type_name: str, *, counted: bool) -> Traffic:
    query = f"filter={quote(json.dumps({'Shelf': 3}))}&take={PAGE}&includeCount={str(counted).lower()}"
    encoded = relive.request("GET", f"{type_name}?{query}").encoded()

    def expect(answer: Answer) -> None:
        assert answer.status == 200, answer
        assert len(answer.value["Result"]) == PAGE
        assert ("Count" in answer.value) == counted

    return Traffic(lambda: encoded, expect)
