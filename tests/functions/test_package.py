"""What `sam build` makes runs: in the Python of Lambda with nothing else around it, and under the runtime's emulator."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runtime.sandbox.architecture import this_machine
from tests.functions.emulator import emulator
from tests.functions.events import API, FUNCTIONS, RUN, check, event, scenarios
from tests.functions.package import environment_in_package, python_of_lambda
from tests.functions.test_handlers import INVOKE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform != "linux", reason="the package for Lambda is built on Linux"),
]

MEGABYTE = 1024 * 1024


@pytest.fixture
def package_environment(built: Path, tmp_path: Path) -> Any:
    """The whole environment of a function that runs from its package, by its module."""
    return lambda module: environment_in_package(built / FUNCTIONS[module], tmp_path / "data")


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
