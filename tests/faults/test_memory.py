"""A server that gets no more memory."""

import resource
import threading

import pytest

from tests.faults.clients import NO_ANSWER
from tests.faults.limits import address_space, limited
from tests.faults.load import under_load
from tests.faults.server import BUDGET_SECONDS, Server, wait_for
from tests.sandbox.processes import needs_proc

pytestmark = [pytest.mark.slow, needs_proc]

UNAVAILABLE, CRASHED = 1, 901
MEGABYTE = 1024 * 1024
LARGE = [{"Text": "x" * 30_000, "Writer": "x", "Number": 1}] * 100


def test_no_memory_and_no_threads(server: Server) -> None:
    """Large requests cannot be served, and do not keep small ones from being served."""
    with under_load(server, {UNAVAILABLE, CRASHED}, slowest=BUDGET_SECONDS + 2) as load:
        wait_for(lambda: load.tally().codes[0] > 20, "calls succeed")
        codes: list[int] = []

        def send_much() -> None:
            try:
                codes.append(server.ask("POST", "Note", LARGE).code)
            except ConnectionError:  # not even its answer had room
                codes.append(NO_ANSWER)

        with limited(server, resource.RLIMIT_AS, address_space(server) + 4 * MEGABYTE):
            senders = [threading.Thread(target=send_much) for _ in range(8)]
            for sender in senders:
                sender.start()
            for sender in senders:
                sender.join(60)
            succeeded = load.tally().codes[0]
            wait_for(lambda: load.tally().codes[0] > succeeded + 20, "small calls succeed, or some of them")
        assert len(codes) == len(senders)
        assert set(codes) <= {0, NO_ANSWER, UNAVAILABLE, CRASHED}
        assert set(codes) != {0}, "all succeeded, so memory was not short"
