"""Which parameters AWS takes, and what it says of others before it changes anything."""

import pytest

from tests.template.conftest import MakeStack
from tests.template.examples import ADDRESS, CERTIFICATE, DOMAIN, KINDS, REST, SNAP_START, TENANTS, WEB_ACL
from tests.template.stack import Template

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", KINDS)
def test_stacks_of_every_kind_are_taken(make_stack: MakeStack, kind: str) -> None:
    stack = make_stack(**KINDS[kind])
    assert (stack.refusals(), stack.wrong_values()) == ([], set())


def test_nothing_has_to_be_given(template: Template) -> None:
    assert not [name for name, parameter in template["Parameters"].items() if "Default" not in parameter]


def test_no_parameter_is_a_secret(template: Template) -> None:
    assert not [name for name, parameter in template["Parameters"].items() if "NoEcho" in parameter]


# Together these are refused, with one sentence that says what to do
COMBINATIONS = [
    ("a domain of a function URL", {**DOMAIN, "FrontDoor": "FunctionUrl"}, "A function URL cannot have a domain"),
    ("a web ACL of a function URL", {"WebAclArn": WEB_ACL}, "A function URL cannot have a web ACL"),
    ("tenants of a function URL", {"TenantHeader": "X-Tenant"}, "A function URL cannot keep tenants apart"),
    ("a domain without certificate", {**REST, "Domain": "api.example.com"}, "Domain needs CertificateArn"),
    ("a certificate for nothing", {**REST, "CertificateArn": CERTIFICATE}, "CertificateArn is for a Domain"),
    ("a zone for nothing", {**REST, "HostedZoneId": "Z0123"}, "HostedZoneId is for a Domain"),
    ("snapshots of tenants", {**TENANTS, **SNAP_START}, "AWS does not restore snapshots for tenants"),
    ("SnapStart without a revision", {"SnapStart": "on"}, "each deployment needs a Revision"),
    ("a budget for nobody", {"MonthlyBudget": "50"}, "MonthlyBudget needs AlarmEmail"),
]


@pytest.mark.parametrize(("name", "parameters", "expected"), COMBINATIONS, ids=[row[0] for row in COMBINATIONS])
def test_combinations_are_refused(make_stack: MakeStack, name: str, parameters: dict[str, str], expected: str) -> None:
    (refusal,) = make_stack(**parameters).refusals()
    assert expected in refusal


VALUES = [
    ("Stage", ["prod", "dev", "a1"], ["", "Prod", "1a", "a-b", "a" * 21]),
    ("FrontDoor", ["FunctionUrl", "RestApi"], ["", "HttpApi"]),
    ("IntegrationSeconds", ["29", "75"], ["", "30"]),
    ("Domain", ["", "example.com", "a-b.example.co"], ["Example.com", "https://example.com", "example.com/", "com"]),
    ("CertificateArn", ["", CERTIFICATE], ["6e2b1c9a", CERTIFICATE.replace("acm", "iam")]),
    ("HostedZoneId", ["", "Z0123"], ["example.com", "/hostedzone/Z0123"]),
    ("WebAclArn", ["", WEB_ACL], [WEB_ACL.replace("regional", "global"), "relive"]),
    ("TenantHeader", ["", "X-Tenant-Id", "tenant"], ["X Tenant", "X_Tenant", "1", "X-Tenant:"]),
    ("Architecture", ["x86_64", "arm64"], ["", "aarch64"]),
    ("MemorySize", ["1536", "1769", "10240"], ["", "128", "1770"]),
    ("ReservedConcurrency", ["", "1", "1000"], ["0", "-1", "1.5", "many"]),
    ("SnapStart", ["on", "off"], ["", "true"]),
    ("Revision", ["", "1700000000", "v1.2-3"], ["a b", "a" * 65]),
    ("LogDays", ["1", "365"], ["0", "2"]),
    ("Monitoring", ["on", "off"], ["", "yes"]),
    ("AlarmEmail", ["", ADDRESS], ["someone", "@", "a b@example.com"]),
    ("MonthlyBudget", ["", "1", "5000"], ["0", "1.50", "$5"]),
]


def test_every_parameter_has_examples(template: Template) -> None:
    assert {name for name, *_ in VALUES} == set(template["Parameters"])


@pytest.mark.parametrize(("name", "good", "bad"), VALUES, ids=[row[0] for row in VALUES])
def test_values(make_stack: MakeStack, name: str, good: list[str], bad: list[str]) -> None:
    assert [value for value in good if make_stack(**{name: value}).wrong_values()] == []
    assert [value for value in bad if make_stack(**{name: value}).wrong_values() != {name}] == []


def test_messages_of_patterns_say_what_is_wanted(template: Template) -> None:
    """AWS shows the pattern itself where there is no sentence."""
    without = {
        name
        for name, parameter in template["Parameters"].items()
        if "AllowedPattern" in parameter and "ConstraintDescription" not in parameter
    }
    assert without == set()
