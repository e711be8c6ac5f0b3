"""A runner that crashes leaves no core dump: it would hold an app's data, and fill the disk."""

import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.sandbox.lockdown.native import KILLED, NativeRunners

PATTERN = Path("/proc/sys/kernel/core_pattern")

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux locks runners"),
    pytest.mark.skipif(
        PATTERN.exists() and PATTERN.read_text()[:1] in "/|", reason="core dumps go elsewhere on this machine"
    ),
]

CRASH = """
def attack():
    try:
        os.chdir(folder)
    except OSError:
        pass
    ctypes.string_at(0)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="relive-dumps-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def dumps_allowed() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


@pytest.mark.parametrize(
    ("layers", "dumps"),
    [([], 1), (["limits"], 0), (["hidden"], 0), (None, 0)],
    ids=["without locks", "limits", "hidden", "all"],
)
def test_a_crash(guest: Path, folder: Path, dumps_allowed: None, layers: Sequence[str] | None, dumps: int) -> None:
    if resource.getrlimit(resource.RLIMIT_CORE)[0] == 0 and dumps:
        pytest.skip("this process may not dump anyway")
    runners = NativeRunners(guest, layers)
    try:
        assert runners.attack(CRASH, folder=str(folder)) == KILLED
    finally:
        runners.close()
    assert len(list(folder.iterdir())) == dumps
