"""The type stubs of the guest's `cloud` module: of use to editors and type checkers, and true."""

import ast
import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.sandbox.guest_calls import Call
from tests.sandbox.stub_descriptions import AT_RUN_TIME, Description, describe_module

GUEST = ROOT / "runtime" / "sandbox" / "guests" / "python"
STUBS = GUEST / "stubs" / "cloud-stubs"

RIGHT = """
import asyncio
from typing import Any

from cloud import (
    CloudError, ContentType, DataRequest, DataResponse, Done, Headers, Principal, Request, Response, Secrets,
    data, functions, http, log, secrets, time_left,
)
from cloud.data import PendingItems


def on_request(request: Request, response: Response) -> dict[str, Any] | None:
    if request.action != "POST" or "x-key" not in request.headers:
        raise CloudError("No.", code=4005, status=405)
    if request.principal.type == "anonymous":
        request.cancel("Sign in first.")
    response.status_code = 201
    response.headers["Content-Type"] = "application/json"
    response.headers = {"X-A": request.query_string.get("a", "")}
    response.body["copies"] = functions.call("stock", {"book": request.data["book"]}, master=True)
    log.info("ordered", left=time_left(), message="names are free")
    return {"name": greeted(request.principal), "key": key_of(secrets)}


def greeted(principal: Principal) -> str:
    return f"{principal.id} {', '.join(principal.roles)}"


def key_of(secrets: Secrets) -> str:
    return secrets["KEY"] + secrets.get("OTHER", "default") + (secrets.get("THIRD") or "")


async def in_async_code(request: Request, response: Response, done: Done) -> list[int]:
    first = http.get("https://a.example", params={"q": 1}, timeout=2.5, headers=request.headers)
    both = asyncio.gather(first, http.post("https://b.example", json={"a": 1}))
    answers: list[http.Response] = [*await both]
    task = asyncio.create_task(http.request("PUT", "https://c.example", body=b"x", follow_redirects=False))
    async with asyncio.TaskGroup() as group:
        other = group.create_task(http.delete("https://d.example"))
    try:
        answer = await asyncio.wait_for(http.patch("https://e.example", data={"a": "b"}), 1)
    except http.HttpTimeout as error:
        raise CloudError(error) from error
    except (http.HttpBlocked, http.HttpError):
        return []
    pending: http.PendingResponse = http.get("https://f.example")
    headers: Headers = answer.headers
    text: str = pending.text + answer.json()["a"] + headers["x-a"] + answer.url + answer.body.decode()
    log.debug(text)
    await functions.call("audit")
    done()
    return [one.status for one in (*answers, await task, other.result(), await pending) if one.ok]


def before_update(request: DataRequest, context: dict[str, Any]) -> None:
    if request.principal.type == "anonymous" and len(request.affected_ids) > 1:
        request.cancel("One at a time.")
    context["titles"] = [item["Title"] for item in request.originals]
    request.data["Slug"] = request.data["Title"].lower()
    request.filter = {"$and": [request.filter or {}, {"Owner": request.principal.id}]}
    request.sort, request.fields, request.skip, request.take = {"Likes": -1}, None, 0, min(request.take or 50, 50)
    if request.item_id is None and request.headers.get("x-dry-run"):
        request.answer(None, status=202, additional_data={"Filter": request.filter})
    if books(request).count({"Likes": {"$gt": 10}}) + 1 > 5 and books(request).first(sort={"Likes": -1}) is None:
        books(request).delete({})


def books(request: DataRequest) -> ContentType:
    return data(request.type_name, master=request.is_sync)


async def after_update(request: DataRequest, response: DataResponse, context: dict[str, Any]) -> list[str]:
    if response.error is not None and not response.success:
        raise response.error
    ids, items = await asyncio.gather(request.affected_ids, request.originals)
    found: PendingItems = data("Author").find({"Id": {"$in": ids}}, fields={"Name": 1}, skip=1, take=5)
    made = await data("Audit").create([{"Id": item["Id"]} for item in items])
    one = await data("Audit").create({"By": request.principal.id})
    changed: int = await data("Author").update(one["Id"], {"$inc": {"Changes": len(made)}})
    groups = await data("Author").aggregate({"GroupBy": "Name", "Aggregate": {"N": {"count": None}}}, filter={"Id": ids[0]})
    request.aggregate = {"GroupBy": [group["Name"] for group in groups]}
    response.result = {"changed": changed, "author": await data("Author").get(ids[0], fields={"Name": 1})}
    response.additional_data["At"] = response.status_code
    return [author["Name"] for author in await found]
"""

