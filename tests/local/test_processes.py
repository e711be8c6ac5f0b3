"""`relive serve` with two processes: what befalls one of them, their end, new versions, and where connections go."""

import contextlib
import http.client
import os
import re
import signal
import socket
import threading
import time
from collections import Counter
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
from tests.faults.notes_app import DEFINITION, FILES, write_app
from tests.faults.server import Server, ask, descendants, wait_for
from tests.sandbox.processes import children, descriptors, is_alive, needs_proc

pytestmark = [pytest.mark.slow, needs_proc]

TWO = 2
STOPPING = 1
VERSION = "def on_request(request, response):\n    return {version}\n"
TOLD = "def on_request(request, response):\n    for n in range(600):\n        print(f'line {n} ' + request.data['mark'] * 90)\n"
SLOW = "import time\n\ndef on_request(request, response):\n    time.sleep(request.data['seconds'])\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, guests: Path) -> Iterator[Server]:
    """A server that runs, for all tests of this file that leave it in order."""
    yield from _started(tmp_path_factory.mktemp("server"), guests)


@pytest.fixture
def own_server(tmp_path: Path, guests: Path) -> Iterator[Server]:
    """A server for one test, which may end it."""
    yield from _started(tmp_path, guests)


def _started(folder: Path, guests: Path) -> Iterator[Server]:
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
    wait_for(lambda: connections_of(server) == [0, 0], "connections of the test before are closed")
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
    wait_for(lambda: connections_of(server) == [0, 0], "connections of the test before are closed")
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


# New versions


def test_no_old_version_answers_once_the_new_one_is_told(server: Server) -> None:
    file = server.folder / "app" / "functions" / "version.py"
    over = threading.Event()
    seen: list[tuple[float, int]] = []

    def watch() -> None:
        with server.connection() as connection:
            while not over.is_set():
                began = time.monotonic()
                seen.append((began, ask(connection, "GET", "Functions/version").value))

    clients = [threading.Thread(target=watch) for _ in range(4)]
    for client in clients:
        client.start()
    told_at = []
    for version in (2, 3, 4):
        said = len(server.output)
        file.with_name("new").write_text(VERSION.format(version=version))
        file.with_name("new").replace(file)
        wait_for(
            lambda said=said: "Reloaded notes: functions/version.py changed." in server.output[said:], "it is told"
        )
        told_at.append((time.monotonic(), version))
        time.sleep(0.3)
    over.set()
    for client in clients:
        client.join(30)
    for at, version in told_at:
        assert [answer for began, answer in seen if began > at and answer < version] == []
    assert {answer for _, answer in seen} >= {2, 3, 4}
    assert server.output.count("Reloaded notes") == len(told_at)


def test_a_process_that_is_started_again_serves_the_new_version(server: Server) -> None:
    said = len(server.output)
    file = server.folder / "app" / "functions" / "version.py"
    file.write_text(VERSION.format(version=77))
    wait_for(lambda: "Reloaded notes" in server.output[said:], "it is told")
    for pid in workers(server):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: server.output[said:].count("started again") == TWO, "both are started again")
    wait_for(lambda: len(workers(server)) == TWO, "both are there")
    assert {server.ask("GET", "Functions/version").value for _ in range(6)} == {77}


def test_problems_are_told_once_and_all_run_as_before(server: Server) -> None:
    said = len(server.output)
    file = server.folder / "app" / "functions" / "double.py"
    before = file.read_text()
    file.write_text("def on_request(request, response)\n")
    wait_for(lambda: "Not reloaded" in server.output[said:], "it is told")
    with connected(server, 4) as connections:
        assert {ask(c, "POST", "Functions/double", {"n": 1}).value["double"] for c in connections} == {2}
    file.write_text(before)
    wait_for(lambda: "is in order again" in server.output[said:], "it is told")
    assert server.output[said:].count("functions/double.py:1") == 1


# Connections, writes and what is printed


def test_connections_are_spread(server: Server) -> None:
    wait_for(lambda: connections_of(server) == [0, 0], "connections of the test before are closed")
    with connected(server, 8) as connections:
        assert connections_of(server) == [4, 4]
        for connection in connections[::2]:  # all of one process
            connection.close()
        wait_for(lambda: sorted(connections_of(server)) == [0, 4], "they are closed")
        time.sleep(0.3)  # until it is known
        with connected(server, 4):
            assert connections_of(server) == [4, 4]
    with ThreadPoolExecutor(8) as clients, contextlib.ExitStack() as stack:
        wait_for(lambda: connections_of(server) == [0, 0], "they are closed")
        time.sleep(0.3)
        all_at_once = [
            stack.enter_context(connection)
            for connection in clients.map(lambda _: socket.create_connection(("127.0.0.1", server.port)), range(8))
        ]
        wait_for(lambda: sum(connections_of(server)) == len(all_at_once), "all are there")
        assert connections_of(server) == [4, 4]


def test_what_one_process_has_written_another_one_reads(server: Server) -> None:
    wait_for(lambda: connections_of(server) == [0, 0], "connections of the test before are closed")
    with connected(server, 2) as (writer, reader):
        assert connections_of(server) == [1, 1]
        for number in range(50):
            made = ask(writer, "POST", "Note", {"Writer": "one", "Number": number})
            item = made.value["Result"]["Id"]
            assert ask(reader, "GET", f"Note/{item}").value["Result"]["Number"] == number
            assert ask(reader, "POST", "Functions/count", {"writer": "one"}).value == number + 1


def test_commands_work_beside_all_processes(server: Server) -> None:
    """The app that was served last is known, too."""
    listed = relive("logs", "--last", "3", "--data", server.data)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert len(re.findall("request [0-9a-f-]{36}", listed.stdout)) == 3


def test_what_is_printed_does_not_mix(server: Server) -> None:
    """Each call prints more than a pipe takes at once."""
    said = len(server.output)
    marks = "abcdefgh"

    def tell(mark: str) -> Counter[int]:
        with server.connection() as connection:
            return Counter(ask(connection, "POST", "Functions/told", {"mark": mark}).code for _ in range(5))

    with ThreadPoolExecutor(len(marks)) as clients:
        assert sum(clients.map(tell, marks), Counter()) == {0: 40}
    wait_for(lambda: server.output[said:].count(" told ") == 40, "all is printed")
    time.sleep(0.3)
    lines = [line for line in server.output[said:].splitlines() if " told " not in line]
    assert len(lines) == 40 * 600
    assert [line for line in lines if not re.fullmatch(r" +info +line \d+ (.)\1{89}", line)] == []


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
