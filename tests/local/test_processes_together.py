"""`relive serve` with two processes serves as one does: new versions, connections, writes, and what is printed."""

import contextlib
import os
import re
import signal
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.cli.commands import relive
from tests.faults.server import Server, ask, wait_for
from tests.local.two_processes import TWO, VERSION, connected, connections_of, wait_for_rest, workers
from tests.sandbox.processes import needs_proc

pytestmark = [pytest.mark.slow, needs_proc]


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
    wait_for_rest(server)
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
    wait_for_rest(server)
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