# Each line that ends in a comment has just that error.
WRONG = """
from cloud import CloudError, DataRequest, DataResponse, Request, Response, data, functions, http, log, secrets, time_left
from cloud import users  # error: attr-defined

def on_request(request: Request, response: Response) -> None:
    response.statusCode = 404  # error: attr-defined
    response.status_code = "404"  # error: assignment
    response.headers["X-A"] = 5  # error: assignment
    request.body  # error: attr-defined
    request.principal.name  # error: attr-defined
    raise CloudError("x", code="7")  # error: arg-type

async def in_async_code() -> None:
    http.get("https://a.example", parms={})  # error: call-arg
    http.get("https://a.example", timeout="5")  # error: arg-type
    http.get(url=5)  # error: arg-type
    (await http.get("https://a.example")).status_code  # error: attr-defined
    functions.call(5)  # error: arg-type
    functions.run("a")  # error: attr-defined
    log.info()  # error: call-arg
    log.trace("x")  # error: attr-defined
    time_left(5)  # error: call-arg
    number: int = secrets["KEY"]  # error: assignment
    text: str = secrets.get("KEY")  # error: assignment
    secrets["KEY"] = "x"  # error: index

def after_delete(request: DataRequest, response: DataResponse) -> None:
    request.filtr = {}  # error: attr-defined
    request.item_id = "a"  # error: misc
    request.affected_ids = request.affected_ids  # error: misc
    request.take = "5"  # error: assignment
    request.filter["Owner"] = "me"  # error: index
    request.answer(1, "200")  # error: arg-type
    request.function  # error: attr-defined
    response.body = 1  # error: attr-defined
    response.success = True  # error: misc
    response.error.code  # error: union-attr
    data(5)  # error: arg-type
    data("Book", True)  # error: call-arg
    data.find()  # error: attr-defined
    data("Book").find({}, {"Likes": -1})  # error: call-arg
    data("Book").find("a")  # error: arg-type
    data("Book").update("a")  # error: call-arg
    data("Book").delete(None)  # error: arg-type
    data("Book").count().lower()  # error: attr-defined
    data("Book").findOne()  # error: attr-defined
    data("Book").aggregate("Title")  # error: arg-type
    data("Book").aggregate({"GroupBy": "Title"}, {})  # error: call-arg
    request.aggregate["GroupBy"] = "Title"  # error: index

async def before_delete(request: DataRequest) -> None:
    ids: list[int] = await request.affected_ids  # error: assignment
    made: str = await data("Book").create({})  # error: assignment
"""


def mypy(folder: Path, name: str, *arguments: str, path: str = "") -> list[str]:
    """The errors that mypy finds, as `file:line: code`. `name` is that of its cache, which later runs find again."""
    cache = ROOT / ".mypy_cache" / name
    command = [
        sys.executable, "-m", "mypy", "--strict", "--config-file=", "--python-version=3.14", "--no-error-summary",
        "--hide-error-context", f"--cache-dir={cache}", *arguments,
    ]  # fmt: skip
    environment = {**os.environ, "MYPYPATH": path}
    finished = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=150, check=False
    )
    assert finished.returncode in (0, 1), finished.stdout + finished.stderr
    found = re.findall(r"^(\S+?):(\d+): error: .*\[([a-z-]+)\]$", finished.stdout, re.MULTILINE)
    assert len(found) == finished.stdout.count(" error: "), finished.stdout
    return [f"{file}:{line}: {code}" for file, line, code in found]


