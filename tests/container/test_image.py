"""The Python of the base image serves tests on this machine, too."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.container.image import ImageUnavailable, base_image, python_of_base_image
from tests.functions.events import API, check, environment, event
from tests.functions.package import LAMBDA_PYTHON, emulator_packages
from tests.functions.test_handlers import INVOKE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def python() -> Path:
    try:
        return python_of_base_image()
    except ImageUnavailable as why:
        pytest.skip(str(why))


def test_it_is_of_lambdas_version_and_finds_its_library(python: Path) -> None:
    program = "import ctypes, sqlite3, ssl, sys; print(sys.executable, *sys.version_info[:2], sep='\\n')"
    told = subprocess.run([python, "-I", "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert told.stdout.splitlines() == [str(python), *LAMBDA_PYTHON.split(".")]


def test_it_runs_the_package(python: Path, built: Path, tmp_path: Path) -> None:
    package = built / "ApiFunction"
    (tmp_path / "events.json").write_text(json.dumps([event("hello")]))
    subprocess.run(
        [python, INVOKE, API, tmp_path / "events.json", tmp_path / "answers.json"],
        env={
            **environment(str(package / "app"), str(package / "guests"), str(tmp_path / "data")),
            "PYTHONPATH": f"{package}:{emulator_packages(LAMBDA_PYTHON)}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "LAMBDA_TASK_ROOT": str(package),
        },
        timeout=120,
        check=True,
    )
    (answer,) = json.loads((tmp_path / "answers.json").read_text())
    check(answer, 200, None, "The Salt Road")


def test_it_is_made_only_once(python: Path) -> None:
    made = python.stat().st_ctime_ns
    base_image()
    assert python.stat().st_ctime_ns == made
