"""The engine of the tests leaves nothing behind on the machine, even when the tests are killed."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.container.engine import why_no_engine

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(why_no_engine()), reason=f"no engine: {why_no_engine()}")]

PROGRAM = """
from tests.container.engine import engine
with engine() as running:
    print(running.pid, running.folder, flush=True)
    input()
"""


@pytest.mark.parametrize("killed", [False, True], ids=["ended", "killed"])
def test_it_goes_with_the_program_that_started_it(killed: bool) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert program.stdin is not None
    assert program.stdout is not None
    with program:
        pid, folder = program.stdout.readline().split()
        assert folder not in Path("/proc/self/mounts").read_text()
        if killed:
            program.kill()
        else:
            program.stdin.write("\n")
    wait_for_end(int(pid))
    if killed:
        assert not any(Path(folder, "data").iterdir()), "it was mounted, and is not anymore"
        shutil.rmtree(folder)
    assert not Path(folder).exists()


def wait_for_end(pid: int) -> None:
    """That of the process which holds all others of the engine in its namespace."""
    give_up_at = time.monotonic() + 20
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < give_up_at, "the engine has outlived the program"
        time.sleep(0.1)
