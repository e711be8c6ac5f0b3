"""Commands on a deployed stack, against stand-ins for AWS."""

import json
import os
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.session import get_session

from runtime.cli.failure import CommandError
from runtime.cli.place import CACHE_SECONDS_IN_LAMBDA
from runtime.cli.stack import master_key_of, table_of
from runtime.cloudcode.breaker import Breaker
from runtime.cloudcode.logs.kept import KeptLogs
from runtime.cloudcode.logs.record import CallRecord
from runtime.cloudcode.secrets import Secrets
from runtime.data.rollout_lease import Version, claim
from runtime.http.master_key import KeptMasterKey
from runtime.http.master_key_parameter import MasterKeyParameter
from runtime.store.dynamodb.client import LazyClient
from runtime.store.dynamodb.records import DynamoStore
from runtime.store.dynamodb.table import Table
from runtime.store.port import Store
from tests.cli.commands import relive
from tests.conftest import ROOT
from tests.store.stand_ins.stand_in import KEYS, STAND_INS, environment, stand_in

pytestmark = pytest.mark.slow

TABLE = {"Type": "AWS::DynamoDB::Table", "Properties": KEYS}
STACK = {"Resources": {"Table": TABLE}, "Outputs": {"Table": {"Value": {"Ref": "Table"}}}}


