"""What processes take of the machine's memory."""

import os
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
KILOBYTE = 1024
MEGABYTE = 1024 * KILOBYTE


def private_bytes(pid: int) -> int:
    """What a process and all its descendants have for themselves alone, shared with no other process (proc(5)).

    Raises PermissionError if the system does not show it: where runners are locked up, only root sees it.
    """
    return sum(_private(member) for member in [pid, *descendants(pid)])


def resident_bytes(pid: int) -> int:
    """What a process and all its descendants have in memory; what they share counts for each of them."""
    return sum(int(_read(member, "statm").split()[1]) * PAGE for member in [pid, *descendants(pid)])


def _private(pid: int) -> int:
    lines = (line.split() for line in _read(pid, "smaps_rollup").splitlines())
    return sum(int(words[1]) * KILOBYTE for words in lines if words[0] in ("Private_Clean:", "Private_Dirty:"))


def descendants(pid: int) -> list[int]:
    """The processes that a process has started, and those that these have started."""
    parents = {int(folder.name): _parent(int(folder.name)) for folder in Path("/proc").glob("[0-9]*")}
    family = [pid]
    for member in family:  # grows while it is gone through
        family += (child for child, parent in parents.items() if parent == member)
    return family[1:]


def _parent(pid: int) -> int | None:
    try:
        # The name, in parentheses, may hold anything.
        return int(_read(pid, "stat").rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return None


def _read(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text()
