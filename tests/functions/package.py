"""Builds the package for Lambda with the SAM CLI, and finds the Python to run it with."""

import functools
import os
import platform
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

from tests.conftest import ROOT

SAM = ROOT / ".venv-sam"
MACHINE = platform.machine()
LAMBDA_PYTHON = "3.13"


@functools.cache
def python_of_lambda() -> tuple[str, str]:
    """A Python of Lambda's version and that version; without one on this machine, the Python that runs the tests.

    The package holds modules that are compiled for one version of Python, so it is built for the one that is found.
    """
    name = f"python{LAMBDA_PYTHON}"
    candidates = [shutil.which(name), *map(str, Path.home().glob(f".pyenv/versions/{LAMBDA_PYTHON}.*/bin/{name}"))]
    for candidate in candidates:
        if candidate and subprocess.run([candidate, "-c", "pass"], capture_output=True, check=False).returncode == 0:
            return candidate, LAMBDA_PYTHON
    warnings.warn(f"No Python {LAMBDA_PYTHON} on this machine: the package is built for this one", stacklevel=2)
    return sys.executable, f"{sys.version_info[0]}.{sys.version_info[1]}"


def bare_environment(home: Path, python: str) -> dict[str, str]:
    """No credentials, and nothing else of AWS but a region."""
    return {
        "HOME": str(home),
        "PATH": os.pathsep.join([str(Path(python).parent), os.environ["PATH"]]),
        "AWS_DEFAULT_REGION": "us-east-1",
        "SAM_CLI_TELEMETRY": "0",
        **{name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "REQUESTS_"))},
        **{name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")},
    }


@functools.cache
def install_sam() -> None:
    subprocess.run(["make", ".venv-sam/sam.stamp"], cwd=ROOT, check=True, timeout=600)


@functools.cache
def install_emulator(version: str) -> None:
    """The emulator, and what Lambda's own image has for that version of Python."""
    subprocess.run(["make", "lambda-emulator", f"LAMBDA_PYTHON={version}"], cwd=ROOT, check=True, timeout=600)


def emulator_packages(version: str) -> Path:
    return ROOT / "build" / "lambda" / f"emulator-{version}-{MACHINE}"


def sam_build(folder: Path) -> Path:
    """Build into `folder` as a newcomer would, without credentials; the folder with a folder for each function."""
    python, version = python_of_lambda()
    install_emulator(version)
    home = folder / "home"
    home.mkdir()
    architecture = {"aarch64": "arm64"}.get(MACHINE, MACHINE)
    subprocess.run(
        [
            str(SAM / "bin" / "sam"), "build", "--build-dir", str(folder / "built"),
            "--parameter-overrides", f"Architecture={architecture}",
        ],
        cwd=ROOT,
        env={**bare_environment(home, python), "LAMBDA_PYTHON": version},
        check=True,
        timeout=600,
    )  # fmt: skip
    return folder / "built"