@pytest.fixture(scope="module", params=STAND_INS)
def aws(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The environment in which the stand-in is AWS, for this process too."""
    variables = environment(stand_in(request.param).url)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield variables


@pytest.fixture
def stack(aws: dict[str, str]) -> str:
    """The name of a new stack."""
    name = f"relive-{os.urandom(4).hex()}"
    cloudformation: Any = get_session().create_client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(STACK))
    return name


@pytest.fixture
def store(stack: str) -> Iterator[Store]:
    """What the functions of the stack see."""
    store = DynamoStore(Table(LazyClient(), table_of(stack)))
    yield store
    store.close()


def test_secrets(aws: dict[str, str], stack: str, store: Store) -> None:
    claim(store, "shop", Version("a", 0), "a process")  # the app has been used
    told = relive("secrets", "set", "KEY", "--stack", stack, stdin="a secret value\n", **aws)
    assert told.stdout == (
        "KEY is set for shop. Servers that run use it within 5 seconds, unless RELIVE_CACHE_SECONDS was changed there.\n"
    )
    assert Secrets(store, {}).get("shop", "KEY") == "a secret value"
    assert relive("secrets", "list", "--table", table_of(stack), **aws).stdout == "KEY\n"
    assert relive("secrets", "remove", "KEY", **aws, RELIVE_TABLE=table_of(stack)).returncode == 0
    assert Secrets(store, {}).names("shop") == []


def test_a_function_that_is_disabled(aws: dict[str, str], stack: str, store: Store) -> None:
    Breaker(store, timeouts=1).record_timeout("shop", "slow")
    told = relive("enable", "slow", "--app", "shop", "--stack", stack, **aws)
    assert told.stdout.startswith("slow is enabled again. Servers that run let calls through within 5 seconds")
    Breaker(store).check("shop", "slow")


def test_logs_are_elsewhere_unless_they_are_kept(aws: dict[str, str], stack: str, store: Store) -> None:
    told = relive("logs", "--app", "shop", "--stack", stack, **aws)
    assert (told.returncode, told.stdout) == (0, "")
    assert told.stderr == "The table has none. In AWS, CloudWatch has the log, unless RELIVE_KEEP_LOGS says so.\n"
    KeptLogs(store).write(CallRecord("request-1", "shop", "hello", 0, 1, "ok"))
    told = relive("logs", "--app", "shop", "--table", table_of(stack), **aws)
    assert ("hello" in told.stdout, told.stderr) == (True, "")


def test_the_key_is_made_shown_and_rotated(aws: dict[str, str], stack: str, store: Store) -> None:
    kept = KeptMasterKey(store)
    assert not kept.is_valid("")
    first = relive("key", "show", "--stack", stack, **aws)
    assert (len(first.stdout), first.stderr) == (44, "")
    assert kept.is_valid(first.stdout.strip())
    second = relive("key", "rotate", "--stack", stack, "--overlap", "5", **aws)
    assert second.stderr == (
        "Servers that run take the new key within 5 seconds, unless RELIVE_CACHE_SECONDS was changed there. "
        "The old one is valid for 5 minutes more.\n"
    )
    assert all(kept.is_valid(key.stdout.strip()) for key in (first, second))
    third = relive("key", "rotate", "--stack", stack, **aws)
    assert [kept.is_valid(key.stdout.strip()) for key in (first, second, third)] == [False, False, True]
    assert relive("key", "show", "--stack", stack, **aws).stdout == third.stdout


def test_a_stack_may_be_named_by_its_arn(aws: dict[str, str], stack: str, store: Store) -> None:
    cloudformation: Any = get_session().create_client("cloudformation")
    arn = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackId"]
    assert arn.startswith("arn:aws:cloudformation:")
    key = relive("key", "show", "--stack", arn, **aws)
    assert key.stderr == ""
    assert key.stdout == relive("key", "show", "--stack", stack, **aws).stdout
    assert master_key_of(arn) == f"/relive/{stack}/master-key"
    assert relive("secrets", "set", "KEY", "--stack", arn, "--app", "shop", stdin="a secret", **aws).returncode == 0
    assert Secrets(store, {}).get("shop", "KEY") == "a secret"


def test_the_key_is_encrypted(stack: str) -> None:
    ssm: Any = get_session().create_client("ssm")
    MasterKeyParameter(ssm, master_key_of(stack)).key()
    parameter = ssm.get_parameter(Name=master_key_of(stack), WithDecryption=True)["Parameter"]
    assert parameter["Type"] == "SecureString"


def test_all_who_ask_first_get_the_same_key(stack: str) -> None:
    parameters = [MasterKeyParameter(get_session().create_client("ssm"), master_key_of(stack)) for _ in range(8)]
    together = threading.Barrier(8)

    def ask(parameter: MasterKeyParameter) -> str:
        together.wait(30)
        return parameter.key()

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(ask, parameters))) == 1


def test_who_shows_a_key_that_another_command_had_not_told_the_stack_tells_it(
    aws: dict[str, str], stack: str, store: Store
) -> None:
    kept = KeptMasterKey(store)
    kept.accept("another key")  # a rotation wrote the parameter, and was ended before it wrote the table
    key = relive("key", "show", "--stack", stack, **aws).stdout.strip()
    assert (kept.is_valid("another key"), kept.is_valid(key)) == (False, True)


@pytest.mark.parametrize(
    ("apps", "sentence"),
    [
        ([], "No app was served from the table {table} yet. Say which app: --app ID\n"),
        (["blog", "shop"], "There are several apps: blog, shop. Say which one: --app ID\n"),
    ],
    ids=["none", "several"],
)
def test_which_app_is_not_known(aws: dict[str, str], stack: str, store: Store, apps: list[str], sentence: str) -> None:
    for app in apps:
        claim(store, app, Version("a", 0), "a process")
    process = relive("secrets", "list", "--stack", stack, **aws)
    assert (process.returncode, process.stderr) == (1, sentence.format(table=table_of(stack)))


def test_a_stack_that_is_not_there(aws: dict[str, str]) -> None:
    with pytest.raises(CommandError, match="AWS refuses DescribeStacks: Stack with id nowhere does not exist"):
        table_of("nowhere")


def test_a_stack_of_something_else(aws: dict[str, str]) -> None:
    cloudformation: Any = get_session().create_client("cloudformation")
    name = f"other-{os.urandom(4).hex()}"
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Table": TABLE}}))
    with pytest.raises(CommandError, match=f"The stack {name} has no output Table"):
        table_of(name)


@pytest.mark.parametrize(
    ("missing", "url", "sentence"),
    [
        pytest.param("AWS_DEFAULT_REGION", "", "Which region? Set AWS_DEFAULT_REGION", id="no region"),
        pytest.param("AWS_ACCESS_KEY_ID", "http://127.0.0.1:9", "AWS cannot be asked: Unable to locate", id="no credentials"),
        pytest.param("AWS_PROFILE", "http://127.0.0.1:9", "AWS cannot be asked: Could not connect", id="no way"),
    ],
)  # fmt: skip
def test_aws_cannot_be_asked(monkeypatch: pytest.MonkeyPatch, missing: str, url: str, sentence: str) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    for name, value in environment(url).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(missing, raising=False)
    process = relive("key", "show", "--stack", "relive")
    assert process.returncode == 1
    assert process.stderr.startswith(sentence)
    assert process.stderr.count("\n") == 1


def test_what_commands_say_of_the_functions_is_true() -> None:
    template = (ROOT / "template.yaml").read_text()
    values = dict(re.findall(r"^ +(RELIVE_\w+): '?([^'\n]*)", template, re.MULTILINE))
    assert float(values["RELIVE_CACHE_SECONDS"]) == CACHE_SECONDS_IN_LAMBDA
    assert values["RELIVE_KEEP_LOGS"] == "never"
    assert not {"RELIVE_MASTER_KEY", "RELIVE_SECRETS"} & set(values)
