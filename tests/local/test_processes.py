"""`relive serve` with two processes: what befalls one of them, their end, and a start that fails."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from runtime.apps.folder import load
from runtime.local import worker_process
from runtime.local.listener import Listener
from runtime.local.processes import CannotServeError, Processes
from runtime.settings import Settings
from tests.cli.commands import relive
from tests.faults.clients import NO_ANSWER
from tests.faults.load import Load, recovers
from tests.faults.notes_app import write_app
from tests.faults.server import Server, descendants, wait_for
from tests.local.two_processes import TWO, connections_of, two_processes, wait_for_rest, workers
from tests.sandbox.processes import is_alive, needs_proc

pytestmark = [pytest.mark.slow, needs_proc]

STOPPING = 1


@pytest.fixture
def own_server(tmp_path: Path, guests: Path) -> Iterator[Server]:
    """A server for one test, which may end it."""
    with two_processes(tmp_path, guests) as server:
        yield server


# What befalls processes under load


@dataclass(frozen=True)
class Fault:
    """What is done to the processes, how many of four clients may lose their connection, and what is said."""

    strike: Callable[[list[int]], None]
    clients: int
    told: str


def kill_one(pids: list[int]) -> None:
    os.kill(pids[0], signal.SIGKILL)


def end_one(pids: list[int]) -> None:
    os.kill(pids[-1], signal.SIGTERM)


def kill_all(pids: list[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


FAULTS = {
    "one is killed": Fault(kill_one, 2, r"Process \d of 2 was killed by SIGKILL\. It is started again"),
    "one is ended": Fault(end_one, 2, r"Process \d of 2 has ended with exit code 0\. It is started again"),
    "all are killed": Fault(kill_all, 4, r"Process \d of 2 was killed by SIGKILL\. It is started again"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_under_load(server: Server, fault: Fault) -> None:
    """Connections to other processes go on, and what was acknowledged is there."""
    wait_for_rest(server)
    said = len(server.output)
    before = workers(server)
    with Load(server, {NO_ANSWER}) as load:
        wait_for(lambda: all(client.tally.codes[0] > 10 for client in load.clients), "calls succeed")
        fault.strike(before)
        succeeded = load.tally().codes[0]
        wait_for(lambda: load.tally().codes[0] > succeeded + 40, "calls succeed afterwards")
        wait_for(lambda: len(set(workers(server)) | set(before)) > len(before), "another process is there")
    tally = load.tally()
    assert not tally.wrong, "\n".join(tally.wrong[:5])
    hurt = [client for client in load.clients if client.tally.codes[NO_ANSWER]]
    assert len(hurt) <= fault.clients
    assert all(client.tally.codes[NO_ANSWER] <= 2 for client in hurt)
    wait_for(lambda: len(workers(server)) == TWO, "as many processes as before")
    assert re.search(fault.told, server.output[said:])
    recovers(server)
    assert [wrong for client in load.clients for wrong in client.verify()] == []


def test_one_that_is_ending_gets_no_more_connections(server: Server) -> None:
    wait_for_rest(server)
    before = workers(server)
    with ThreadPoolExecutor(1) as clients:
        asked = clients.submit(server.call, "slow", {"seconds": 1.5})
        wait_for(lambda: sum(connections_of(server)) == 1, "it is there")
        busy = before[connections_of(server).index(1)]
        os.kill(busy, signal.SIGTERM)
        time.sleep(0.3)  # for it to notice
        assert [server.call("double", {"n": n}).code for n in range(10)] == [0] * 10
        assert is_alive(busy)
        assert asked.result(30).code == 0
    wait_for(lambda: len(set(workers(server)) - {busy}) == TWO, "another process is there")


def test_the_parent_is_killed(own_server: Server) -> None:
    """The processes end by themselves, and so does all below them."""
    below = descendants(own_server.pid)
    assert len(below) > 1 + 2 * TWO
    own_server.kill()
    wait_for(lambda: not any(map(is_alive, below)), "no process is left behind")
    own_server.start()
    recovers(own_server)


# The end


ENDINGS: dict[str, Callable[[Server], None]] = {
    "SIGINT": lambda server: os.kill(server.pid, signal.SIGINT),
    "SIGTERM": lambda server: os.kill(server.pid, signal.SIGTERM),
    "Ctrl-C at a terminal": lambda server: os.killpg(server.pid, signal.SIGINT),
    "as systemd does it": lambda server: (
        [os.kill(pid, signal.SIGTERM) for pid in (*workers(server), server.pid)] and None
    ),
}


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS.keys())
def test_a_good_end(own_server: Server, end: Callable[[Server], None]) -> None:
    """Calls that are nearly done are answered, others are told, and nothing is left."""
    below = descendants(own_server.pid)
    with ThreadPoolExecutor(2) as clients:
        asked = [clients.submit(own_server.call, "slow", {"seconds": seconds}) for seconds in (0.8, 2.9)]
        time.sleep(0.4)
        end(own_server)
        codes = [answer.result(30).code for answer in asked]
    assert own_server.process.wait(20) == 0
    assert codes == [0, STOPPING]
    assert own_server.output.endswith("Stopped.\n")
    assert "started again" not in own_server.output
    assert "Traceback" not in own_server.output
    wait_for(lambda: not any(map(is_alive, below)), "no process is left behind")


def test_a_second_signal_hurries(own_server: Server) -> None:
    with ThreadPoolExecutor(1) as clients:
        asked = clients.submit(own_server.call, "slow", {"seconds": 2.9})
        time.sleep(0.4)
        began = time.monotonic()
        for _ in range(2):
            own_server.process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        assert own_server.process.wait(20) == 0
        assert time.monotonic() - began < 2
        assert asked.exception(30) or asked.result().code == STOPPING


# A start that fails


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return write_app(tmp_path / "app")


def test_a_port_in_use(server: Server, app: Path, tmp_path: Path, guests: Path) -> None:
    arguments = ["serve", app, "--port", str(server.port), "--data", tmp_path / "data", "--processes", "2"]
    second = relive(*arguments, RELIVE_GUESTS=str(guests))
    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr == (
        f"Cannot listen on 127.0.0.1, port {server.port}: Address already in use. "
        "Choose another port with --port, or 0 for a free one.\n"
    )


def no_database(data: Path, guests: Path) -> dict[str, str]:
    (data / "relive.sqlite").write_bytes(b"x" * 1000)
    return {}


def no_sense(data: Path, guests: Path) -> dict[str, str]:
    return {"RELIVE_HTTP_STAND_INS": '{"https://a.example/path": "http://127.0.0.1:1"}'}


def no_guest(data: Path, guests: Path) -> dict[str, str]:
    """One that looks like that which was built here, and is broken."""
    for file in guests.iterdir():
        (data / file.name).write_bytes(file.read_bytes()[:100_000])
    return {"RELIVE_GUESTS": str(data)}


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (no_database, r"\S+ is not a database "),
        (no_sense, r".*a\.example/path"),
        (no_guest, "The sandbox does not start: "),
    ],
    ids=["data", "setting", "guest"],
)
def test_what_cannot_start_says_what_one_process_says(
    app: Path, tmp_path: Path, guests: Path, make: Callable[[Path, Path], dict[str, str]], sentence: str
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    variables = {"RELIVE_GUESTS": str(guests), "RELIVE_MASTER_KEY": "key", **make(data, guests)}
    arguments = ["serve", app, "--port", "0", "--data", data, "--processes"]
    one, two = (relive(*arguments, number, **variables) for number in ("1", "2"))
    assert (one.returncode, two.returncode, two.stdout) == (1, 1, "")
    assert one.stderr == two.stderr
    assert re.match(sentence, two.stderr)


EXIT = "import sys; sys.exit(3)"


def test_a_process_that_dies_at_the_start(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "BOOTSTRAP", EXIT)
    with (
        closing(Processes(Listener(), Settings(processes=TWO), "key", coloured=False)) as processes,
        pytest.raises(CannotServeError, match="has ended with exit code 3 before it could serve"),
    ):
        processes.start(load(app))


def test_a_process_that_cannot_be_started_again_is_tried_until_it_can(
    app: Path, tmp_path: Path, guests: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(processes=TWO, guests=guests, data=tmp_path / "data")
    with closing(Processes(Listener(), settings, "key", coloured=False)) as processes:
        assert processes.start(load(app)) == []
        with monkeypatch.context() as broken:
            broken.setattr(worker_process, "BOOTSTRAP", EXIT)
            os.kill(processes._ready[0].pid, signal.SIGKILL)
            wait_for(lambda: "exit code 3. It is started again in 1 seconds." in caplog.text, "tries, further apart")
        assert [worker.number for worker in processes._ready] == [1]
        wait_for(lambda: len(processes._ready) == TWO, "both are there again")
        assert processes.check(load(app)) == []
