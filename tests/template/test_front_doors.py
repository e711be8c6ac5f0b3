"""How requests come in: a function's URL or a REST API, never both, and nothing in front of them but what was asked for."""

import json
from typing import Any

import pytest

from runtime.errors import CATALOGUE
from tests.template.conftest import MakeStack
from tests.template.examples import CERTIFICATE, DOMAIN, IN_ROUTE_53, KINDS, REST, SNAP_START, TENANTS, WEB_ACL
from tests.template.stack import Stack

pytestmark = pytest.mark.slow

TENANT = "integration.request.header.X-Amz-Tenant-Id"
"""Where Lambda looks for the tenant (AWS, "Invoking Lambda functions with tenant isolation")."""


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_one(make_stack: MakeStack, kind: str) -> None:
    stack = make_stack(**KINDS[kind])
    doors = {"AWS::Lambda::Url", "AWS::ApiGateway::RestApi"}
    found = [resource["Type"] for resource in stack.resources.values() if resource["Type"] in doors]
    assert found == ["AWS::ApiGateway::RestApi" if "FrontDoor" in KINDS[kind] else "AWS::Lambda::Url"]


class TestFunctionUrl:
    @pytest.mark.parametrize("parameters", [{}, SNAP_START], ids=["function", "alias"])
    def test_anybody_may_call_it(self, make_stack: MakeStack, parameters: dict[str, str]) -> None:
        """Since October 2025 Lambda asks for two permissions (AWS, "Control access to Lambda function URLs")."""
        stack = make_stack(**parameters)
        target = stack.resources["ApiUrl"]["Properties"].pop("TargetFunctionArn")
        assert stack.resources["ApiUrl"]["Properties"] == {"AuthType": "NONE", "InvokeMode": "BUFFERED"}
        assert list(stack.of_type("AWS::Lambda::Permission").values()) == [
            {"Action": "lambda:InvokeFunctionUrl", "FunctionName": target, "FunctionUrlAuthType": "NONE", "Principal": "*"},
            {"Action": "lambda:InvokeFunction", "FunctionName": target, "InvokedViaFunctionUrl": True, "Principal": "*"},
        ]  # fmt: skip

    def test_its_address_is_told(self, make_stack: MakeStack) -> None:
        assert make_stack().outputs["Url"]["Value"] == {"Fn::GetAtt": ["ApiUrl", "FunctionUrl"]}


def operations(stack: Stack) -> dict[str, dict[str, Any]]:
    """The integrations, by method and path."""
    body = stack.resources["RestApi"]["Properties"]["Body"]
    return {
        f"{method.removeprefix('x-amazon-apigateway-').removesuffix('-method')} {path}": operation
        for path, methods in body["paths"].items()
        for method, operation in methods.items()
    }


class TestRestApi:
    def test_all_requests_reach_the_function(self, make_stack: MakeStack) -> None:
        found = operations(make_stack(**REST))
        assert set(found) == {"any /", "any /{proxy+}", "options /{proxy+}"}
        for operation in found.values():
            integration = operation["x-amazon-apigateway-integration"]
            template, values = integration["uri"]["Fn::Sub"]
            assert template.endswith("/functions/${Function}/invocations")
            assert values == {"Function": {"Fn::GetAtt": ["ApiFunction", "Arn"]}}
            assert (integration["type"], integration["httpMethod"]) == ("aws_proxy", "POST")
            assert "requestParameters" not in integration

    @pytest.mark.parametrize(("seconds", "milliseconds"), [("29", 29_000), ("75", 75_000)])
    def test_it_waits(self, make_stack: MakeStack, seconds: str, milliseconds: int) -> None:
        for operation in operations(make_stack(**REST, IntegrationSeconds=seconds)).values():
            assert operation["x-amazon-apigateway-integration"]["timeoutInMillis"] == milliseconds

    def test_bodies_are_bytes_in_both_directions(self, make_stack: MakeStack) -> None:
        assert make_stack(**REST).resources["RestApi"]["Properties"]["BinaryMediaTypes"] == ["*/*"]

    def test_it_is_regional(self, make_stack: MakeStack) -> None:
        """The integration timeout of others cannot be raised."""
        api = make_stack(**REST).resources["RestApi"]["Properties"]
        assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}

    def test_it_has_one_stage(self, make_stack: MakeStack) -> None:
        """SAM would make another one, named Stage, without the version of OpenAPI beside the definition."""
        stack = make_stack(**REST, Stage="dev")
        assert [stage["StageName"] for stage in stack.of_type("AWS::ApiGateway::Stage").values()] == ["dev"]
        assert ["StageName" in deployment for deployment in stack.of_type("AWS::ApiGateway::Deployment").values()] == [
            False
        ]

    def test_it_alone_may_invoke_the_function(self, make_stack: MakeStack) -> None:
        (permission,) = make_stack(**REST).of_type("AWS::Lambda::Permission").values()
        assert permission["Principal"] == "apigateway.amazonaws.com"
        assert permission["SourceArn"]["Fn::Sub"].endswith(":${RestApi}/*")

    def test_with_snap_start_it_invokes_the_alias(self, make_stack: MakeStack) -> None:
        stack = make_stack(**REST, **SNAP_START)
        for operation in operations(stack).values():
            assert operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"][1] == {
                "Function": {"Ref": "ApiAlias"}
            }
        (permission,) = stack.of_type("AWS::Lambda::Permission").values()
        assert permission["FunctionName"] == {"Ref": "ApiAlias"}

    def test_what_the_gateway_answers_itself_has_the_form_of_the_protocol(self, make_stack: MakeStack) -> None:
        body = make_stack(**REST).resources["RestApi"]["Properties"]["Body"]
        responses = body["x-amazon-apigateway-gateway-responses"]
        assert {"DEFAULT_4XX", "DEFAULT_5XX", "INTEGRATION_TIMEOUT", "WAF_FILTERED"} == set(responses)
        for response in responses.values():
            assert response["responseParameters"] == {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}
            text = response["responseTemplates"]["application/json"]
            answer = json.loads(text.replace("$context.error.messageString", '"Forbidden"'))
            assert set(answer) == {"message", "errorCode"}
            if "statusCode" in response:
                assert CATALOGUE[answer["errorCode"]].status == int(response["statusCode"])

    @pytest.mark.parametrize(
        ("parameters", "expected"),
        [
            (REST, {"Fn::Sub": "https://${RestApi}.execute-api.eu-central-1.amazonaws.com/prod/"}),
            (DOMAIN, "https://api.example.com/"),
        ],
        ids=["gateway", "domain"],
    )
    def test_its_address_is_told(self, make_stack: MakeStack, parameters: dict[str, str], expected: Any) -> None:
        assert make_stack(**parameters).outputs["Url"]["Value"] == expected


