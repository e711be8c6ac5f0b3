"""Functions, hooks, reads and memory, against Parse Server."""

import itertools
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.bench.comparison import Compared, Contender, in_turns
from tests.bench.load import Answer, Request, Traffic, always, answered, load
from tests.bench.memory import descendants, private_bytes, resident_bytes
from tests.bench.peers.parse_server import server as parse_server
from tests.bench.peers.parse_server.server import ParseServer
from tests.bench.server import Relive, serving

CONNECTIONS = 8
ITEMS = 1_000
AT_ONCE = 50
PAGE = 20
SHELVES = 10
IN_ONE, IN_MANY = "", ", a process a core"
"""How the server is started; the first way is the default."""

BUSY_SECONDS = 6
"""How long the busy runners are busy; their memory is looked at in the middle of that."""

TITLES = "{policy: public, fields: {Title: {type: text}, Shelf: {type: number}}}"
FILES = {
    "relive.yaml": "app: {id: bench, title: Bench}\n"
    "functions: {hello: {}, busy: {}}\n"
    f"types: {{Plain: {TITLES}, Hooked: {TITLES}}}\n",
    "functions/hello.py": "def on_request(request, response):\n    return {'hello': 'world'}\n",
    "functions/busy.py": "import time\n\n\ndef on_request(request, response):\n"
    f"    end = time.monotonic() + {BUSY_SECONDS}\n    while time.monotonic() < end:\n        pass\n",
    "types/Hooked.py": "def before_create(request, context):\n    request.data['Slug'] = request.data['Title'].lower()\n",
}
"""What cloud.js does in Parse Server."""


@dataclass(frozen=True)
class AgainstParse:
    """The comparisons by what was done, and the bytes of memory, ours private and theirs resident.

    Ours is None if the system does not show it.
    """

    loads: Mapping[str, Compared]
    our_memory: int | None
    their_memory: int


def measure(*, seconds: float = 2) -> AgainstParse:
    loads = {}
    with parse_server.serving() as parse:
        theirs = _traffic_of_parse(parse)
        for mode, processes in ((IN_ONE, 1), (IN_MANY, 0)):
            with serving(FILES, processes=processes) as relive:
                for what, traffic in _traffic_of_relive(relive).items():
                    ours, peers = Contender(relive.port, traffic), Contender(parse.port, theirs[what])
                    loads[what + mode] = in_turns(ours, peers, connections=CONNECTIONS, seconds=seconds)
                if processes == 1:
                    memory = _private_with_busy_runners(relive)
        return AgainstParse(loads, memory, resident_bytes(parse.pid))


def _traffic_of_relive(relive: Relive) -> dict[str, Traffic]:
    for start in range(0, ITEMS, AT_ONCE):
        made = answered(relive.port, relive.request("POST", "Plain", [_item(start + n) for n in range(AT_ONCE)]))
    query = f"filter={quote(json.dumps({'Shelf': 3}))}&take={PAGE}&includeCount=false"
    return {
        "hello": always(relive.request("GET", "Functions/hello"), body=b'{"hello":"world"}'),
        "create with a before hook": _creating(lambda item: relive.request("POST", "Hooked", item)),
        "read by id": always(relive.request("GET", f"Plain/{made.value['Result'][0]['Id']}")),
        "page by an indexed field": _reading(relive.request("GET", f"Plain?{query}"), "Result"),
    }


def _traffic_of_parse(parse: ParseServer) -> dict[str, Traffic]:
    for number in range(ITEMS):
        made = answered(parse.port, parse.request("POST", "classes/Plain", _item(number)))
    query = f"where={quote(json.dumps({'Shelf': 3}))}&limit={PAGE}"
    return {
        "hello": always(parse.request("POST", "functions/hello", {}), body=b'{"result":{"hello":"world"}}'),
        "create with a before hook": _creating(lambda item: parse.request("POST", "classes/Hooked", item)),
        "read by id": always(parse.request("GET", f"classes/Plain/{made.value['objectId']}")),
        "page by an indexed field": _reading(parse.request("GET", f"classes/Plain?{query}"), "results"),
    }


def _item(number: int) -> dict[str, Any]:
    return {"Title": f"Title {number}", "Shelf": number % SHELVES, "Text": "Call me Ishmael. " * 10}


def _creating(request: Callable[[dict[str, Any]], Request]) -> Traffic:
    numbers = itertools.count()

    def expect(answer: Answer) -> None:
        assert answer.status == 201, answer

    return Traffic(lambda: request({"Title": "A Title", "Shelf": next(numbers)}).encoded(), expect)


def _reading(request: Request, items: str) -> Traffic:
    encoded = request.encoded()

    def expect(answer: Answer) -> None:
        assert answer.status == 200, answer
        assert len(answer.value[items]) == PAGE

    return Traffic(lambda: encoded, expect)


def _private_with_busy_runners(relive: Relive) -> int | None:
    """The bytes of the server, the fork server and the runners, while as many calls as connections are at work."""
    busy = Contender(relive.port, always(relive.request("GET", "Functions/busy")))
    caller = threading.Thread(target=lambda: load(busy.port, busy.traffic, connections=CONNECTIONS, seconds=0))
    caller.start()
    time.sleep(BUSY_SECONDS / 2)
    try:
        assert len(descendants(relive.pid)) > CONNECTIONS
        return private_bytes(relive.pid)
    except PermissionError:  # locked-up runners show it to root alone
        return None
    finally:
        caller.join()
