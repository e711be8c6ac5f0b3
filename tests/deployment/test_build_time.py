"""When a package was built: other content is always later, the same content gets the same time."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deployment.build_time import build_time
from tests.conftest import ROOT

NOW = 1_700_000_000.25


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "hello.py").write_text("1")
    return folder


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "build" / "last-build"


def change(package: Path) -> None:
    (package / "app" / "hello.py").write_text("2")


def rename(package: Path) -> None:
    (package / "app" / "hello.py").rename(package / "app" / "hallo.py")


def add(package: Path) -> None:
    (package / "app" / "more.py").touch()


def remove(package: Path) -> None:
    (package / "app" / "hello.py").unlink()


@pytest.mark.parametrize("seconds", [60, 0.0001, 0, -3600], ids=["later", "at once", "same moment", "clock set back"])
@pytest.mark.parametrize("edit", [change, rename, add, remove])
def test_other_content_is_later(package: Path, record: Path, edit: Callable[[Path], None], seconds: float) -> None:
    assert build_time(package, record, NOW) == NOW
    edit(package)
    assert build_time(package, record, NOW + seconds) == max(NOW + 0.001, NOW + seconds)


def compile_it(package: Path) -> None:
    (package / "app" / "__pycache__").mkdir()
    (package / "app" / "__pycache__" / "hello.pyc").write_bytes(b"compiled")


@pytest.mark.parametrize("edit", [lambda _: None, compile_it], ids=["nothing", "compiled code"])
def test_the_same_content_has_the_same_time(package: Path, record: Path, edit: Callable[[Path], None]) -> None:
    build_time(package, record, NOW)
    edit(package)
    assert build_time(package, record, NOW + 60) == NOW


def test_what_was_there_before_is_later_when_it_comes_back(package: Path, record: Path) -> None:
    times = [build_time(package, record, NOW)]
    change(package)
    times.append(build_time(package, record, NOW))
    (package / "app" / "hello.py").write_text("1")
    times.append(build_time(package, record, NOW))
    assert times == sorted(set(times))


def test_builds_side_by_side_agree(package: Path, record: Path, tmp_path: Path) -> None:
    """And what the program writes is not part of what it looks at."""
    other = tmp_path / "other"
    (other / "app").mkdir(parents=True)
    (other / "app" / "hello.py").write_text("1")
    program = str(ROOT / "deployment" / "build_time.py")
    for _ in range(2):
        running = [
            subprocess.Popen([sys.executable, program, str(folder), str(record)]) for folder in (package, other) * 3
        ]
        assert [process.wait(60) for process in running] == [0] * 6
    written = {(folder / "built").read_text() for folder in (package, other)}
    assert len(written) == 1
    assert float(written.pop()) > NOW
