"""The functions are what the package is built for, and have the settings and the memory that they need."""

import ast
import re
import subprocess
from typing import Any

import pytest

from runtime.cli.stack import parameter_of
from runtime.settings import Settings, environment_names
from tests.conftest import ROOT
from tests.functions.events import FUNCTIONS, KEY
from tests.functions.package import LAMBDA_PYTHON
from tests.template.conftest import MakeStack
from tests.template.examples import KINDS, TENANTS
from tests.template.stack import Stack, Template

pytestmark = pytest.mark.slow

LONGEST_TIMEOUT = 900
"""AWS limit, in seconds."""

SERVER_MB, RUNNER_OVERHEAD_MB = 150, 10
"""Measured: what the server takes with all its libraries, and a runner beside the memory of its sandbox."""

COLD_START_SECONDS = 5
"""A generous bound; the gateway's time runs during it, that of a request does not."""

OWN_ADDRESS = {"RELIVE_PUBLIC_URL", "RELIVE_BUDGET_SECONDS"}
"""What functions have each for itself: who calls them is told, or waits, in another way."""


def functions_of(stack: Stack) -> dict[str, dict[str, Any]]:
    """Those that serve."""
    return {
        name: function for name, function in stack.of_type("AWS::Lambda::Function").items() if name != "KeyFunction"
    }


def variables_of(function: dict[str, Any]) -> dict[str, Any]:
    variables: dict[str, Any] = function["Environment"]["Variables"]
    return variables


def settings_of(function: dict[str, Any]) -> Settings:
    values = {name: value for name, value in variables_of(function).items() if isinstance(value, str)}
    names = {name: name.removeprefix("RELIVE_").lower() for name in environment_names()}
    return Settings.model_validate({names[name]: value for name, value in values.items() if name in names})


def test_they_are_those_that_events_are_for(make_stack: MakeStack) -> None:
    handlers = {function["Handler"]: name for name, function in functions_of(make_stack()).items()}
    assert handlers == {f"{module}.handler": name for module, name in FUNCTIONS.items()}


def test_one_more_makes_the_master_key(make_stack: MakeStack) -> None:
    stack = make_stack()
    function = stack.resources["KeyFunction"]["Properties"]
    key = stack.resources["MasterKey"]["Properties"]
    assert function["Handler"] == f"{KEY}.handler"
    assert variables_of(function)["RELIVE_TABLE"] == {"Ref": "Table"}
    assert key["ServiceToken"] == {"Fn::GetAtt": ["KeyFunction", "Arn"]}
    assert key["Parameter"] == parameter_of("relive")


def test_cloudformation_waits_for_the_key_until_lambda_has_tried_three_times(make_stack: MakeStack) -> None:
    """Lambda invokes a function that has failed again after one minute, and after two more (AWS: retry behaviour)."""
    stack = make_stack()
    timeout = stack.resources["KeyFunction"]["Properties"]["Timeout"]
    assert int(stack.resources["MasterKey"]["Properties"]["ServiceTimeout"]) >= 3 * timeout + 60 + 120


@pytest.mark.parametrize("module", [*FUNCTIONS, KEY])
def test_handlers_are_there(module: str) -> None:
    tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text())
    assert "handler" in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_they_run_the_python_that_the_package_is_built_for(make_stack: MakeStack) -> None:
    assert {function["Runtime"] for function in functions_of(make_stack()).values()} == {f"python{LAMBDA_PYTHON}"}
    assert f"\nLAMBDA_PYTHON ?= {LAMBDA_PYTHON}\n" in (ROOT / "deploy.mk").read_text()


