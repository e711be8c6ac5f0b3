"""What the functions may do, all of it. Whoever needs more adds a line here, and says why in the template."""

import re
from typing import Any

import pytest

from runtime.http import master_key
from runtime.store.dynamodb.client import DynamoDBClient
from runtime.store.dynamodb.records import PREFIX
from tests.conftest import ROOT
from tests.template.conftest import MakeStack
from tests.template.examples import TENANTS
from tests.template.stack import Stack, Template

pytestmark = pytest.mark.slow

TABLE = {
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:Query",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
}
LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
TRACES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}

WRITES = {f"dynamodb:{kind}Item" for kind in ("Put", "Update", "Delete", "BatchWrite")}
NO_KEYS = {"never: Table.Arn if any dynamodb:LeadingKeys are r/keys": WRITES}
"""A function that was taken over must not make itself a master key, which would outlive the next deployment."""

RIGHTS: dict[str, dict[str, set[str]]] = {
    "ApiFunction": {"Table.Arn": TABLE, **NO_KEYS, "ApiLogs.Arn": LOG, "*": TRACES},
    "TenantFunction": {"Table.Arn": TABLE, **NO_KEYS, "ApiLogs.Arn": LOG, "*": TRACES},
    "RunFunction": {"Table.Arn": TABLE, **NO_KEYS, "RunLogs.Arn": LOG, "*": TRACES},
    "KeyFunction": {
        "Table.Arn if all dynamodb:LeadingKeys are r/keys": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "arn:aws:ssm:eu-central-1:${AWS::AccountId}:parameter/relive/relive/master-key": {
            "ssm:GetParameter",
            "ssm:PutParameter",
        },
        "KeyLogs.Arn": LOG,
    },
}
"""For each function, the actions by what they may be done to."""

WITHOUT_RESOURCES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
"""Actions that AWS cannot limit to anything (service authorization reference)."""

PERMITTED_BY = {
    "transact_write_items": {f"dynamodb:{kind}Item" for kind in ("Put", "Update", "Delete", "ConditionCheck")},
}
"""Operations without a right of their own: those of what is in them count."""

OF_OPERATORS = {"scan"}
"""What only commands do, such as `relive copy`, with the rights of who calls them."""


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> Stack:
    """One with all functions that there can be."""
    return make_stack(**TENANTS)


def rights_of(stack: Stack, role: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for policy in stack.resources[role]["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            assert set(statement) <= {"Sid", "Effect", "Action", "Resource", "Condition"}
            never = {"Allow": "", "Deny": "never: "}[statement["Effect"]]
            for resource in _list(statement["Resource"]):
                limited = f"{never}{_shown(resource)}{_limits(statement)}"
                found.setdefault(limited, set()).update(_list(statement["Action"]))
    return found


def _limits(statement: dict[str, Any]) -> str:
    """What else has to be true, in words."""
    found = ""
    for operator, limits in statement.get("Condition", {}).items():
        how_many = {"ForAllValues:StringEquals": "all", "ForAnyValue:StringEquals": "any"}[operator]
        found += "".join(f" if {how_many} {name} are {', '.join(_list(value))}" for name, value in limits.items())
    return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _shown(resource: Any) -> str:
    if isinstance(resource, dict):
        ((_, given),) = resource.items()
        return ".".join(given) if isinstance(given, list) else str(given)
    return str(resource)


def test_every_function_has_a_role_of_its_own(stack: Stack) -> None:
    roles = {
        name: function["Role"]["Fn::GetAtt"][0] for name, function in stack.of_type("AWS::Lambda::Function").items()
    }
    assert set(roles) == set(RIGHTS)
    assert len(set(roles.values())) == len(roles)
    assert set(roles.values()) == set(stack.of_type("AWS::IAM::Role"))


@pytest.mark.parametrize("function", RIGHTS)
def test_all_that_a_function_may_do(stack: Stack, function: str) -> None:
    role = stack.resources[function]["Properties"]["Role"]["Fn::GetAtt"][0]
    assert rights_of(stack, role) == RIGHTS[function]


def test_without_tenants_nobody_has_their_role(make_stack: MakeStack, stack: Stack) -> None:
    roles = make_stack().of_type("AWS::IAM::Role")
    assert set(stack.of_type("AWS::IAM::Role")) - set(roles) == {"TenantRole"}


def test_roles_have_no_other_rights(template: Template) -> None:
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role":
            assert set(resource["Properties"]) == {"AssumeRolePolicyDocument", "Policies"}, name
            (statement,) = resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
            assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    others = {resource["Type"] for resource in template["Resources"].values() if "::IAM::" in resource["Type"]}
    assert others == {"AWS::IAM::Role"}


@pytest.mark.parametrize("function", RIGHTS)
def test_nothing_is_allowed_by_a_pattern(function: str) -> None:
    for resource, actions in RIGHTS[function].items():
        assert not [action for action in actions if "*" in action]
        assert "*" not in resource or actions <= WITHOUT_RESOURCES


def test_the_store_needs_these_rights_and_no_others() -> None:
    sources = [path.read_text() for path in (ROOT / "runtime" / "store" / "dynamodb").glob("*.py")]
    operations = {name for name in vars(DynamoDBClient) if any(f'"{name}"' in source for source in sources)}
    needed = set()
    for operation in operations - OF_OPERATORS:
        needed |= PERMITTED_BY.get(operation, {"dynamodb:" + operation.title().replace("_", "")})
    assert needed == TABLE


def test_writes_that_are_never_permitted_are_all_that_there_are() -> None:
    assert {action for action in TABLE if re.search("Put|Update|Delete|Write", action)} == WRITES


def test_what_roles_must_not_write_is_the_partition_of_master_keys_alone() -> None:
    assert f"{PREFIX}{master_key.PARTITION}" == "r/keys"
    named = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "runtime").rglob("*.py")
        if re.search(rf'PARTITION\b.* = "{master_key.PARTITION}"', path.read_text())
    }
    assert named == {"runtime/http/master_key.py"}


def test_functions_leave_alone_what_is_for_operators() -> None:
    """`partitions` of the port of records is what scans."""
    for folder in ("functions", "runtime/cloudcode", "runtime/data", "runtime/http"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not re.search(r"\.(scan|partitions|rotate)\(", path.read_text()), path
