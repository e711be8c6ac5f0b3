"""Mixed load on a real server, first of honest code alone and then with some that is hostile.

Good and hostile calls have clients of their own, so that as many clients make good calls in both parts.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.memory import resident_bytes
from tests.faults import notes_app
from tests.faults.clients import Client, Tally, WrongAnswer
from tests.faults.server import Held, Server
from tests.soak import hostile

CLIENTS = 8
HOSTILE_CLIENTS = 8
RUNNERS = 16
HOSTILE_PART = 0.05
"""Of all calls, which hostile clients stay below."""

BUSY = frozenset({hostile.OUT_OF_TIME, hostile.TIMED_OUT})
"""What good calls may end in, too, if they are few: on a busy machine anything can come too late."""

PAUSE_SECONDS = 0.005
"""Of a hostile client, when there were enough hostile calls for now."""

WARM_UP_PART = 0.15
REST_SECONDS = 1.0
"""After load, before memory is measured: threads and connections end."""

SETTINGS = {
    "RELIVE_BUDGET_SECONDS": "2",
    # Hostile functions would soon be disabled; they are to do their worst to the end.
    "RELIVE_BREAKER_TIMEOUTS": "1000000",
    "RELIVE_RUNNERS": str(RUNNERS),
    "RELIVE_DEPTH": "8",
}


@dataclass(frozen=True)
class Memory:
    """Bytes: what the server process shares with no other one, the same of all its processes, what all have in memory
    at all, and what the data folder takes on the disk. What the system does not tell is 0; where runners are locked up,
    it tells only root."""

    server: int
    private: int
    resident: int
    processes: int
    data: int


@dataclass
class Phase:
    """What happened in one part of the soak."""

    name: str
    seconds: float = 0
    good: Tally = field(default_factory=Tally)
    bad: Tally = field(default_factory=Tally)

    def percentile_ms(self, part: float) -> float:
        """Of good calls that succeeded, and those that came too late because the machine was busy."""
        times = sorted(self.good.times)
        return times[int(len(times) * part)] * 1000 if times else 0.0

    @property
    def too_late(self) -> int:
        """How many good calls were cut short, since they came too late."""
        return sum(self.good.codes[code] for code in BUSY)


@dataclass
class Result:
    """What a soak found. `lost` are notes that were not as they had been acknowledged."""

    without: Phase = field(default_factory=lambda: Phase("without hostile code"))
    with_hostile: Phase = field(default_factory=lambda: Phase("with hostile code"))
    lost: list[str] = field(default_factory=list)
    memory: dict[str, Memory] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)

    @property
    def wrong(self) -> list[str]:
        phases = (self.without, self.with_hostile)
        return [*(wrong for phase in phases for tally in (phase.good, phase.bad) for wrong in tally.wrong), *self.lost]

    @property
    def requests(self) -> int:
        return sum(
            tally.codes.total() for phase in (self.without, self.with_hostile) for tally in (phase.good, phase.bad)
        )


class Soaker(Client):
    """A client whose tally starts anew with each phase."""

    def __init__(self, server: Server, name: str) -> None:
        super().__init__(server, name, BUSY)

    def take_tally(self) -> Tally:
        """What it met since the last time."""
        taken, self.tally = self.tally, Tally()
        return taken


class HostileSoaker(Soaker):
    """A client that calls nothing but hostile code, as often as `may_send` lets it."""

    def __init__(self, server: Server, name: str, may_send: Callable[[], bool]) -> None:
        super().__init__(server, name)
        self._may_send = may_send

    def send_one(self) -> None:
        if not self._may_send():
            time.sleep(PAUSE_SECONDS)
            return
        path, body, ends_in = hostile.any_call(self._random.choice)
        try:
            answer = self._ask("POST", path, body, expected=ends_in | BUSY)
            self._check(answer is not None and (answer.code in ends_in or answer.code in BUSY), path, answer)
        except WrongAnswer as wrong:
            self.tally.wrong.append(f"hostile: {wrong}")
        self.close()  # the server would, while nothing comes


class Soak:
    """Runs on a server that has been started, for `seconds` in all. `stop` ends it early, from any thread."""

    def __init__(self, server: Server, seconds: float, show: Callable[[str, float, int], None]) -> None:
        self.result = Result()
        self._server = server
        self._seconds = seconds
        self._show = show
        self._good = [Soaker(server, f"soaker{number}") for number in range(CLIENTS)]
        self._hostile = [
            HostileSoaker(server, f"hostile{number}", self._may_send_hostile) for number in range(HOSTILE_CLIENTS)
        ]
        self._hostile_begun = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def run(self) -> Result:
        self._measure("start")
        warm_up = self._seconds * WARM_UP_PART
        self._phase(Phase("warm-up"), warm_up, self._good)
        self._measure("after warm-up")
        self._phase(self.result.without, (self._seconds - warm_up) / 2, self._good)
        self._measure("after honest code")
        self._phase(self.result.with_hostile, (self._seconds - warm_up) / 2, [*self._good, *self._hostile])
        self.result.lost = [wrong for client in self._good for wrong in client.verify()]
        self._measure("end")
        return self.result

    def stop(self) -> None:
        self._stopped.set()

    def _phase(self, phase: Phase, seconds: float, clients: Sequence[Soaker]) -> None:
        began = time.monotonic()
        over = threading.Event()
        threads = [threading.Thread(target=_work, args=(client, over)) for client in clients]
        for thread in threads:
            thread.start()
        while (elapsed := time.monotonic() - began) < seconds and not self._stopped.wait(0.25):
            self._show(phase.name, elapsed / seconds, self._requests())
        over.set()
        phase.seconds = time.monotonic() - began  # hostile calls may take a while to end, good ones do not
        for thread in threads:
            thread.join()
        self._show(phase.name, 1, self._requests())
        for tally, of in ((phase.good, self._good), (phase.bad, self._hostile)):
            for client in of:
                tally.add(client.take_tally())

    def _may_send_hostile(self) -> bool:
        """Whether one more is not too many; it counts as sent then."""
        good = sum(client.tally.codes.total() for client in self._good)
        with self._lock:
            if self._hostile_begun >= good * HOSTILE_PART / (1 - HOSTILE_PART):
                return False
            self._hostile_begun += 1
            return True

    def _requests(self) -> int:
        """How many have ended in this phase."""
        return sum(client.tally.codes.total() for client in (*self._good, *self._hostile))

    def _measure(self, moment: str) -> None:
        self._stopped.wait(REST_SECONDS)
        pid = self._server.pid
        self.result.held[moment] = self._server.settled()
        processes = self._server.processes()
        private = {process: _private(process) for process in processes}
        data = sum(file.stat().st_size for file in self._server.data.iterdir())
        self.result.memory[moment] = Memory(
            private[pid], sum(private.values()), resident_bytes(pid), len(processes), data
        )


def _private(pid: int) -> int:
    try:
        lines = [line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()]
    except OSError:
        return 0
    return sum(int(words[1]) * 1024 for words in lines if words[0] in ("Private_Clean:", "Private_Dirty:"))


def _work(client: Soaker, over: threading.Event) -> None:
    while not over.is_set():
        client.send_one()
    client.close()  # the server would, while nothing comes


def make_server(folder: Path, guests: Path) -> Server:
    """A server, not started yet, of the notes app with hostile functions and a type that is a fork bomb."""
    definition = (
        notes_app.DEFINITION.replace("functions:\n", "  Bomb: {policy: public}\nfunctions:\n") + hostile.DEFINITION
    )
    notes_app.write_app(folder / "app", {**notes_app.FILES, **hostile.FILES, "relive.yaml": definition})
    return Server(folder, guests, **SETTINGS)
