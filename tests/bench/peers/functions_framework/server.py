"""Google's functions-framework for Python, which runs functions without any sandbox."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.load import Request
from tests.bench.process import free_port, started

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
ENVIRONMENT = Path(__file__).parents[4] / "build" / "peers" / "functions-framework"
"""Its own virtual environment: what it needs must not be mixed with what we need."""


HELLO = Request("GET", "/")


def install() -> None:
    """Install what requirements.txt names, unless that is there. Raises CalledProcessError."""
    stamp = ENVIRONMENT / "requirements.txt"
    if stamp.exists() and stamp.read_text() == REQUIREMENTS.read_text():
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
    pip = [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--requirement", str(REQUIREMENTS)], check=True)
    stamp.write_text(REQUIREMENTS.read_text())


@contextmanager
def serving() -> Iterator[int]:
    """A server with one worker for each core, and with the threads it takes by itself; gives its port."""
    install()
    port = free_port()
    command = [
        str(ENVIRONMENT / "bin" / "functions-framework"),
        *("--source", str(HERE / "hello.py"), "--target", "hello"),
        *("--host", "127.0.0.1", "--port", str(port)),
    ]
    with started(command, port, env={**os.environ, "WORKERS": str(os.cpu_count())}):
        yield port
