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
from tests.functions.events import environment

SAM = ROOT / ".venv-sam"
MACHINE = platform.machine()
LAMBDA_PYTHON = "3.13"


@functools.cache
def python_of_lambda() -> tuple[str, str]:
    """A Python of Lambda's version and that version; where there is none, that of the tests' base image; where that
    cannot be made, the Python that runs the tests.

    The package holds modules that are compiled for one version of Python, so it is built for the one that is found.
    """
    from tests.container.image import ImageUnavailable, python_of_base_image

    name = f"python{LAMBDA_PYTHON}"
    candidates = [shutil.which(name), *map(str, Path.home().glob(f".pyenv/versions/{LAMBDA_PYTHON}.*/bin/{name}"))]
    for candidate in candidates:
        if candidate and subprocess.run([candidate, "-c", "pass"], capture_output=True, check=False).returncode == 0:
            return candidate, LAMBDA_PYTHON
    try:
        return str(python_of_base_image()), LAMBDA_PYTHON
    except ImageUnavailable as why:
        warnings.warn(f"No Python {LAMBDA_PYTHON} ({why}): the package is built for another one", stacklevel=2)
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
    subprocess.run(["make", "--silent", ".venv-sam/sam.stamp"], cwd=ROOT, check=True, timeout=600)


@functools.cache
def install_emulator(version: str) -> None:
    """The emulator, and what Lambda's own image has for that version of Python."""
    subprocess.run(
        ["make", "--silent", "lambda-emulator", f"LAMBDA_PYTHON={version}"], cwd=ROOT, check=True, timeout=600
    )


def emulator_packages(version: str) -> Path:
    return ROOT / "build" / "lambda" / f"emulator-{version}-{MACHINE}"


def environment_in_package(package: Path, data: Path) -> dict[str, str]:
    """The whole environment of a function that runs from its package on this machine."""
    places = environment(str(package / "app"), str(package / "guests"), str(data))
    # As in Lambda, the package comes first, then what the image brings; here, boto3 and the runtime's client.
    _, version = python_of_lambda()
    return {
        **places,
        "PYTHONPATH": f"{package}:{emulator_packages(version)}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(package),  # elsewhere the SDK of X-Ray asks AWS for its rules, with a client of its own
    }


def sam_build(folder: Path, *, quiet: bool = False) -> Path:
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
        capture_output=quiet,
        timeout=600,
    )  # fmt: skip
    return folder / "built"
