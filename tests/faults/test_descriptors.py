"""A server that runs out of descriptors: from the start, or because clients hold them all."""

import resource
import socket
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from tests.faults.clients import NO_ANSWER
from tests.faults.conftest import MakeServer
from tests.faults.load import under_load
from tests.faults.server import BUDGET_SECONDS, wait_for
from tests.sandbox.processes import needs_proc

pytestmark = [pytest.mark.slow, needs_proc]

_, HARD_LIMIT = resource.getrlimit(resource.RLIMIT_NOFILE)
UNAVAILABLE, CRASHED, TIMED_OUT = 1, 901, 650


def at_most(descriptors: int) -> Callable[[], None]:
    """Before exec: a limit for the process (getrlimit(2), RLIMIT_NOFILE)."""
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, HARD_LIMIT))


def test_connections_that_clients_keep_open_leave_some_for_the_work(make_server: MakeServer) -> None:
    """Requests on further connections are refused with a known code; those on connections that are open go on."""
    server = make_server()
    server.start(preexec_fn=at_most(124))
    with under_load(server, slowest=BUDGET_SECONDS + 2) as load, ExitStack() as kept:
        wait_for(lambda: load.tally().codes[0] > 20, "calls succeed")
        for _ in range(30):
            kept.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        refused = server.call("double", {"n": 1})
        assert refused.value == {
            "message": "The request timed out. The server has too many connections.",
            "errorCode": TIMED_OUT,
        }
        for _ in range(200):
            kept.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        succeeded = load.tally().codes[0]
        wait_for(lambda: load.tally().codes[0] > succeeded + 40, "calls succeed")


def test_too_few_from_the_start(make_server: MakeServer) -> None:
    """Too few for all runners and the store: what cannot be done ends in a known code, until there are more."""
    server = make_server()
    server.start(preexec_fn=at_most(36))
    with under_load(server, {UNAVAILABLE, CRASHED, TIMED_OUT, NO_ANSWER}, slowest=BUDGET_SECONDS + 2) as load:
        wait_for(lambda: load.tally().codes.total() > 100, "calls end")
        load.stop()
        assert load.tally().codes[0] < load.tally().codes.total(), "all succeeded, so descriptors were not short"
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (HARD_LIMIT, HARD_LIMIT))
