"""Rolling out by processes of their own: several that start together, and one that is killed at work."""

import subprocess
import sys
from pathlib import Path

import pytest

from runtime.data.rollout_lease import LEASE_SECONDS
from tests.conftest import ROOT
from tests.data.rolling_out import Process, in_file, make_app
from tests.store.engines import Clock

pytestmark = pytest.mark.slow


def test_a_process_that_is_killed_at_work_is_followed_by_another(tmp_path: Path) -> None:
    clock = Clock()
    code = f"""
import time
from pathlib import Path
from tests.data.rolling_out import Clock, Process, in_file, make_app
from runtime.deadline import Deadline

clock = Clock({clock.now})
process = Process(in_file(Path({str(tmp_path / "relive.db")!r}), clock), clock, make_app("Code"))
process.documents.go.clear()
process.use(Deadline.after(0.1))
print("at work", flush=True)
time.sleep(60)
"""
    killed = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert killed.stdout
    assert killed.stdout.readline() == "at work\n"
    killed.kill()
    killed.communicate()
    process = Process(in_file(tmp_path / "relive.db", clock), clock, make_app("Code"))
    process.use()
    assert process.documents.prepared == []
    clock.now += LEASE_SECONDS
    process.use()
    assert [(c.type, c.unique) for c in process.documents.prepared] == [("Book", ("Code",))]
    process.store.close()


def test_processes_that_start_together(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from tests.data.rolling_out import Clock, Process, in_file, make_app

clock = Clock()
process = Process(in_file(Path({str(tmp_path / "relive.db")!r}), clock), clock, make_app("Code"))
print("ready", flush=True)
sys.stdin.readline()
process.use()
print(len(process.documents.prepared), flush=True)
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    assert sum(int(process.communicate(timeout=60)[0]) for process in processes) == 1
