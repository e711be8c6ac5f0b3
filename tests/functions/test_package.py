"""What `sam build` makes runs: in the Python of Lambda with nothing else around it, and under the runtime's emulator."""

import json
import os
import platform
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from runtime.sandbox.architecture import this_machine
from tests.functions.events import API, RUN, check, environment, event, scenarios
from tests.functions.package import SAM, emulator_packages, python_of_lambda, sam_build
from tests.functions.test_handlers import INVOKE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform != "linux", reason="the package for Lambda is built on Linux"),
]

MEGABYTE = 1024 * 1024
FUNCTIONS = {API: "ApiFunction", RUN: "RunFunction"}


@pytest.fixture(scope="module")
def built(guests: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sam_build(tmp_path_factory.mktemp("package"))


@pytest.fixture
def package_environment(built: Path, tmp_path: Path) -> Any:
    """The whole environment of a function that runs from its package."""
    _, version = python_of_lambda()

    def make(module: str) -> dict[str, str]:
        package = built / FUNCTIONS[module]
        places = environment(str(package / "app"), str(package / "guests"), str(tmp_path / "data"))
        # As in Lambda, the package comes first, then what the image brings; here, boto3 and the runtime's client.
        return {**places, "PYTHONPATH": f"{package}:{emulator_packages(version)}", "PYTHONDONTWRITEBYTECODE": "1"}

    return make


class TestContent:
    @pytest.mark.parametrize("function", FUNCTIONS.values())
    def test_it_is_within_the_limit(self, built: Path, function: str) -> None:
        size = sum(path.stat().st_size for path in (built / function).rglob("*") if path.is_file())
        print(f"{function}: {size / MEGABYTE:.0f} MB unzipped")
        assert size < 250 * MEGABYTE, "AWS limit: 250 MB unzipped"

    @pytest.mark.parametrize("function", FUNCTIONS.values())
    def test_what_is_in_it(self, built: Path, function: str) -> None:
        package = built / function
        expected = [
            "functions/api/app.py",
            "functions/run/app.py",
            "runtime/application.py",
            "wasmtime",
            f"guests/python-{this_machine()}.cwasm",
            "app/relive.yaml",
            "app/functions/top_books.py",
            "app/shared/catalogue.py",
        ]
        assert [name for name in expected if not (package / name).exists()] == []

    @pytest.mark.parametrize("function", FUNCTIONS.values())
    def test_what_is_not_in_it(self, built: Path, function: str) -> None:
        package = built / function
        names = {path.name for path in package.iterdir()}
        assert not names & {"boto3", "botocore", "urllib3", "bin", "tests", ".stamp", "uvicorn", "typer", "rich"}
        assert not (package / "runtime" / "cli").exists()
        assert not list(package.glob("app/**/__pycache__"))
        assert not [path for path in package.rglob("*.pyc") if python_of_lambda()[1].replace(".", "") not in path.name]

    @pytest.mark.parametrize("function", FUNCTIONS.values())
    def test_everybody_may_read_it(self, built: Path, function: str) -> None:
        assert not [path for path in (built / function).rglob("*") if path.stat().st_mode & 0o444 != 0o444]

    def test_compiled_modules_are_there_for_its_python(self, built: Path) -> None:
        _, version = python_of_lambda()
        name = f"app.cpython-{version.replace('.', '')}.pyc"
        compiled = built / "ApiFunction" / "functions" / "api" / "__pycache__" / name
        flags = int.from_bytes(compiled.read_bytes()[4:8], "little")
        assert flags == 0b01, "not checked against the source, whose time changes on the way to Lambda"


@pytest.mark.parametrize("module", [API, RUN])
def test_in_an_empty_environment(module: str, package_environment: Any, tmp_path: Path) -> None:
    python, _ = python_of_lambda()
    rows = scenarios(module)
    (tmp_path / "events.json").write_text(json.dumps([event(name) for name, *_ in rows]))
    finished = subprocess.run(
        [python, str(INVOKE), module, str(tmp_path / "events.json"), str(tmp_path / "answers.json")],
        env=package_environment(module),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr
    for answer, (_, _, status, code, part) in zip(
        json.loads((tmp_path / "answers.json").read_text()), rows, strict=True
    ):
        check(answer, status, code, part)


class Emulator:
    """Lambda's runtime interface emulator with a function in it, at a port of its own."""

    def __init__(self, module: str, variables: dict[str, str], package: Path, log: Path) -> None:
        architecture = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]
        (program,) = SAM.glob(f"lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-{architecture}")
        self._port, api_port = _free_port(), _free_port()
        self._log = log
        python, _ = python_of_lambda()
        self._process = subprocess.Popen(
            [
                str(program),
                "--runtime-interface-emulator-address", f"127.0.0.1:{self._port}",
                "--runtime-api-address", f"127.0.0.1:{api_port}",
                python, "-m", "awslambdaric", f"{module}.handler",
            ],
            cwd=package,
            env={
                **variables,
                "PATH": os.environ["PATH"],
                "LAMBDA_TASK_ROOT": str(package),
                "AWS_LAMBDA_FUNCTION_NAME": FUNCTIONS[module],
                "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
                "AWS_LAMBDA_FUNCTION_TIMEOUT": "75",
                "AWS_REGION": "us-east-1",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "none",
                "AWS_SECRET_ACCESS_KEY": "none",
            },
            stdout=log.open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip

    def invoke(self, event: Any) -> Any:
        """One at a time: the emulator does not stand more."""
        url = f"http://127.0.0.1:{self._port}/2015-03-31/functions/function/invocations"
        give_up_at = time.monotonic() + 60
        while True:
            try:
                return httpx.post(url, json=event, timeout=60, trust_env=False).json()
            except httpx.ConnectError:
                assert self._process.poll() is None, self._log.read_text()
                assert time.monotonic() < give_up_at
                time.sleep(0.1)

    def end(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@contextmanager
def emulator(module: str, variables: dict[str, str], package: Path, log: Path) -> Iterator[Emulator]:
    running = Emulator(module, variables, package, log)
    try:
        yield running
    finally:
        running.end()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.parametrize("module", [API, RUN])
def test_under_the_emulator(module: str, built: Path, package_environment: Any, tmp_path: Path) -> None:
    variables = package_environment(module)
    with emulator(module, variables, built / FUNCTIONS[module], tmp_path / "log") as running:
        for name, _, status, code, part in [*scenarios(module), *scenarios(module)]:
            check(running.invoke(event(name)), status, code, part)


def test_an_invocation_that_is_to_fail_does(built: Path, package_environment: Any, tmp_path: Path) -> None:
    payload = {"app": "bookstore", "function": "order", "data": {"rehearse": "crash"}}
    with emulator(RUN, package_environment(RUN), built / "RunFunction", tmp_path / "log") as running:
        assert running.invoke(payload)["body"]["details"]["type"] == "KeyError"
        failed = running.invoke({**payload, "raise": True})
        assert failed["errorType"] == "Relive901"
        assert failed["errorMessage"].startswith("901: An error occurred")
        assert running.invoke(payload)["statusCode"] == 500