class TestTenants:
    def test_lambda_is_told_who_it_is(self, make_stack: MakeStack) -> None:
        stack = make_stack(**TENANTS)
        assert stack.resources["TenantFunction"]["Properties"]["TenancyConfig"] == {"TenantIsolationMode": "PER_TENANT"}
        for name, operation in operations(stack).items():
            told = operation["x-amazon-apigateway-integration"]["requestParameters"]
            header = {"name": "X-Tenant-Id", "in": "header", "required": True, "schema": {"type": "string"}}
            if name.startswith("options"):
                assert told == {TENANT: "'preflight'"}
                assert header not in operation["parameters"]
            else:
                assert told == {TENANT: "method.request.header.X-Tenant-Id"}
                assert header in operation["parameters"]

    def test_requests_without_the_header_are_refused(self, make_stack: MakeStack) -> None:
        body = make_stack(**TENANTS).resources["RestApi"]["Properties"]["Body"]
        validator = body["x-amazon-apigateway-request-validators"][body["x-amazon-apigateway-request-validator"]]
        assert validator["validateRequestParameters"] is True

    def test_requests_reach_the_function_that_has_them(self, make_stack: MakeStack) -> None:
        stack = make_stack(**TENANTS)
        arn = {"Fn::GetAtt": ["TenantFunction", "Arn"]}
        for operation in operations(stack).values():
            assert operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"][1] == {"Function": arn}
        assert stack.resources["RestApiInvokes"]["Properties"]["FunctionName"] == arn
        assert stack.outputs["ApiFunction"]["Value"] == {"Ref": "TenantFunction"}

    def test_it_is_like_the_other_one(self, make_stack: MakeStack) -> None:
        functions = make_stack(**TENANTS).of_type("AWS::Lambda::Function")
        own = {"Description", "Role", "TenancyConfig", "SnapStart"}
        tenants, others = (
            {name: value for name, value in functions[function].items() if name not in own}
            for function in ("TenantFunction", "ApiFunction")
        )
        assert tenants == others

    def test_without_them_it_is_not_there(self, make_stack: MakeStack) -> None:
        assert "TenantFunction" not in make_stack(**REST).resources


class TestDomain:
    def test_it_leads_to_the_stage(self, make_stack: MakeStack) -> None:
        stack = make_stack(**DOMAIN)
        domain = stack.resources["DomainName"]["Properties"]
        assert (domain["DomainName"], domain["RegionalCertificateArn"]) == ("api.example.com", CERTIFICATE)
        assert domain["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
        assert stack.resources["DomainMapping"]["Properties"] == {
            "DomainName": {"Ref": "DomainName"},
            "RestApiId": {"Ref": "RestApi"},
            "Stage": {"Ref": "RestApiStage"},
        }
        assert "DomainTarget" in stack.outputs
        assert "DomainRecord" not in stack.resources

    def test_its_record_in_route_53(self, make_stack: MakeStack) -> None:
        record = make_stack(**IN_ROUTE_53).resources["DomainRecord"]["Properties"]
        assert (record["Name"], record["HostedZoneId"]) == ("api.example.com", "Z0123456789ABC")
        assert record["AliasTarget"]["DNSName"] == {"Fn::GetAtt": ["DomainName", "RegionalDomainName"]}


def test_a_web_acl_is_of_the_stage(make_stack: MakeStack) -> None:
    stack = make_stack(**REST, WebAclArn=WEB_ACL)
    association = stack.resources["WebAclAssociation"]["Properties"]
    text, values = association["ResourceArn"]["Fn::Sub"]
    assert text == "arn:aws:apigateway:eu-central-1::/restapis/${RestApi}/stages/${OfApi}"
    assert values == {"OfApi": {"Ref": "RestApiStage"}}
    assert association["WebACLArn"] == WEB_ACL
