"""The deployment: what cfn-lint says of it, and the mistakes that it does not see."""

import ast
import copy
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from runtime.settings import Settings, environment_names
from tests.conftest import ROOT
from tests.functions.package import LAMBDA_PYTHON, SAM, bare_environment, install_sam

pytestmark = pytest.mark.slow

Template = dict[str, Any]
INVOKE_MODES = {"BUFFERED", "RESPONSE_STREAM"}
ARCHITECTURES = {"x86_64", "arm64"}
LONGEST_TIMEOUT = 900
"""AWS limit, in seconds."""

SERVER_MB = 150
RUNNER_OVERHEAD_MB = 10
"""Measured: what the server takes with all its libraries, and a runner beside the memory of its sandbox."""


class CloudFormationLoader(yaml.SafeLoader):
    """Reads `!Ref name` as `{"Ref": name}`, and the other short forms likewise."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    assert isinstance(node, yaml.ScalarNode)
    value = loader.construct_scalar(node)
    return {"Ref": value} if suffix == "Ref" else {f"Fn::{suffix}": value.split(".") if suffix == "GetAtt" else value}


CloudFormationLoader.add_multi_constructor("!", _short_form)

TEMPLATE: Template = yaml.load((ROOT / "template.yaml").read_text(), CloudFormationLoader)


def functions_of(template: Template) -> dict[str, dict[str, Any]]:
    """The functions' properties by logical id, with what is said of all of them."""
    common = template.get("Globals", {}).get("Function", {})
    found = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            own = resource["Properties"]
            variables = {**_variables(common), **_variables(own)}
            found[name] = {**common, **own, "Environment": {"Variables": variables}}
    return found


def _variables(properties: dict[str, Any]) -> dict[str, Any]:
    variables: dict[str, Any] = properties.get("Environment", {}).get("Variables", {})
    return variables


def problems(template: Template) -> list[str]:
    """What is wrong, though lint lets it pass."""
    return [
        f"{name}: {problem}"
        for name, function in functions_of(template).items()
        for problem in [*_runtime(template, function), *_limits(function), *_way_in(function), *_rights(function)]
    ] + list(_secret_parameters(template))


def _runtime(template: Template, function: dict[str, Any]) -> Iterator[str]:
    if function["Runtime"] != f"python{LAMBDA_PYTHON}":
        yield f"the package is built for Python {LAMBDA_PYTHON}, not for {function['Runtime']}"
    for architecture in function["Architectures"]:
        parameter = template["Parameters"].get(architecture["Ref"]) if isinstance(architecture, dict) else None
        if not set(parameter["AllowedValues"] if parameter else [architecture]) <= ARCHITECTURES:
            yield "there is no such architecture"
    module, _, name = function["Handler"].rpartition(".")
    source = ROOT / f"{module.replace('.', '/')}.py"
    tree = ast.parse(source.read_text() if source.exists() else "")
    if name not in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}:
        yield f"there is no handler {function['Handler']}"


def _limits(function: dict[str, Any]) -> Iterator[str]:
    variables = function["Environment"]["Variables"]
    if unknown := {name for name in variables if name.startswith("RELIVE_")} - set(environment_names()):
        yield f"there are no settings {sorted(unknown)}"
    values = {
        name.removeprefix("RELIVE_").lower(): value for name, value in variables.items() if not isinstance(value, dict)
    }
    settings = Settings.model_validate(values)
    if not settings.budget_seconds + 10 <= function["Timeout"] <= LONGEST_TIMEOUT:
        yield f"the time-out of {function['Timeout']} seconds is not above the budget's, or above {LONGEST_TIMEOUT}"
    if SERVER_MB + settings.runners * (settings.memory_mb + RUNNER_OVERHEAD_MB) > function["MemorySize"]:
        yield f"{function['MemorySize']} MB are too few for {settings.runners} runners"


def _way_in(function: dict[str, Any]) -> Iterator[str]:
    url = function.get("FunctionUrlConfig")
    if url is None:
        return
    if url.get("InvokeMode", "BUFFERED") not in INVOKE_MODES:
        yield f"there is no InvokeMode {url['InvokeMode']}"
    if url["AuthType"] != "NONE":
        yield "callers of the API have no AWS credentials"
    if "Cors" in url:
        yield "CORS is answered twice"
    if "TenancyConfig" in function:
        yield "AWS refuses TenancyConfig with a function's URL"


def _rights(function: dict[str, Any]) -> Iterator[str]:
    if {"Policies", "Role"} & set(function):
        yield "it has rights beyond its log and its traces"


def _secret_parameters(template: Template) -> Iterator[str]:
    parameters = template["Parameters"]
    for name in ("MasterKey", "Secrets"):
        if not parameters[name].get("NoEcho"):
            yield f"{name} is shown to whoever sees the stack"
    if "Default" in parameters["MasterKey"] or parameters["MasterKey"].get("MinLength", 0) < 16:
        yield "the master key can be guessed"


def test_nothing_is_wrong_that_lint_does_not_see() -> None:
    assert problems(TEMPLATE) == []


Change = Callable[[Template], None]


def change(path: str, value: Any) -> Change:
    """Sets the value at the path; the last step is made if need be."""

    def apply(template: Template) -> None:
        *steps, last = path.split("/")
        for step in steps:
            template = template[step]
        template[last] = value

    return apply


COMMON = "Globals/Function"
API = "Resources/ApiFunction/Properties"

