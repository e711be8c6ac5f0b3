"""Lambda's runtime interface emulator on this machine, which the SAM CLI brings along."""

import os
import platform
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.functions.events import FUNCTIONS
from tests.functions.package import SAM, python_of_lambda


def emulator_programs() -> list[Path]:
    """The emulator for this machine; none if the SAM CLI is not installed."""
    architecture = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), "none")
    return list(SAM.glob(f"lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-{architecture}"))


class Emulator:
    """The emulator with a function in it, at a port of its own."""

    def __init__(self, module: str, variables: dict[str, str], package: Path, log: Path, timeout: int) -> None:
        (program,) = emulator_programs()
        port, api_port = _free_port(), _free_port()
        url = f"http://127.0.0.1:{port}/2015-03-31/functions/function"
        self._client = httpx.Client(base_url=url, timeout=60, trust_env=False)
        self._log = log
        python, _ = python_of_lambda()
        self._process = subprocess.Popen(
            [
                str(program),
                "--runtime-interface-emulator-address", f"127.0.0.1:{port}",
                "--runtime-api-address", f"127.0.0.1:{api_port}",
                python, "-m", "awslambdaric", f"{module}.handler",
            ],
            cwd=package,
            env={
                "AWS_REGION": "us-east-1",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "none",
                "AWS_SECRET_ACCESS_KEY": "none",
                **variables,
                "PATH": os.environ["PATH"],
                "LAMBDA_TASK_ROOT": str(package),
                "AWS_LAMBDA_FUNCTION_NAME": FUNCTIONS.get(module, module),
                "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
                "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout),
            },
            stdout=log.open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip

    def invoke(self, event: Any) -> Any:
        """One at a time: the emulator does not stand more."""
        give_up_at = time.monotonic() + 60
        while True:
            try:
                return self._client.post("/invocations", json=event).json()
            except httpx.ConnectError:
                assert self._process.poll() is None, self._log.read_text()
                assert time.monotonic() < give_up_at
                time.sleep(0.1)

    def end(self) -> None:
        self._client.close()
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@contextmanager
def emulator(module: str, variables: dict[str, str], package: Path, log: Path, timeout: int = 75) -> Iterator[Emulator]:
    """A function from its package; `timeout` is Lambda's own, in seconds, and that of the template if not given."""
    running = Emulator(module, variables, package, log, timeout)
    try:
        yield running
    finally:
        running.end()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
