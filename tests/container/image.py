"""A base image like that of AWS Lambda for Python 3.13, made of Debian's packages because none may be had by pulling.

It lies below `build/` as a folder, and is made again when anything that goes into it has changed. Its Python also runs
outside of a container, for tests that need Lambda's version on a machine that has another one.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.conftest import ROOT
from tests.functions.package import LAMBDA_PYTHON, emulator_packages, install_emulator

SUITE = "trixie"
"""The Debian whose Python is that of Lambda."""

PACKAGES = ("python3", "ca-certificates")
NOT_NEEDED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "var/cache/apt", "var/lib/apt/lists", "debootstrap")

# What Lambda's own does: the package first, then layers, then what comes with the runtime.
BOOTSTRAP = f"""#!/bin/sh
export PYTHONPATH="$LAMBDA_TASK_ROOT:/opt/python:$LAMBDA_RUNTIME_DIR"
cd "$LAMBDA_TASK_ROOT"
exec /usr/bin/python{LAMBDA_PYTHON} -m awslambdaric "$_HANDLER"
"""

IMAGE = "relive-lambda"
VARIABLES = {
    "LAMBDA_TASK_ROOT": "/var/task",
    "LAMBDA_RUNTIME_DIR": "/var/runtime",
    "LANG": "C.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "TZ": ":UTC",
}
"""The name of the image in an engine, and what it sets there."""

FOLDER = ROOT / "build" / "lambda" / f"image-{LAMBDA_PYTHON}-{platform.machine()}"
ROOT_FOLDER = FOLDER / "root"
"""The image's content."""
PYTHON = FOLDER / "bin" / f"python{LAMBDA_PYTHON}"

BUILD_SECONDS = 600
NEEDED = ("debootstrap", "unshare", "apt-get")


class ImageUnavailable(Exception):
    """The image cannot be made on this machine; the message says why."""


def base_image() -> Path:
    """The folder with the image's content, which is made first if need be. Raises ImageUnavailable."""
    why_not = _why_not()
    if why_not:
        raise ImageUnavailable(f"no base image for Lambda: {why_not}")
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with FOLDER.with_name(f"{FOLDER.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests may run side by side
        inputs, stamp = _hash_of_inputs(), FOLDER / "inputs"
        if not stamp.exists() or stamp.read_text() != inputs:
            _build()
            stamp.write_text(inputs)
    return ROOT_FOLDER


def python_of_base_image() -> Path:
    """Lambda's version of Python as a program for this machine. Raises ImageUnavailable."""
    base_image()
    return PYTHON


def _why_not() -> str:
    if sys.platform != "linux":
        return "this is not Linux"
    if os.geteuid() != 0:
        return "only root can make one"
    missing = [name for name in NEEDED if not shutil.which(name)]
    return f"{', '.join(missing)} not installed (make system-packages)" if missing else ""


def _hash_of_inputs() -> str:
    told = [SUITE, *PACKAGES, BOOTSTRAP, (ROOT / "constraints-sam.txt").read_text(), Path(__file__).read_text()]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _build() -> None:
    install_emulator(LAMBDA_PYTHON)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix="unfinished-") as unfinished:
        root = Path(unfinished) / "root"
        _debootstrap(root)
        for name in NOT_NEEDED:
            shutil.rmtree(root / name, ignore_errors=True)
        _add_runtime(root)
        root.rename(ROOT_FOLDER)
    _add_python()
    runtime = ROOT_FOLDER / "var" / "runtime"
    subprocess.run([PYTHON, "-m", "compileall", "-q", "-s", ROOT_FOLDER, "-p", "/", runtime], check=True, timeout=120)


def _debootstrap(root: Path) -> None:
    options = ["--variant=minbase", f"--include={','.join(PACKAGES)}"]
    # Whatever is left mounted when it is stopped half-way goes with the namespace.
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "debootstrap", *options, SUITE, str(root)]
    try:
        done = subprocess.run(
            [*command, *_mirror()], capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise ImageUnavailable("no base image for Lambda: debootstrap takes too long") from None
    if done.returncode:
        raise ImageUnavailable(f"no base image for Lambda: debootstrap failed: {(done.stdout + done.stderr)[-500:]}")


def _mirror() -> list[str]:
    """Where this machine's apt gets Debian from; none to leave it to debootstrap, as on a system that is not Debian."""
    told = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return [line for line in told.stdout.splitlines() if line.startswith(("http://", "https://", "file:"))][:1]


def _add_runtime(root: Path) -> None:
    """What Lambda's image has beside Python: the runtime's client with boto3, and the folders for code."""
    runtime = root / "var" / "runtime"
    shutil.copytree(emulator_packages(LAMBDA_PYTHON), runtime, ignore=shutil.ignore_patterns(".stamp", "__pycache__"))
    (runtime / "bootstrap").write_text(BOOTSTRAP)
    (runtime / "bootstrap").chmod(0o755)
    (root / "var" / "task").mkdir()
    (root / "opt").mkdir(exist_ok=True)


def _add_python() -> None:
    """A virtual environment around the image's interpreter, which is started with the image's own loader and libraries."""
    (loader,) = (ROOT_FOLDER / "usr").glob("lib*/ld-linux-*.so.*")
    libraries = ROOT_FOLDER / "usr" / "lib" / f"{platform.machine()}-linux-gnu"
    interpreter = ROOT_FOLDER / "usr" / "bin" / PYTHON.name
    PYTHON.parent.mkdir()
    PYTHON.write_text(f'#!/bin/sh\nexec "{loader}" --argv0 "$0" --library-path "{libraries}" "{interpreter}" "$@"\n')
    PYTHON.chmod(0o755)
    (FOLDER / "pyvenv.cfg").write_text(f"home = {interpreter.parent}\n")
