"""What a test can see of processes, through /proc."""

import os
import sys
from pathlib import Path

import pytest

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="reads /proc, which this system does not have"
)


def is_alive(pid: int) -> bool:
    """False also for a process that has ended and was not collected yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def descriptors(pid: int) -> dict[int, str]:
    """What each open descriptor of a process is."""
    folder = Path(f"/proc/{pid}/fd")
    return {int(name): os.readlink(folder / name) for name in os.listdir(folder)}


def environment(pid: int) -> list[str]:
    """The environment that a process was started with: `NAME=value`."""
    return [entry.decode() for entry in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") if entry]


def threads(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/task"))


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


LINUX = sys.platform == "linux"
