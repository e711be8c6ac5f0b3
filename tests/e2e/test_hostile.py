"""The example of hostile code: every request ends as its README says, and other callers get their answers meanwhile."""

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import MASTER_KEY, Server
from tests.sandbox.processes import children, needs_proc

HOSTILE = ROOT / "examples" / "hostile"
MASTER = {"authorization": f"MasterKey {MASTER_KEY}"}
RUNNERS = 16
CODE_CALLS = 100
"""Fewer than usual, so that it is over soon."""

SEVERAL = 5
"""So many good answers at least have to begin and end within attacks, which are repeated until there are."""

MOST_REPEATS = 20

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, guests: Path) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("hostile")
    with Server(HOSTILE, folder, guests, RELIVE_CODE_CALLS=str(CODE_CALLS)) as server:
        # The calls that fill the memory must be there together, which takes a busy machine longer than a second.
        keep = server.app / "functions" / "keep.py"
        keep.write_text(keep.read_text().replace("sleep(1)", "sleep(40)"))
        server.wait_for("Reloaded")
        yield server


@dataclass
class GoodCaller:
    """Asks for sums, one after the other, as long as its block lasts. `right` are the spans of good answers, in seconds
    of the monotonic clock.
    """

    url: str
    right: list[tuple[float, float]] = field(default_factory=list)
    wrong: list[Any] = field(default_factory=list)

    def __enter__(self) -> "GoodCaller":
        self._until = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._until.set()
        self._thread.join()

    def within(self, began: float, ended: float) -> int:
        """How many good answers began and ended in between."""
        return sum(began <= start and end <= ended for start, end in list(self.right))

    def _work(self) -> None:
        with httpx.Client(timeout=30) as client:
            number = 0
            while not self._until.is_set():
                number += 1
                began = time.monotonic()
                try:
                    answer = client.get(f"{self.url}/Functions/add", params={"a": number, "b": 1}).json()
                except httpx.HTTPError as error:
                    answer = repr(error)
                if answer == number + 1:
                    self.right.append((began, time.monotonic()))
                else:
                    self.wrong.append(answer)


@dataclass(frozen=True)
class Attack:
    """A request, what it ends in, the way that 617 tells, and how many items of a type there are afterwards."""

    path: str
    data: Any
    error: tuple[int, int] | None
    says: str = ""
    trail: str = ""
    items: tuple[str, int, int] | None = None


ATTACKS = {
    "items that make two more": Attack(
        "Rabbit", {"Generation": 0}, (500, 617), "nested deeper than 8", "(types/Rabbit.after_create > ){8}types/Rabbit.after_create[.]", ("Rabbit", 9, 9)
    ),
    "items that make two more, whatever happens": Attack("Hydra", {"Generation": 0}, None, items=("Hydra", CODE_CALLS, 2 * CODE_CALLS + 1)),
    "a handler and a function in turn": Attack(
        "Ping", {"Round": 0}, (500, 617), "nested deeper than 8", "(types/Ping.after_create > functions/pong > ){4}types/Ping.after_create[.]", ("Ping", 5, 5)
    ),
    "a function that calls itself side by side": Attack(
        "Functions/fork", None, (500, 617), "nested deeper than 8", "(functions/fork > ){8}functions/fork[.]"
    ),
    "the same, and it catches everything": Attack("Functions/stubborn", None, None),
    "many items one by one": Attack(
        "Functions/swarm", None, (500, 617), f"called code {CODE_CALLS} times", "functions/swarm > types/Bee.before_create[.]", ("Bee", CODE_CALLS - 1, CODE_CALLS - 1)
    ),
    "a function that calls its own address": Attack(
        "Functions/circle", None, (500, 617), "nested deeper than 8", "(functions/circle > ){8}functions/circle[.]"
    ),
    "all sandboxes at once": Attack("Functions/hog", None, None),
    "all memory at once": Attack("Functions/hoard", None, (500, 901), "holds more than 128 MB"),
    "all of the log": Attack("Functions/chatter", None, None),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_it_ends_as_it_should_while_others_are_served(server: Server, attack: Attack) -> None:
    api = f"{server.url}/v1/hostile"
    attacks, served = 0, 0
    with GoodCaller(api) as caller:
        while served < SEVERAL and attacks < MOST_REPEATS:
            began = time.monotonic()
            answer = httpx.post(f"{api}/{attack.path}", json=attack.data, headers=MASTER, timeout=90)
            served += caller.within(began, time.monotonic())
            attacks += 1
            check(attack, answer)
    assert not caller.wrong
    assert served >= SEVERAL, f"in {attacks} attacks"
    if attack.items is not None:
        name, at_least, at_most = attack.items
        count = httpx.get(f"{api}/{name}/_count", headers=MASTER).json()["Result"]
        assert attacks * at_least <= count <= attacks * at_most
    assert httpx.get(f"{api}/Functions/add?a=1&b=2", timeout=30).json() == 3


def check(attack: Attack, answer: httpx.Response) -> None:
    told = answer.json()
    if attack.error is None:
        assert answer.status_code in (200, 201), told
        return
    assert (answer.status_code, isinstance(told, dict) and told.get("errorCode")) == attack.error, told
    assert attack.says in f"{told['message']} {told['details']}"
    assert re.search(attack.trail, told["message"])
    # What comes back by the app's address is an answer, which has no details that a function could hand on.
    if attack.trail and "circle" not in attack.path:
        assert " > ".join(told["details"]["trail"]) in told["message"]


def test_what_those_that_catch_everything_come_to(server: Server) -> None:
    api = f"{server.url}/v1/hostile"
    assert httpx.post(f"{api}/Functions/stubborn", timeout=90).json() == CODE_CALLS
    assert httpx.post(f"{api}/Functions/hog", timeout=90).json() == 40


@needs_proc
def test_all_at_once_and_what_is_left_of_it(server: Server) -> None:
    """Everybody else still gets answers, and afterwards there are no more processes than before, and no thread waits."""
    api = f"{server.url}/v1/hostile"
    ends: list[int] = []

    def send(attack: Attack) -> None:
        ends.append(httpx.post(f"{api}/{attack.path}", json=attack.data, timeout=100).status_code)

    threads = [threading.Thread(target=send, args=(attack,)) for attack in ATTACKS.values()]
    with GoodCaller(api) as caller:
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ended = time.monotonic()
    assert len(ends) == len(ATTACKS)
    assert set(ends) <= {200, 201, 408, 500}
    assert not caller.wrong
    assert caller.within(began, ended) >= SEVERAL
    (fork_server,) = children(server.process.pid)
    assert len(children(fork_server)) <= RUNNERS
    assert "Traceback" not in server.output