@pytest.mark.parametrize("function", [*FUNCTIONS.values(), "TenantFunction", "KeyFunction"])
def test_make_knows_how_to_build_each_function(template: Template, function: str) -> None:
    assert template["Resources"][function]["Metadata"]["BuildMethod"] == "makefile"
    command = ["make", "--dry-run", f"build-{function}", "ARTIFACTS_DIR=artifacts"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert ("artifacts/app" in finished.stdout) is (function != "KeyFunction")


@pytest.mark.parametrize(
    ("given", "expected"),
    [([], []), (["PARAMETERS=MemorySize=3008 SnapStart=on"], ["MemorySize=3008", "SnapStart=on"])],
)
def test_make_deploys_with_parameters(given: list[str], expected: list[str]) -> None:
    """Of others, the SAM CLI keeps what the stack has."""
    command = ["make", "--dry-run", "deploy", "APP=examples/bookstore", *given]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    (said,) = re.findall(r"--parameter-overrides (Architecture=\S+ Stage=.*)", finished.stdout)
    assert said.split()[1:] == ["Stage=prod", "Revision=$(date", "+%s)", *expected]


@pytest.mark.parametrize("kind", KINDS)
def test_settings(make_stack: MakeStack, kind: str) -> None:
    stack = make_stack(**KINDS[kind])
    for function in functions_of(stack).values():
        names = {name for name in variables_of(function) if name.startswith("RELIVE_")}
        assert names <= set(environment_names())
        settings = settings_of(function)
        assert settings.budget_seconds + 10 <= function["Timeout"] <= LONGEST_TIMEOUT
        assert settings.cache_seconds == 5
        assert settings.keep_logs == "never"
        assert settings.prepare is False, "what goes on after an answer is frozen"
        assert variables_of(function)["RELIVE_TABLE"] == {"Ref": "Table"}
        assert variables_of(function)["POWERTOOLS_METRICS_NAMESPACE"] == "Relive/relive"


def test_they_differ_in_nothing_but_their_address(make_stack: MakeStack) -> None:
    first, second = (
        {name: value for name, value in variables_of(function).items() if name not in OWN_ADDRESS}
        for function in functions_of(make_stack()).values()
    )
    assert first == second


@pytest.mark.parametrize("kind", KINDS)
def test_no_variable_is_a_secret(make_stack: MakeStack, kind: str) -> None:
    """Whoever may look at a function sees its variables."""
    functions = make_stack(**KINDS[kind]).of_type("AWS::Lambda::Function")
    assert "KeyFunction" in functions
    for function in functions.values():
        assert not {"RELIVE_MASTER_KEY", "RELIVE_SECRETS"} & set(variables_of(function))


def test_memory_suffices_for_its_runners(template: Template, make_stack: MakeStack) -> None:
    for memory in template["Parameters"]["MemorySize"]["AllowedValues"]:
        for function in functions_of(make_stack(MemorySize=memory)).values():
            settings = settings_of(function)  # which have to be enough for the deepest calls
            needed = SERVER_MB + settings.runners * (settings.memory_mb + RUNNER_OVERHEAD_MB)
            assert function["MemorySize"] == memory
            assert needed <= int(memory), f"{memory} MB are too few for {settings.runners} runners"


@pytest.mark.parametrize(("kind", "seconds"), [("REST API", 29), ("REST API with a quota", 75)])
def test_the_gateway_waits_for_longer_than_a_request_has(make_stack: MakeStack, kind: str, seconds: int) -> None:
    budget = settings_of(functions_of(make_stack(**KINDS[kind]))["ApiFunction"]).budget_seconds
    assert budget + COLD_START_SECONDS <= seconds


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("as it comes", ("", {"Fn::GetAtt": ["ApiUrl", "FunctionUrl"]})),
        ("REST API", ("", {"Fn::Sub": "https://${RestApi}.execute-api.eu-central-1.amazonaws.com/prod"})),
        ("domain", ("https://api.example.com", "https://api.example.com")),
    ],
)
def test_addresses(make_stack: MakeStack, kind: str, expected: tuple[Any, Any]) -> None:
    functions = functions_of(make_stack(**KINDS[kind]))
    found = tuple(variables_of(functions[name])["RELIVE_PUBLIC_URL"] for name in ("ApiFunction", "RunFunction"))
    assert found == expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, {"ApiFunction": None, "RunFunction": None}),
        ({"ReservedConcurrency": "5"}, {"ApiFunction": "5", "RunFunction": None}),
        (
            {**TENANTS, "ReservedConcurrency": "5"},
            {"ApiFunction": None, "RunFunction": None, "TenantFunction": "5"},
        ),
    ],
    ids=["not limited", "limited", "limited with tenants"],
)
def test_only_requests_are_limited(
    make_stack: MakeStack, parameters: dict[str, str], expected: dict[str, str | None]
) -> None:
    functions = functions_of(make_stack(**parameters))
    assert {name: function.get("ReservedConcurrentExecutions") for name, function in functions.items()} == expected
