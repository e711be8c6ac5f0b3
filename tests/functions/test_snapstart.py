"""Copies of a prepared process, as SnapStart makes them: each answers, and none shares with another what must be its own."""

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MASTER_KEY
from tests.functions.events import API, FUNCTIONS
from tests.functions.package import environment_in_package, python_of_lambda
from tests.store.stand_ins.stand_in import environment, stand_in

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform != "linux", reason="the package for Lambda is built on Linux"),
]

PREPARED = Path(__file__).with_name("prepared.py")
COPIES = 4

APP = {
    "relive.yaml": "app: {id: dice, title: Dice}\nfunctions: {roll: {}}\n"
    "types: {Roll: {policy: public, fields: {Number: {type: number, unique: true}}}}\n",
    "functions/roll.py": "import os, random, uuid\n\n"
    "def on_request(request, response):\n"
    "    return [random.random(), str(uuid.uuid4()), os.urandom(8).hex(), hash('dice')]\n",
}


def event(method: str, path: str, body: Any = None) -> dict[str, Any]:
    return {
        "version": "2.0",
        "rawPath": f"/v1/dice/{path}",
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "authorization": f"MasterKey {MASTER_KEY}"},
        "requestContext": {"http": {"method": method, "path": f"/v1/dice/{path}"}, "domainName": "dice.test"},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


@pytest.fixture(scope="module", params=["sqlite", "dynamodb"])
def told(built: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the process told: before it was copied, at the snapshot, and in each of its copies."""
    aws = stand_in("ministack") if request.param == "dynamodb" else None
    folder = tmp_path_factory.mktemp("snapshot")
    for path, text in APP.items():
        (folder / "app" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "app" / path).write_text(text)
    events = [event("GET", "Functions/roll"), event("POST", "Roll", {"Title": "A roll"}), event("GET", "Roll")]
    (folder / "events.json").write_text(json.dumps(events))
    variables = environment_in_package(built / FUNCTIONS[API], folder / "data")
    python, _ = python_of_lambda()
    subprocess.run(
        [python, str(PREPARED), str(COPIES), str(folder / "events.json"), str(folder / "told.json")],
        env={
            **variables,
            "RELIVE_APP": str(folder / "app"),
            "RELIVE_BUDGET_SECONDS": "30",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
            **({**environment(aws.url), "RELIVE_TABLE": aws.create_table()} if aws else {}),
        },
        check=True,
        timeout=120,
    )
    answer: dict[str, Any] = json.loads((folder / "told.json").read_text())
    return answer


def everyone(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [told["first"], *told["copies"]]


def test_all_answer(told: dict[str, Any]) -> None:
    assert len(told["copies"]) == COPIES
    for one in everyone(told):
        assert [answer["statusCode"] for answer in one["answers"]] == [200, 201, 200], one


@pytest.mark.parametrize("which", range(4), ids=["random", "secrets", "uuid4", "uuid1"])
def test_random_numbers_are_its_own(told: dict[str, Any], which: int) -> None:
    assert len({one["random"][which] for one in everyone(told)}) == 1 + COPIES


@pytest.mark.parametrize("which", range(3), ids=["random", "uuid4", "urandom"])
def test_random_numbers_of_user_code_are_its_own(told: dict[str, Any], which: int) -> None:
    assert len({json.loads(one["answers"][0]["body"])[which] for one in everyone(told)}) == 1 + COPIES


def test_items_and_answers_have_names_of_their_own(told: dict[str, Any]) -> None:
    created = [json.loads(one["answers"][1]["body"])["Result"]["Id"] for one in everyone(told)]
    assert len(set(created)) == 1 + COPIES
    requests = [answer["headers"]["x-relive-request-id"] for one in everyone(told) for answer in one["answers"]]
    assert len(set(requests)) == len(requests)


def test_each_sees_what_it_has_written(told: dict[str, Any]) -> None:
    for one in everyone(told):
        created = json.loads(one["answers"][1]["body"])["Result"]["Id"]
        assert created in [item["Id"] for item in json.loads(one["answers"][2]["body"])["Result"]]


def test_the_snapshot_holds_no_connection_and_no_thread(told: dict[str, Any]) -> None:
    assert told["snapshot"] == {"open": [], "threads": ["MainThread"]}


def test_each_has_a_fork_server_and_connections_of_its_own(told: dict[str, Any]) -> None:
    assert len({one["fork server"] for one in everyone(told)}) == 1 + COPIES
    sockets = [{name for name in one["open"] if name.startswith(("socket:", "pipe:"))} for one in everyone(told)]
    assert all(sockets)
    for one, other in itertools.combinations(sockets, 2):
        assert not one & other
