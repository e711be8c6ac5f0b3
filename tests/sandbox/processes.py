"""What a test can see of processes, through /proc."""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.sandbox.sandbox import Sandbox

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="reads /proc, which this system does not have"
)

needs_sight = pytest.mark.skipif(
    not Path("/proc/self/fd").exists() or os.geteuid() != 0, reason="looks into processes that hide from all but root"
)


def is_alive(pid: int) -> bool:
    """False also for a process that has ended and was not collected yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def descriptors(pid: int) -> dict[int, str]:
    """What each open descriptor of a process is. Raises OSError for a process that is not there."""
    found = {}
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):  # it has just been closed
            found[int(name)] = os.readlink(f"/proc/{pid}/fd/{name}")
    return found


def environment(pid: int) -> list[str]:
    """The environment that a process was started with: `NAME=value`."""
    return [entry.decode() for entry in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") if entry]


def threads(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/task"))


def children(pid: int) -> list[int]:
    """Whichever thread has started them. Raises OSError for a process that is not there."""
    found = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(FileNotFoundError):  # it has just ended, and left them to another one
            found += Path(f"/proc/{pid}/task/{thread}/children").read_text().split()
    return sorted(map(int, found))


def fork_server(sandbox: Sandbox) -> int:
    """The process id of a sandbox's fork server."""
    sandbox.start()
    pid = sandbox._fork_server.pid
    assert pid is not None
    return pid


def runners(sandbox: Sandbox) -> list[int]:
    """The process ids of its runners."""
    return [pid for pid in children(fork_server(sandbox)) if is_alive(pid)]


def wait_until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.01)
