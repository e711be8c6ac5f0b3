"""What a runner has of the server's rights: none; and no program brings them back."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.lockdown.conftest import Lock
from tests.sandbox.lockdown.native import NativeRunners

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="only Linux has capabilities")]

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to lose")


def status(runners: NativeRunners) -> dict[str, str]:
    """What the kernel tells of a runner."""
    runner = runners.runner()
    try:
        lines = Path(f"/proc/{runner.pid}/status").read_text().splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    finally:
        runner.end()


STATUS = [
    ("CapPrm", "0000000000000000"),
    ("CapEff", "0000000000000000"),
    ("CapInh", "0000000000000000"),
    ("CapAmb", "0000000000000000"),
    ("NoNewPrivs", "1"),
    ("CoreDumping", "0"),
]


@pytest.mark.parametrize(("name", "value"), STATUS)
def test_what_the_kernel_tells(locked_by: Lock, name: str, value: str) -> None:
    assert status(locked_by(None))[name] == value


@needs_root
@pytest.mark.parametrize(
    ("name", "value"), [("CapBnd", "0000000000000000"), ("Uid", "65534"), ("Gid", "65534"), ("Groups", "")]
)
def test_what_root_gives_up(locked_by: Lock, name: str, value: str) -> None:
    assert set(status(locked_by(None))[name].split()) == set(value.split())


def test_filters_are_counted(locked_by: Lock) -> None:
    """A runner is filtered, and the fork server, which has to fork, is not."""
    runners = locked_by(None)
    runner = runners.runner()
    try:
        assert runners.attack("def attack(): return 1") == {"got": 1}  # so that the other one had time to lock itself
        for pid, mode in ((runner.pid, "2"), (runners.fork_server, "0")):
            assert f"Seccomp:\t{mode}\n" in Path(f"/proc/{pid}/status").read_text()
    finally:
        runner.end()


@pytest.fixture
def program_of_root() -> Iterator[str]:
    """`id` with the setuid bit: whoever starts it is root, unless no new privileges can be had."""
    folder = Path(tempfile.mkdtemp(prefix="relive-setuid-"))
    folder.chmod(0o755)
    program = folder / "id"
    shutil.copy("/usr/bin/id", program)
    program.chmod(0o4755)
    yield str(program)
    shutil.rmtree(folder)


START_IT = """
def attack():
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(writing, 1)
        os.execv(program, ['id', '-u'])
    os.close(writing)
    os.waitpid(pid, 0)
    return os.read(reading, 100).decode().strip()
"""


@needs_root
@pytest.mark.parametrize(
    ("layers", "user"),
    [(["privileges"], "0"), (["privileges", "no_new_privileges"], "65534")],
    ids=["without the layer", "with it"],
)
def test_a_setuid_program(guest: Path, program_of_root: str, layers: list[str], user: str) -> None:
    """Root again, although without capabilities: that is what no new privileges are for."""
    runners = NativeRunners(guest, layers)
    try:
        assert runners.attack(START_IT, program=program_of_root) == {"got": user}
    finally:
        runners.close()
