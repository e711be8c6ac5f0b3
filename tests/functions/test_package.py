"""What `sam build` makes runs: in the Python of Lambda with nothing else around it, and under the runtime's emulator."""

import json
import re
import shutil
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

SERVING = [*FUNCTIONS.values(), "TenantFunction"]
ALL = [*SERVING, "KeyFunction"]

ADDRESSES = """
import json, botocore.session
session = botocore.session.get_session()
regions = ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1"]
made = [session.create_client(service, region).meta for service in ("dynamodb", "ssm") for region in regions]
print(json.dumps([[meta.endpoint_url, meta.partition, meta.config.signature_version] for meta in made]))
"""


@pytest.fixture
def package_environment(built: Path, tmp_path: Path) -> Any:
    """The whole environment of a function that runs from its package, by its module."""
    return lambda module: environment_in_package(built / FUNCTIONS[module], tmp_path / "data")


class TestContent:
    @pytest.mark.parametrize("function", ALL)
    def test_it_is_small(self, built: Path, function: str) -> None:
        size = sum(path.stat().st_size for path in (built / function).rglob("*") if path.is_file())
        print(f"{function}: {size / MEGABYTE:.0f} MB unzipped")
        assert size <= 200 * MEGABYTE, "of the 250 MB that AWS allows"

    def test_it_is_small_when_it_is_zipped(self, built: Path, tmp_path: Path) -> None:
        """As `sam deploy` zips it."""
        zipped = Path(shutil.make_archive(str(tmp_path / "package"), "zip", built / "ApiFunction")).stat().st_size
        print(f"{zipped / MEGABYTE:.0f} MB zipped")
        assert zipped <= 80 * MEGABYTE

    @pytest.mark.parametrize("function", SERVING)
    def test_those_that_serve_have_the_same(self, built: Path, function: str) -> None:
        """The SAM CLI uploads it once then. Packages of the same content have the same time (`build_time.py`)."""
        assert (built / function / "built").read_text() == (built / "ApiFunction" / "built").read_text()

    @pytest.mark.parametrize("function", SERVING)
    def test_what_is_in_it(self, built: Path, function: str) -> None:
        package = built / function
        expected = [
            "functions/api/app.py",
            "functions/run/app.py",
            "runtime/application.py",
            "wasmtime",
            f"guests/python-{this_machine()}.cwasm",
            f"guests/python-{this_machine()}.memory",
            "app/relive.yaml",
            "app/functions/top_books.py",
            "app/shared/catalogue.py",
        ]
        assert [name for name in expected if not (package / name).exists()] == []

    @pytest.mark.parametrize("function", ALL)
    def test_what_is_not_in_it(self, built: Path, function: str) -> None:
        package = built / function
        names = {path.name for path in package.iterdir()}
        assert not names & {"boto3", "bin", "tests", ".stamp", "uvicorn", "typer", "rich"}
        assert not (package / "runtime" / "cli").exists()
        assert not list(package.glob("app/**/__pycache__"))
        assert not [path for path in package.rglob("*.pyc") if python_of_lambda()[1].replace(".", "") not in path.name]

    @pytest.mark.parametrize("function", ALL)
    def test_everybody_may_read_it(self, built: Path, function: str) -> None:
        assert not [path for path in (built / function).rglob("*") if path.stat().st_mode & 0o444 != 0o444]

    @pytest.mark.parametrize("function", ALL)
    def test_every_module_is_compiled_for_its_python(self, built: Path, function: str) -> None:
        tag = f"cpython-{python_of_lambda()[1].replace('.', '')}"
        modules = [path for path in (built / function).rglob("*.py") if "app" not in path.relative_to(built).parts[1:2]]
        compiled = [path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc" for path in modules]
        assert [path for path in compiled if not path.exists()] == []
        flags = {int.from_bytes(path.read_bytes()[4:8], "little") for path in compiled}
        assert flags == {0b01}, "not checked against the source, whose time changes on the way to Lambda"


@pytest.mark.parametrize("module", [API, RUN])
def test_nothing_is_compiled_at_a_cold_start(
    module: str, built: Path, package_environment: Any, tmp_path: Path
) -> None:
    variables = package_environment(module)
    variables |= {"PYTHONPATH": f"{variables['PYTHONPATH']}:{Path(__file__).parent}", "HANDLER_MODULE": module}
    name = "hello" if module == API else "run-hello"
    with emulator("compiled_at_start", variables, built / FUNCTIONS[module], tmp_path / "log") as running:
        told = running.invoke(event(name))
    assert told["answer"]["statusCode"] == 200
    assert [path for path in told["compiled"] if path.startswith(str(built))] == []
    assert told["modules"] > 100


class TestAws:
    """botocore comes along with the services that are used, and with no other."""

    @pytest.mark.parametrize("function", ALL)
    def test_it_has_the_services_that_are_used(self, built: Path, function: str) -> None:
        package = built / function
        sources = [path.read_text() for name in ("runtime", "functions") for path in (package / name).rglob("*.py")]
        used = {name for source in sources for name in re.findall(r"""client\(\s*["']([a-z0-9-]+)["']""", source)}
        assert used == {folder.name for folder in (package / "botocore" / "data").iterdir() if folder.is_dir()}

    @pytest.mark.parametrize("function", ["ApiFunction", "KeyFunction"])
    def test_its_clients_are_those_of_the_whole_library(self, built: Path, function: str, tmp_path: Path) -> None:
        """What was left out changes no address, in no part of AWS."""
        python, _ = python_of_lambda()
        whole = subprocess.run(
            [sys.executable, "-c", ADDRESSES], capture_output=True, text=True, check=True, timeout=60
        )
        path = {"PYTHONPATH": str(built / function), "PYTHONDONTWRITEBYTECODE": "1"}
        ours = subprocess.run(
            [python, "-c", ADDRESSES], env=path, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
        )
        assert json.loads(ours.stdout) == json.loads(whole.stdout)
        assert len(json.loads(ours.stdout)) == 8


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
