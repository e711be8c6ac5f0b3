"""A process that is killed while it writes loses nothing that it was told to be written, and leaves no half of anything."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.store.sqlite.consistency import require_consistent

WRITER = Path(__file__).with_name("crash_writer.py")
ROUNDS = 25
PROCESSES = 2
MOST_WRITES = 15
"""That the processes of a round have acknowledged together when they are killed. Time would tell nothing of that."""

PATIENCE_SECONDS = 60


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "indexed"),
    [(1, ["group,tags"] * 2), (2, ["group"] * 2), (3, ["tags"] * 2), (4, ["group", "group,tags"])],
    ids=["several indexes", "one index", "an index of arrays", "an index that one process alone asks for"],
)
def test_two_hundred_kills(tmp_path: Path, seed: int, indexed: list[str]) -> None:
    chance = random.Random(seed)
    path = tmp_path / "relive.db"
    before: dict[str, Any] = {}
    for number in range(ROUNDS):
        writes = chance.randint(0, MOST_WRITES)
        killed_while_writing(path, tmp_path, seed * 1000 + number, indexed, writes)
        after = require_consistent(path)
        assert require_no_loss(tmp_path, before, after) >= writes
        before = after


def killed_while_writing(path: Path, folder: Path, seed: int, indexed: list[str], writes: int) -> None:
    """Let several processes write, and kill them as soon as they have acknowledged so many writes."""
    processes = [
        subprocess.Popen(
            [
                sys.executable,
                str(WRITER),
                str(path),
                str(folder),
                f"process{n}-",
                str(seed * PROCESSES + n),
                *fields.split(","),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=WRITER.parents[3],
            env={"PYTHONPATH": str(WRITER.parents[3])},
        )
        for n, fields in enumerate(indexed)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
        end = time.monotonic() + PATIENCE_SECONDS
        while acknowledged(folder) < writes:
            assert time.monotonic() < end, "they hardly write anything"
            time.sleep(0.001)
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.communicate()


def acknowledged(folder: Path) -> int:
    return sum(log.read_bytes().count(b'["done", {}]\n') for log in folder.glob("*.log"))


def require_no_loss(folder: Path, before: dict[str, Any], after: dict[str, Any]) -> int:
    """Each thread's documents are as its log says; the last write may be there or not, but not in part.

    Gives the number of writes that were acknowledged.
    """
    writes = 0
    for log in folder.glob("*.log"):
        owner = log.stem
        expected = {id: value for id, value in before.items() if value["owner"] == owner}
        found = {id: value for id, value in after.items() if value["owner"] == owner}
        unknown: dict[str, Any] = {}
        for line in log.read_bytes().splitlines(keepends=True):
            if not line.endswith(b"\n"):  # killed while it wrote this
                break
            what, values = json.loads(line)
            if what == "begin":
                unknown = values
                continue
            if what == "done":
                expected = applied(expected, unknown)
                writes += 1
            unknown = {}
        assert found in (expected, applied(expected, unknown)), owner
        log.unlink()
    return writes


def applied(documents: dict[str, Any], writes: dict[str, Any]) -> dict[str, Any]:
    changed = {**documents, **writes}
    return {id: value for id, value in changed.items() if value is not None}
