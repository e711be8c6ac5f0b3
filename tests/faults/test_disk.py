"""A disk that is full or cannot be written to."""

import contextlib
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.cli.commands import RELIVE
from tests.faults.conftest import MakeServer
from tests.faults.limits import bound_by_permissions, limited, read_only
from tests.faults.load import recovers, under_load
from tests.faults.server import BUDGET_SECONDS, Server, wait_for
from tests.sandbox.processes import needs_proc

pytestmark = [pytest.mark.slow, needs_proc]

UNAVAILABLE = 1
SLOWEST = BUDGET_SECONDS + 2

MOUNT = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o size=16m none "$0" && exec "$@"')
"""Runs a command that alone sees a small disk of its own at the given folder."""


def can_mount(folder: Path) -> bool:
    if not all(map(shutil.which, ("unshare", "nsenter"))):
        return False
    return subprocess.run([*MOUNT, str(folder), "true"], capture_output=True, check=False).returncode == 0


def test_no_file_can_grow(server: Server) -> None:
    """As on a full disk or beyond a quota, and the log is on it, too (setrlimit(2), RLIMIT_FSIZE)."""
    with under_load(server, {UNAVAILABLE}, slowest=SLOWEST) as load:
        wait_for(lambda: load.tally().codes[0] > 20, "calls succeed")
        for _ in range(2):
            failed = load.tally().codes[UNAVAILABLE]
            with limited(server, resource.RLIMIT_FSIZE, 0):
                wait_for(lambda failed=failed: load.tally().codes[UNAVAILABLE] > failed + 20, "writes fail")
            succeeded = load.tally().codes[0]
            wait_for(lambda succeeded=succeeded: load.tally().codes[0] > succeeded + 20, "calls succeed again")


@pytest.fixture
def on_a_disk(make_server: MakeServer, tmp_path: Path) -> Server:
    """A server that has started, with a small disk of its own for its data."""
    if not can_mount(tmp_path):
        pytest.skip("only root can mount a small disk")
    server = make_server()
    server.data.mkdir()
    server.start(command=[*MOUNT, str(server.data), *RELIVE])
    return server


def test_a_full_disk(on_a_disk: Server) -> None:
    server = on_a_disk
    disk = Path(f"/proc/{server.pid}/root{server.data}")
    with under_load(server, {UNAVAILABLE}, slowest=SLOWEST) as load:
        wait_for(lambda: load.tally().codes[0] > 20, "calls succeed")
        for _ in range(2):
            failed = load.tally().codes[UNAVAILABLE]
            with filled(disk):
                wait_for(lambda failed=failed: load.tally().codes[UNAVAILABLE] > failed + 5, "writes fail", 60)
            wait_for(lambda: writes(server), "writes succeed again")


def writes(server: Server) -> bool:
    """Whether a write succeeds now."""
    return server.ask("POST", "Note", {"Writer": "x", "Number": 1}).code == 0


def test_no_file_can_be_written_to(make_server: MakeServer) -> None:
    server = make_server()
    server.start(preexec_fn=bound_by_permissions)
    check_while(read_only(server.data), server)


def test_a_disk_that_becomes_read_only(on_a_disk: Server) -> None:
    check_while(read_only_mount(on_a_disk), on_a_disk)


def check_while(nothing_can_be_written: AbstractContextManager[None], server: Server) -> None:
    """Meanwhile writes fail and the rest goes on, and afterwards all is well at once."""
    with under_load(server, {UNAVAILABLE}, slowest=SLOWEST) as load:
        wait_for(lambda: load.tally().codes[0] > 20, "calls succeed")
        with nothing_can_be_written:
            failed = load.tally().codes[UNAVAILABLE]
            with limited(server, resource.RLIMIT_FSIZE, 0):  # so that files that are open are opened anew
                wait_for(lambda: load.tally().codes[UNAVAILABLE] > failed + 20, "writes fail")
            failed, succeeded = load.tally().codes[UNAVAILABLE], load.tally().codes[0]
            wait_for(lambda: load.tally().codes[UNAVAILABLE] > failed + 20, "writes still fail")
            wait_for(lambda: load.tally().codes[0] > succeeded + 20, "what does not write goes on")
            assert not writes(server)
        load.stop()
        recovers(server)  # at once: no connection is left that can only read


@pytest.mark.parametrize("started_before", [False, True], ids=["empty", "with data"])
def test_a_folder_that_cannot_be_written_to_from_the_start(make_server: MakeServer, started_before: bool) -> None:
    server = make_server()
    if started_before:
        server.start()
        server.stop()
    server.data.mkdir(exist_ok=True)
    with read_only(server.data), pytest.raises(AssertionError, match=r"ended with 1:[\s\S]*denied[.]\n$"):
        server.start(preexec_fn=bound_by_permissions)
    assert "Traceback" not in server.output
    server.start()
    recovers(server)


def test_a_read_only_disk_from_the_start(make_server: MakeServer, tmp_path: Path) -> None:
    if not can_mount(tmp_path):
        pytest.skip("only root can mount a small disk")
    server = make_server()
    server.data.mkdir()
    read_only = [part.replace("size=16m", "size=16m,ro") for part in MOUNT]
    with pytest.raises(AssertionError, match=r"ended with 1:[\s\S]*[Rr]ead-only[\s\S]*[.]\n$"):
        server.start(command=[*read_only, str(server.data), *RELIVE])
    assert "Traceback" not in server.output
    server.start()
    recovers(server)


@contextlib.contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Nothing left of a disk."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    try:
        yield
    finally:
        filler.unlink()


@contextlib.contextmanager
def read_only_mount(server: Server) -> Iterator[None]:
    """The server, and it alone, finds its data on a mount that is read-only (mount(2), MS_RDONLY).

    It is a second one on top of the first, which cannot be changed while files on it are open for writing.
    """
    enter = ["nsenter", f"--mount=/proc/{server.pid}/ns/mnt", "sh", "-ec"]
    folder = str(server.data)
    subprocess.run([*enter, 'mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"', folder], check=True)
    try:
        yield
    finally:
        subprocess.run([*enter, 'umount --lazy "$0"', folder], check=True)