@pytest.mark.slow
def test_a_type_checker_finds_what_is_wrong_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "right.py").write_text(RIGHT)
    (tmp_path / "wrong.py").write_text(WRONG)
    lines = enumerate(WRONG.splitlines(), 1)
    expected = [
        f"wrong.py:{number}: {line.rpartition('# error: ')[2]}" for number, line in lines if "# error: " in line
    ]
    assert sorted(mypy(tmp_path, "stubs", "right.py", "wrong.py")) == sorted(expected)


@pytest.mark.slow
def test_a_type_checker_understands_the_bookstore() -> None:
    # Its code has no annotations, and need not have any.
    relaxed = ("--allow-untyped-defs", "--allow-untyped-calls", "--disable-error-code=var-annotated")
    folder = ROOT / "examples" / "bookstore"
    assert mypy(folder, "bookstore", *relaxed, "--explicit-package-bases", "functions", "shared") == []


def test_the_stubs_are_about_all_modules_that_are_public() -> None:
    assert {path.name for path in STUBS.iterdir()} == {
        "__init__.pyi",
        "data.pyi",
        "functions.pyi",
        "http.pyi",
        "log.pyi",
    }


@pytest.fixture
def at_run_time(call: Call) -> dict[str, Description]:
    """What the modules say of themselves in the guest."""
    described: dict[str, Description] = call(AT_RUN_TIME, request={"data": list(MODULES)}).value
    return described


MODULES = {
    "cloud": "__init__.pyi",
    "cloud.data": "data.pyi",
    "cloud.functions": "functions.pyi",
    "cloud.http": "http.pyi",
    "cloud.log": "log.pyi",
}


@pytest.mark.parametrize("module", MODULES)
def test_the_stubs_say_what_is_there(at_run_time: dict[str, Description], module: str) -> None:
    in_stub = described_in_stub(module)
    there = at_run_time[module]
    assert in_stub.keys() == there.keys()
    for name, told in in_stub.items():
        actual = there[name]
        if isinstance(told, dict) and "bases" in told:
            compare_classes(name, told, actual)
        else:
            assert told == actual, name


def described_in_stub(module: str) -> Description:
    """What the stub says; what it hands on of another module, as that one's stub has it."""
    told = describe_module(ast.parse((STUBS / MODULES[module]).read_text()))
    handed_on = {name: value["from"] for name, value in told.items() if isinstance(value, dict) and "from" in value}
    return told | {name: described_in_stub(origin)[name] for name, origin in handed_on.items()}


def compare_classes(name: str, told: Description, actual: Description) -> None:
    if name.startswith("Pending"):  # a stand-in: it has all that its value has, without saying so
        assert (told["doc"], set(told)) == (actual["doc"], {"doc", "bases"})
        return
    # Constructors that are not for users, and such as __repr__, are not in the stubs.
    hidden = {member for member in actual if member.startswith("__") and member not in told}
    assert told == {member: value for member, value in actual.items() if member not in hidden}, name


@pytest.mark.slow
def test_the_guest_itself_is_typed() -> None:
    """The guest's own code, for the Python that it runs on."""
    modules = ("-m", "guest", "-p", "relive_guest", "-p", "cloud")
    assert mypy(GUEST, "guest", *modules, path=f"{GUEST / 'src'}:{GUEST / 'typing'}") == []


def test_the_description_of_a_stub_notices_differences() -> None:
    def described(source: str) -> str:
        return json.dumps(describe_module(ast.parse(textwrap.dedent(source))))

    original = "def f(a: int, /, b: str = 'x', *, c: bool = True) -> None: 'doc'"
    changes = [("a: int", "a: str"), ("/, ", ""), ("'x'", "'y'"), ("*, ", ""), ("-> None", "-> int"), ("'doc'", "'d'")]
    assert len({described(original), *(described(original.replace(*change)) for change in changes)}) == 7
