"""The master key is made when the stack is, and CloudFormation is told of it, but not the key."""

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest
from aws_lambda_powertools.utilities.data_classes import CloudFormationCustomResourceEvent
from botocore.session import get_session

from functions.key import app, rights
from functions.key.app import handler
from functions.key.custom_resource import LARGEST_ANSWER, respond
from runtime.http.master_key import KeptMasterKey
from runtime.store.dynamodb.records import DynamoStore
from runtime.store.dynamodb.table import Table
from tests.functions.cloudformation import STACK_ID, CloudFormation
from tests.functions.invoke import Context
from tests.functions.package import environment_in_package, python_of_lambda
from tests.functions.test_handlers import INVOKE
from tests.store.stand_ins.faulty import Fault, FaultyProxy
from tests.store.stand_ins.stand_in import STAND_INS, StandIn, environment, stand_in
from tests.template.stack import SOURCE

pytestmark = pytest.mark.slow

MADE = "what was made"
"""What CloudFormation asks to update or to delete, see CloudFormation.request."""

OLD = "a key of a stack that had this name"


@dataclass
class Stack:
    """A table, the name of a parameter, both on the stand-in behind the proxy, and CloudFormation."""

    table: str
    parameter: str
    keys: KeptMasterKey
    proxy: FaultyProxy
    cloudformation: CloudFormation

    def parameters(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ssm.get_parameters(Names=[self.parameter], WithDecryption=True)["Parameters"]
        return found

    @cached_property
    def ssm(self) -> Any:
        return get_session().create_client("ssm")

    def key(self) -> str:
        (parameter,) = self.parameters()
        return str(parameter["Value"])

    def ask(self, kind: str, **properties: str) -> dict[str, Any]:
        """Have the function do it; what CloudFormation is told."""
        self.proxy.arm({})
        handler(self.cloudformation.request(kind, **(properties or {"Parameter": self.parameter})), Context("request"))
        return self.cloudformation.told[-1][0]


@pytest.fixture(params=STAND_INS)
def aws(request: pytest.FixtureRequest) -> StandIn:
    return stand_in(request.param)


@pytest.fixture
def stack(aws: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    table = aws.create_table()
    keys = KeptMasterKey(DynamoStore(Table(aws.client, table)))
    with FaultyProxy(aws.url, too_slow_seconds=1) as proxy, CloudFormation() as cloudformation:
        for name, value in (environment(proxy.url) | {"RELIVE_TABLE": table, "AWS_MAX_ATTEMPTS": "1"}).items():
            monkeypatch.setenv(name, value)
        yield Stack(table, f"/relive/{table}/master-key", keys, proxy, cloudformation)


def test_a_new_stack_has_a_key(stack: Stack) -> None:
    told = stack.ask("Create")
    assert told == {
        "Status": "SUCCESS",
        "PhysicalResourceId": stack.parameter,
        "StackId": STACK_ID,
        "RequestId": "to Create",
        "LogicalResourceId": "MasterKey",
        "NoEcho": True,
    }
    (parameter,) = stack.parameters()
    assert (parameter["Type"], len(parameter["Value"])) == ("SecureString", 43)
    assert stack.keys.is_valid(parameter["Value"])


def test_its_role_permits_what_it_does(stack: Stack) -> None:
    """The same are in tests/template/test_roles.py."""
    stack.ask("Create")
    assert stack.proxy.calls == ["GetParameter", "PutParameter", "GetItem", "GetItem", "PutItem"]
    (item,) = get_session().create_client("dynamodb").scan(TableName=stack.table)["Items"]
    assert item["pk"] == {"S": "r/keys"}


def test_the_answer_is_sent_as_its_signed_address_wants_it(stack: Stack) -> None:
    stack.ask("Create")
    ((_, headers),) = stack.cloudformation.told
    assert "content-type" not in headers


@pytest.mark.parametrize("kind", ["Create", "Update"])
@pytest.mark.parametrize("accepted", [OLD, None], ids=["the table is there", "the table is new"])
def test_a_key_that_is_there_stays(stack: Stack, kind: str, accepted: str | None) -> None:
    stack.ssm.put_parameter(Name=stack.parameter, Value=OLD, Type="SecureString")
    if accepted:
        stack.keys.accept(accepted)
    told = stack.ask(kind)
    assert (told["Status"], told["PhysicalResourceId"]) == ("SUCCESS", {"Create": stack.parameter}.get(kind, MADE))
    assert (stack.key(), stack.keys.is_valid(OLD)) == (OLD, True)


def test_a_stack_that_goes_leaves_its_key(stack: Stack) -> None:
    stack.ask("Create")
    key = stack.key()
    told = stack.ask("Delete")
    assert (told["Status"], told["PhysicalResourceId"]) == ("SUCCESS", MADE)
    assert (stack.key(), stack.keys.is_valid(key)) == (key, True)


def test_a_stack_that_was_never_made_goes(stack: Stack) -> None:
    told = stack.ask("Delete", Other="something")
    assert (told["Status"], told["PhysicalResourceId"]) == ("SUCCESS", MADE)
    assert stack.parameters() == []


@pytest.mark.parametrize("position", range(5))
@pytest.mark.parametrize("times", [1, 3])
def test_rights_that_are_not_known_yet_are_waited_for(
    stack: Stack, position: int, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rights, "PAUSE_SECONDS", 0.01)
    stack.proxy.arm(dict.fromkeys(range(position, position + times), Fault.DENIED))
    handler(stack.cloudformation.request("Create", Parameter=stack.parameter), Context("request"))
    ((told, _),) = stack.cloudformation.told
    assert told["Status"] == "SUCCESS", told
    assert stack.keys.is_valid(stack.key())


def test_there_is_time_to_tell_before_lambda_ends_the_function() -> None:
    """The last attempt may begin when patience ends, and find that SSM does not answer."""
    (timeout,) = re.findall(r"^  KeyFunction:.*?^      Timeout: (\d+)", SOURCE.read_text(), re.MULTILINE | re.DOTALL)
    longest_pauses = 1 + 2  # botocore's standard mode: at most 2 ** n seconds after the attempt n, from 0
    silence = max(app.CONNECT_SECONDS, app.ANSWER_SECONDS) * app.ATTEMPTS + longest_pauses
    assert rights.PATIENCE_SECONDS + silence < int(timeout)


@pytest.mark.parametrize("position", range(5))
def test_what_is_not_permitted_is_told(stack: Stack, position: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rights, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(rights, "PAUSE_SECONDS", 0.01)
    stack.proxy.arm(dict.fromkeys(range(position, 1000), Fault.DENIED))
    handler(stack.cloudformation.request("Create", Parameter=stack.parameter), Context("request"))
    ((told, _),) = stack.cloudformation.told
    assert told["Status"] == "FAILED"
    assert told["Reason"].startswith("There is no master key: ")
    assert "AccessDenied" in told["Reason"] or "not permit" in told["Reason"] or "not allowed" in told["Reason"]
    assert stack.ask("Create")["Status"] == "SUCCESS"
    assert stack.keys.is_valid(stack.key())


def test_ssm_that_does_not_answer_is_told(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "ANSWER_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", f"http://127.0.0.1:{silent.getsockname()[1]}")
        told = stack.ask("Create")
    assert (told["Status"], stack.proxy.calls) == ("FAILED", [])
    assert told["Reason"].startswith("There is no master key: Read timeout on endpoint URL")


@pytest.mark.parametrize("letter", ["a", "é", "\x01", "\N{GRINNING FACE}"])
def test_a_long_reason_is_cut_to_what_aws_takes(stack: Stack, letter: str) -> None:
    event = CloudFormationCustomResourceEvent(stack.cloudformation.request("Create"))
    respond(event, physical_id=stack.parameter, failure="There is no master key: " + 3000 * letter)
    ((told, headers),) = stack.cloudformation.told
    assert int(headers["content-length"]) <= LARGEST_ANSWER == 4096
    assert told["Reason"].startswith("There is no master key: " + 200 * letter)


def test_a_request_without_its_parameter_is_told(stack: Stack) -> None:
    told = stack.ask("Create", Other="something")
    assert told["PhysicalResourceId"] == "MasterKey"
    assert (told["Status"], told["Reason"]) == ("FAILED", "There is no master key: 'Parameter'")


def test_who_is_not_heard_is_asked_again(stack: Stack) -> None:
    """Lambda invokes a function again that has failed, if nobody waits for its answer."""
    stack.cloudformation.status = 503
    with pytest.raises(httpx.HTTPStatusError):
        stack.ask("Create")
    key = stack.key()
    stack.cloudformation.status = 200
    assert stack.ask("Create")["Status"] == "SUCCESS"
    assert (stack.key(), stack.keys.is_valid(key)) == (key, True)


def test_nobody_is_told_the_key(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    told = stack.ask("Create")
    printed = "".join(capsys.readouterr())
    assert stack.key() not in json.dumps(told) + printed
    assert "a-secret" not in printed


def test_its_package_has_neither_sandbox_nor_app(built: Path) -> None:
    names = {path.name for path in (built / "KeyFunction").iterdir()}
    assert {"functions", "runtime", "botocore"} <= names
    assert not names & {"wasmtime", "guests", "app"}


def test_from_the_package(stack: Stack, built: Path, tmp_path: Path) -> None:
    """With what the package has of botocore, in the Python of Lambda."""
    (tmp_path / "events.json").write_text(
        json.dumps([stack.cloudformation.request("Create", Parameter=stack.parameter)])
    )
    stack.proxy.arm({})
    aws = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    package = built / "KeyFunction"
    finished = subprocess.run(
        [python_of_lambda()[0], str(INVOKE), "functions.key.app", "events.json", "answers.json"],
        env={**aws, **environment_in_package(package, tmp_path / "data"), "RELIVE_TABLE": stack.table},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert finished.returncode == 0, finished.stderr
    ((told, _),) = stack.cloudformation.told
    assert told["Status"] == "SUCCESS", told
    assert stack.keys.is_valid(stack.key())
