"""A stand-in leaves nothing behind."""

import signal
import subprocess
import sys
import time

import pytest

from tests.store.stand_ins.stand_in import ROOT, STAND_INS

PATIENCE = 30.0

START = """
import sys, time
from tests.store.stand_ins.stand_in import stand_in
print(stand_in(sys.argv[1])._process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", STAND_INS)
def test_it_ends_with_whoever_started_it(name: str) -> None:
    starter = subprocess.Popen([sys.executable, "-c", START, name], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert starter.stdout
    pid = int(starter.stdout.readline())
    assert is_running(pid)
    starter.send_signal(signal.SIGKILL)
    starter.communicate()
    end = time.monotonic() + PATIENCE
    while is_running(pid) and time.monotonic() < end:
        time.sleep(0.02)
    assert not is_running(pid)


def is_running(pid: int) -> bool:
    """A process that has ended and that nobody has asked for yet does not run."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(shown) and not shown.startswith("Z")
