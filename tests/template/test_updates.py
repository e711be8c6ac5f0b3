"""A stack is changed, staged and deleted without losing anything, and two of them share nothing."""

import json
import re
import shlex
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tests.functions.package import SAM, install_sam
from tests.store.stand_ins.stand_in import KEYS
from tests.template.conftest import MakeStack
from tests.template.examples import DOMAIN, IN_ROUTE_53, KINDS, REST, SNAP_START, TENANTS
from tests.template.stack import SOURCE, Stack, Template

pytestmark = pytest.mark.slow

NAMES = {
    "AWS::ApiGateway::BasePathMapping": ["DomainName"],
    "AWS::ApiGateway::DomainName": ["DomainName"],
    "AWS::ApiGateway::Stage": ["StageName"],
    "AWS::Lambda::Alias": ["Name", "FunctionName"],
    "AWS::Lambda::Permission": ["FunctionName"],
    "AWS::Lambda::Version": ["FunctionName"],
    "AWS::Route53::RecordSet": ["Name"],
}
"""Properties that are names: of other things here, within them, or of the domain, which is a parameter."""


KEEPS_DATA = ("AWS::DynamoDB::Table", "AWS::S3::Bucket")


def test_what_keeps_data_stays_when_the_stack_goes(template: Template) -> None:
    keeping = {name: each for name, each in template["Resources"].items() if each["Type"] in KEEPS_DATA}
    assert set(keeping) == {"Table", "Bucket"}
    for each in keeping.values():
        assert (each["DeletionPolicy"], each["UpdateReplacePolicy"]) == ("Retain", "Retain")


@pytest.mark.parametrize("name", ["Table", "Bucket"])
def test_no_parameter_changes_what_keeps_data(make_stack: MakeStack, name: str) -> None:
    assert len({json.dumps(make_stack(**kind).resources[name], sort_keys=True) for kind in KINDS.values()}) == 1


def test_files_are_encrypted_and_nobody_elses(template: Template) -> None:
    bucket = template["Resources"]["Bucket"]
    assert "Condition" not in bucket
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["Properties"]["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    (rule,) = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    (statement,) = template["Resources"]["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


class TestTable:
    @pytest.fixture
    def table(self, template: Template) -> dict[str, Any]:
        found: dict[str, Any] = template["Resources"]["Table"]
        return found

    def test_it_is_always_there(self, table: dict[str, Any]) -> None:
        assert "Condition" not in table

    def test_its_properties(self, table: dict[str, Any]) -> None:
        assert table["Properties"] == {
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "B"},
            ],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            "BillingMode": "PAY_PER_REQUEST",
            "DeletionProtectionEnabled": True,
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            "SSESpecification": {"SSEEnabled": True},
            "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
        }

    def test_it_is_the_one_that_the_store_is_tested_with(self, table: dict[str, Any]) -> None:
        assert {name: table["Properties"][name] for name in KEYS} == KEYS


def test_what_the_guide_imports_is_what_outlives_a_stack(tmp_path: Path) -> None:
    """As the template has it, so that the deployment after that finds nothing to change."""
    (command,) = re.findall(r"^\{ echo Resources:.*$", (ROOT / "docs" / "deploy.md").read_text(), re.MULTILINE)
    template = shlex.quote(str(SOURCE))
    subprocess.run(["bash", "-c", command.replace("template.yaml", template)], cwd=tmp_path, check=True, timeout=60)
    imported = yaml.safe_load((tmp_path / "import.yaml").read_text())["Resources"]
    whole = re.findall(r"^  (Table|Bucket):\n    Type: (\S+)", SOURCE.read_text(), re.MULTILINE)
    assert {name: resource["Type"] for name, resource in imported.items()} == dict(whole)
    assert {resource["DeletionPolicy"] for resource in imported.values()} == {"Retain"}
    assert imported["Table"]["Properties"].keys() >= KEYS.keys()