MISTAKES = [
    ("a runtime to come", change(f"{COMMON}/Runtime", "python3.15"), "not for python3.15"),
    ("another runtime", change(f"{API}/Runtime", "nodejs22.x"), "not for nodejs22.x"),
    ("an architecture", change(f"{COMMON}/Architectures", ["riscv64"]), "no such architecture"),
    ("one in the choice", change("Parameters/Architecture/AllowedValues", ["arm64", "arm"]), "no such architecture"),
    ("no such module", change(f"{API}/Handler", "functions.nothing.app.handler"), "there is no handler"),
    ("no such function", change(f"{API}/Handler", "functions.api.app.handle"), "there is no handler"),
    ("too long", change(f"{COMMON}/Timeout", 901), "time-out of 901"),
    ("not above the budget", change(f"{COMMON}/Timeout", 60), "time-out of 60"),
    ("a longer budget", change(f"{COMMON}/Environment/Variables/RELIVE_BUDGET_SECONDS", "70"), "time-out of 75"),
    ("a misspelt setting", change(f"{COMMON}/Environment/Variables/RELIVE_RUNNER", "9"), "RELIVE_RUNNER"),
    ("little memory", change(f"{COMMON}/MemorySize", 1024), "1024 MB are too few"),
    ("many runners", change(f"{COMMON}/Environment/Variables/RELIVE_RUNNERS", "16"), "for 16 runners"),
    ("an invoke mode", change(f"{API}/FunctionUrlConfig/InvokeMode", "STREAMED"), "no InvokeMode STREAMED"),
    ("a URL for AWS users", change(f"{API}/FunctionUrlConfig/AuthType", "AWS_IAM"), "no AWS credentials"),
    ("CORS twice", change(f"{API}/FunctionUrlConfig/Cors", {"AllowOrigins": ["*"]}), "answered twice"),
    ("tenancy", change(f"{API}/TenancyConfig", {"TenantIsolationMode": "PER_TENANT"}), "refuses TenancyConfig"),
    ("rights", change(f"{API}/Policies", ["AdministratorAccess"]), "rights beyond"),
    ("a default key", change("Parameters/MasterKey/Default", "x" * 20), "can be guessed"),
    ("a short key", change("Parameters/MasterKey/MinLength", 4), "can be guessed"),
    ("a key that is shown", change("Parameters/MasterKey/NoEcho", False), "MasterKey is shown"),
    ("secrets that are shown", change("Parameters/Secrets/NoEcho", False), "Secrets is shown"),
]


@pytest.mark.parametrize(("name", "mistake", "expected"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_mistakes_are_found(name: str, mistake: Change, expected: str) -> None:
    template = copy.deepcopy(TEMPLATE)
    mistake(template)
    assert any(expected in problem for problem in problems(template))


@pytest.mark.parametrize("function", functions_of(TEMPLATE))
def test_make_knows_how_to_build_each_function(function: str) -> None:
    assert TEMPLATE["Resources"][function]["Metadata"]["BuildMethod"] == "makefile"
    finished = subprocess.run(
        ["make", "--dry-run", f"build-{function}", "ARTIFACTS_DIR=artifacts"], cwd=ROOT, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stderr
    assert "artifacts/app" in finished.stdout


def test_the_makefile_builds_for_the_same_python() -> None:
    assert f"LAMBDA_PYTHON ?= {LAMBDA_PYTHON}\n" in (ROOT / "deploy.mk").read_text()


TRANSFORM = """
import json, sys
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

class ManagedPolicies:
    def load(self):
        names = ["service-role/AWSLambdaBasicExecutionRole", "AWSXRayDaemonWriteAccess", "AWSXrayWriteOnlyAccess"]
        return {name.rpartition("/")[2]: f"arn:aws:iam::aws:policy/{name}" for name in names}

template = yaml_parse(sys.stdin.read())
template["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
json.dump(transform(template, {}, ManagedPolicies()), sys.stdout)
"""


class TestLint:
    def run(self, *command: str, home: Path, text: str | None = None) -> subprocess.CompletedProcess[str]:
        install_sam()
        program, *arguments = command
        return subprocess.run(
            [str(SAM / "bin" / program), *arguments],
            cwd=ROOT,
            env=bare_environment(home, str(SAM / "bin" / "python")),
            input=text,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def test_sam_validate_without_credentials(self, tmp_path: Path) -> None:
        finished = self.run("sam", "validate", "--lint", home=tmp_path)
        assert finished.returncode == 0, finished.stdout + finished.stderr
        assert "is a valid SAM Template" in finished.stdout

    def test_the_transformed_template(self, tmp_path: Path) -> None:
        transformed = self.run("python", "-c", TRANSFORM, home=tmp_path, text=(ROOT / "template.yaml").read_text())
        assert transformed.returncode == 0, transformed.stderr
        (tmp_path / "template.json").write_text(transformed.stdout)
        finished = self.run("cfn-lint", str(tmp_path / "template.json"), home=tmp_path)
        assert finished.returncode == 0, finished.stdout
        resources = json.loads(transformed.stdout)["Resources"].values()
        policies = {arn for resource in resources for arn in resource["Properties"].get("ManagedPolicyArns", [])}
        assert {arn.rpartition("/")[2] for arn in policies} == {"AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess"}
        assert not [resource for resource in resources if "Policies" in resource["Properties"]]
