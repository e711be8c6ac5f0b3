"""A clock that jumps, by an hour or by a day, to and fro."""

import sys
import time

import pytest

from tests.faults.conftest import MakeServer
from tests.faults.load import under_load
from tests.faults.server import PATIENT_SECONDS
from tests.sandbox.processes import needs_proc

pytestmark = [pytest.mark.slow, needs_proc]

HOUR, DAY = 3600, 86_400


def test_a_clock_that_jumps(make_server: MakeServer) -> None:
    """No call notices: deadlines are on the monotonic clock, and `ModifiedAt` grows all the same (clients check it)."""
    server = make_server(RELIVE_BUDGET_SECONDS=str(PATIENT_SECONDS))
    file = server.folder / "offset"
    server.variables["CLOCK_OFFSET_FILE"] = str(file)
    server.start(command=[sys.executable, "-m", "tests.faults.shifted_clock"])
    with under_load(server, slowest=PATIENT_SECONDS + 2):
        for offset in (0, HOUR, -HOUR, DAY, -DAY, 0):
            fresh = file.with_suffix(".new")
            fresh.write_text(str(offset))
            fresh.replace(file)
            created_at = server.ask("POST", "Note", {"Writer": "x", "Number": 1}).value["Result"]["CreatedAt"]
            expected = time.strftime("%Y-%m-%dT%H", time.gmtime(time.time() + offset))
            assert created_at.startswith(expected) or time.gmtime().tm_min < 1, "the server's clock has jumped"
            time.sleep(0.5)