# From these parameters to those; what AWS makes anew then, besides what belongs to that
CHANGES: list[tuple[str, dict[str, str], dict[str, str], set[str]]] = [
    ("memory", {}, {"MemorySize": "3008"}, set()),
    ("concurrency", {}, {"ReservedConcurrency": "5"}, set()),
    ("days of the log", {}, {"LogDays": "7"}, set()),
    ("architecture", {}, {"Architecture": "arm64"}, set()),
    ("an email address", {}, {"AlarmEmail": "someone@example.com"}, set()),
    ("no monitoring", {}, {"Monitoring": "off"}, set()),
    ("stage", {}, {"Stage": "dev"}, set()),
    ("stage of a REST API", REST, {**REST, "Stage": "dev"}, {"RestApiStage"}),
    ("a quota", REST, {**REST, "IntegrationSeconds": "75"}, set()),
    ("a domain", REST, DOMAIN, set()),
    ("a zone", DOMAIN, IN_ROUTE_53, set()),
    ("another domain", DOMAIN, {**DOMAIN, "Domain": "www.example.com"}, {"DomainName"}),
    ("tenants", REST, TENANTS, {"RestApiInvokes"}),
    ("other tenants", TENANTS, {**TENANTS, "TenantHeader": "X-Customer"}, set()),
    ("SnapStart", {}, SNAP_START, {"ApiUrl", "ApiUrlIsPublic", "ApiUrlInvokes"}),
    ("a new revision", SNAP_START, {**SNAP_START, "Revision": "1700000001"}, {"ApiVersion"}),
]


@cache
def made_once() -> dict[str, list[str]]:
    """By type, the properties that can only be set when a resource is made; from the schemas that cfn-lint has."""
    install_sam()
    (folder,) = SAM.glob("lib/python*/site-packages/cfnlint/data/schemas/resources")
    schemas = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    return {
        schema["typeName"]: [
            name.rpartition("/")[2]
            for kind in ("createOnlyProperties", "conditionalCreateOnlyProperties")
            for name in schema.get(kind, ())
        ]
        for schema in schemas
    }


def made_anew(before: Stack, after: Stack) -> set[str]:
    return {
        name
        for name in set(before.resources) & set(after.resources)
        if any(
            before.resources[name]["Properties"].get(property) != after.resources[name]["Properties"].get(property)
            for property in made_once().get(before.resources[name]["Type"], ["ServiceToken"])  # a resource of ours
        )
    }


@pytest.mark.parametrize(("name", "before", "after", "expected"), CHANGES, ids=[row[0] for row in CHANGES])
def test_what_a_change_makes_anew(
    make_stack: MakeStack, name: str, before: dict[str, str], after: dict[str, str], expected: set[str]
) -> None:
    assert made_anew(make_stack(**before), make_stack(**after)) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_has_a_name_of_its_own(make_stack: MakeStack, kind: str) -> None:
    """A name that is taken keeps a second stack from being made, and a resource from being made anew."""
    named = {}
    for name, resource in make_stack(**KINDS[kind]).resources.items():
        allowed = NAMES.get(resource["Type"], [])
        found = [key for key in resource["Properties"] if key.endswith("Name") and key not in allowed]
        if found and resource["Type"] != "AWS::CloudWatch::Alarm":
            named[name] = found
        assert "AlarmName" not in resource["Properties"]
    assert named == {}


def test_nothing_is_exported(template: Template) -> None:
    assert not [name for name, output in template["Outputs"].items() if "Export" in output]


class TestSnapStart:
    def test_the_url_is_that_of_the_alias(self, make_stack: MakeStack) -> None:
        resources = make_stack(**SNAP_START).resources
        assert resources["ApiUrl"]["Properties"]["TargetFunctionArn"] == {"Ref": "ApiAlias"}
        for permission in ("ApiUrlIsPublic", "ApiUrlInvokes"):
            assert resources[permission]["Properties"]["FunctionName"] == {"Ref": "ApiAlias"}

    def test_each_revision_changes_the_function_before_its_version(self, make_stack: MakeStack) -> None:
        """Lambda publishes no version of a function that is as it was in the last one, and the deployment fails."""
        first, second = (make_stack(**{**SNAP_START, "Revision": revision}).resources for revision in ("1", "2"))
        for name in ("ApiFunction", "ApiVersion"):
            assert first[name]["Properties"]["Description"] != second[name]["Properties"]["Description"]

    def test_former_versions_go(self, template: Template) -> None:
        """Their snapshots cost money for as long as they are there."""
        assert not {"DeletionPolicy", "UpdateReplacePolicy"} & set(template["Resources"]["ApiVersion"])

    def test_without_it_there_is_nothing_to_publish(self, make_stack: MakeStack) -> None:
        stack = make_stack()
        assert not stack.of_type("AWS::Lambda::Version") | stack.of_type("AWS::Lambda::Alias")
        assert stack.resources["ApiFunction"]["Properties"]["SnapStart"] == {"ApplyOn": "None"}

    def test_make_gives_a_revision(self) -> None:
        assert "Revision=$$(date +%s)" in (ROOT / "deploy.mk").read_text()


def test_a_rest_api_is_deployed_with_every_change() -> None:
    """Its stage serves what was deployed last, whatever the stack has made of the API since."""
    assert "AlwaysDeploy: true" in SOURCE.read_text()
