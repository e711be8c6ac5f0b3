"""A store that another process keeps locked, for too long or again and again."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from tests.faults.load import under_load
from tests.faults.server import BUDGET_SECONDS, PATIENT_SECONDS, Server, wait_for
from tests.sandbox.processes import needs_proc

pytestmark = [pytest.mark.slow, needs_proc]

TIMED_OUT = 650

SLOWEST = BUDGET_SECONDS + 4
"""A call that has ended may wait a second for its log to be written, and so may the calls that are nested in it."""


@contextmanager
def locked(server: Server) -> Iterator[None]:
    with closing(sqlite3.connect(server.data / "relive.sqlite", isolation_level=None, timeout=20)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def test_locked_for_longer_than_a_request_may_take(server: Server) -> None:
    """Writes are 650, and reads and functions go on."""
    with under_load(server, {TIMED_OUT}, slowest=SLOWEST) as load:
        wait_for(lambda: load.tally().codes[0] > 20, "calls succeed")
        with locked(server):
            wait_for(lambda: load.tally().codes[TIMED_OUT] >= 4, "writes fail", 20)
            assert server.call("double", {"n": 4}).value == {"n": 4, "double": 8}
            assert server.ask("GET", "Note/_count").code == 0


def test_locked_again_and_again(patient_server: Server) -> None:
    """It costs time and nothing else."""
    with under_load(patient_server, slowest=PATIENT_SECONDS + 4) as load:
        wait_for(lambda: load.tally().codes[0] > 20, "calls succeed")
        for _ in range(5):
            with locked(patient_server):
                time.sleep(0.4)
            time.sleep(0.1)
