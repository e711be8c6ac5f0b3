"""Output that nobody reads, or that has nowhere to go."""

import fcntl
import os
import signal
import subprocess
from typing import IO

import pytest

from tests.faults.conftest import MakeServer
from tests.faults.load import under_load
from tests.faults.server import BUDGET_SECONDS, Server, wait_for
from tests.sandbox.processes import needs_proc

pytestmark = [pytest.mark.slow, needs_proc]

SLOWEST = BUDGET_SECONDS + 2
SMALLEST_PIPE = 4096
"""In bytes (pipe(7)); that is some fifty calls."""


@pytest.fixture
def server(make_server: MakeServer) -> Server:
    return make_server()


def begin(server: Server) -> IO[bytes]:
    """Start it with a pipe for its output, which takes as little as can be."""
    server.start(stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert server.process.stdout
    fcntl.fcntl(server.process.stdout, fcntl.F_SETPIPE_SZ, SMALLEST_PIPE)
    return server.process.stdout


def test_nobody_reads_it_for_a_while(server: Server) -> None:
    """What was printed meanwhile comes later."""
    output = begin(server)
    with under_load(server, slowest=SLOWEST) as load:
        wait_for(lambda: load.tally().codes[0] > 200, "calls succeed")
    calls = load.tally().codes[0]
    server.process.send_signal(signal.SIGINT)
    assert output.read().count(b"  ok  ") > calls / 2, "one line for each call of user code"
    assert server.process.wait(20) == 0
    output.close()


def test_its_reader_goes(server: Server) -> None:
    output = begin(server)
    with under_load(server, slowest=SLOWEST) as load:
        wait_for(lambda: load.tally().codes[0] > 20, "calls succeed")
        output.close()
        succeeded = load.tally().codes[0]
        wait_for(lambda: load.tally().codes[0] > succeeded + 100, "calls succeed")
    assert server.stop() == 0


def test_it_is_closed_from_the_start(server: Server) -> None:
    server.start(preexec_fn=lambda: os.closerange(0, 3))
    with under_load(server, slowest=SLOWEST) as load:
        wait_for(lambda: load.tally().codes[0] > 50, "calls succeed")
    assert server.stop() == 0
