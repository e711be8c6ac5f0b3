"""Nobody of the same user looks into the server, the fork server or a runner."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.sandbox.architecture import this_machine
from runtime.sandbox.lockdown.privileges import NOBODY
from tests.sandbox.lockdown.conftest import Lock
from tests.sandbox.lockdown.native import KILLED

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="only Linux hides processes")]

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make processes of another user")

HIDE = "process.hide()"
SHOW = "libc.prctl(process.PR_SET_DUMPABLE, 1)"  # to become somebody else hides a process, too


LOOKS = {
    "memory": "open(f'/proc/{target}/mem', 'rb')",
    "environment": "open(f'/proc/{target}/environ', 'rb').read()",
    "descriptors": "os.listdir(f'/proc/{target}/fd')",
    "trace": "libc.syscall(101, 0x4206, target, 0, 0)",
}


@needs_root
@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(("state", "outcome"), [(SHOW, "seen"), (HIDE, "refused")], ids=["open", "hidden"])
def test_a_process_of_the_same_user(look: str, state: str, outcome: str) -> None:
    program = f"""
import os, sys, time
sys.path.insert(0, sys.argv[1])
from runtime.sandbox.lockdown import libc, process
os.setgroups([]); os.setresgid({NOBODY}, {NOBODY}, {NOBODY}); os.setresuid({NOBODY}, {NOBODY}, {NOBODY})
ready, done = os.pipe(), os.pipe()
target = os.fork()
if target == 0:
    os.close(done[1])
    {state}
    os.write(ready[1], b"x")
    os.read(done[0], 1)
    os._exit(0)
os.read(ready[0], 1)
libc.prctl(process.PR_SET_DUMPABLE, 1)
try:
    {LOOKS[look]}
    print("seen")
except PermissionError:
    print("refused")
"""
    root = str(Path(__file__).parents[3])
    finished = subprocess.run(
        [sys.executable, "-c", program, root], capture_output=True, text=True, timeout=30, check=True
    )
    assert finished.stdout.strip() == outcome


FROM_A_RUNNER = {**LOOKS, "trace": "if libc.syscall(101, 0x4206, target, 0, 0): raise PermissionError"}


@needs_root
@pytest.mark.skipif(this_machine() != "x86_64", reason="the number of the system call is that of x86_64")
@pytest.mark.parametrize("look", FROM_A_RUNNER)
@pytest.mark.parametrize("target", ["fork_server", "neighbour"])
@pytest.mark.parametrize(
    ("layers", "outcome"), [((), "seen"), (("privileges", "hidden"), "refused")], ids=["without locks", "hidden"]
)
def test_from_a_runners_place(locked_by: Lock, layers: tuple[str, ...], outcome: str, target: str, look: str) -> None:
    """Without the layers that keep it from files and system calls altogether."""
    runners = locked_by(*layers)
    neighbour = runners.runner()
    code = f"""
def attack():
    libc = ctypes.CDLL(None)
    target = {target}
    try:
        {FROM_A_RUNNER[look]}
    except PermissionError:
        return "refused"
    return "seen"
"""
    try:
        answer = runners.attack(code, fork_server=runners.fork_server, neighbour=neighbour.pid)
    finally:
        neighbour.end()
    assert answer != KILLED
    assert answer["got"] == outcome  # type: ignore[index]


def test_the_list_of_its_own_pages_tells_a_runner_nothing_of_physical_memory(locked_by: Lock) -> None:
    """The engine's side of a runner keeps it open; frame numbers are for administrators (Linux: pagemap)."""
    code = """
def attack():
    address = id(attack)
    for descriptor in range(3, 64):
        try:
            entry = os.pread(descriptor, 8, address // 4096 * 8)
        except OSError:
            continue
        entry = int.from_bytes(entry, "little")
        if entry >> 63:
            return entry & (1 << 55) - 1
    return "there is no such list"
"""
    answer = locked_by(None).attack(code)
    assert isinstance(answer, dict)
    assert answer["got"] == 0


def test_all_of_a_sandbox_are_hidden(guest: Path) -> None:
    program = """
import os, sys
from pathlib import Path
from runtime.sandbox.sandbox import Limits, Sandbox
from tests.sandbox.calls import HELLO, run
from tests.sandbox.processes import fork_server, runners
from runtime.sandbox.lockdown.libc import prctl
sandbox = Sandbox(Path(sys.argv[1]), Limits(runners=2, depth=1))
print(prctl(3))
sandbox.start()
run(sandbox, HELLO)
print(prctl(3))
print(*{os.stat(f"/proc/{pid}/environ").st_uid for pid in (os.getpid(), fork_server(sandbox), *runners(sandbox))})
sandbox.close()
"""
    root = Path(__file__).parents[3]
    finished = subprocess.run(
        [sys.executable, "-c", program, str(guest)], capture_output=True, text=True, timeout=60, check=True, cwd=root
    )
    assert finished.stdout.split() == ["1", "0", "0"]  # get it: 1 is open, 0 is hidden; all belong to root
