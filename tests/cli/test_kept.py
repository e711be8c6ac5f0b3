"""The commands that look into the data folder: secrets, logs and enable."""

import contextlib
import json
import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.cloudcode.breaker import Breaker
from runtime.cloudcode.logs.kept import KeptLogs
from runtime.cloudcode.logs.record import CallRecord
from runtime.cloudcode.secrets import Secrets
from runtime.local.last_served import remember_served
from runtime.store.engine import database
from runtime.store.sqlite.records import SqliteStore
from tests.cli.commands import RELIVE, environment, relive, running

pytestmark = pytest.mark.slow

EFFECT = "Servers that run use it within 1 second.\n"


@pytest.fixture
def store(data: Path) -> Iterator[SqliteStore]:
    """The store of a data folder from which `shop` was served last."""
    store = SqliteStore(database(data))
    remember_served(store, "other")
    remember_served(store, "shop")
    yield store
    store.close()


def call(number: int, app: str = "shop") -> CallRecord:
    return CallRecord(f"request-{number}", app, f"function_{number}", 1_700_000_000.0 + number, 12.0, "ok")


# Secrets


def test_a_secret_from_an_option_and_from_standard_input(store: SqliteStore, data: Path) -> None:
    assert (
        relive("secrets", "set", "A", "--value", "from the option", "--data", data).stdout
        == f"A is set for shop. {EFFECT}"
    )
    assert relive("secrets", "set", "B", "--data", data, stdin="from\nstdin\n").stdout == f"B is set for shop. {EFFECT}"
    assert relive("secrets", "set", "C", "--data", data, "--app", "other", stdin="x").returncode == 0
    secrets = Secrets(store, {})
    assert (secrets.get("shop", "A"), secrets.get("shop", "B")) == ("from the option", "from\nstdin")
    assert secrets.get("other", "C") == "x"
    listed = relive("secrets", "list", RELIVE_DATA=str(data))
    assert (listed.stdout, listed.stderr) == ("A\nB\n", "")


def test_a_secret_is_asked_for_at_a_terminal_and_not_shown(store: SqliteStore, data: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*RELIVE, "secrets", "set", "A", "--data", str(data)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(),
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    while not shown.endswith(b"Value of A: "):
        shown += os.read(ours, 1000)
    os.write(ours, b"typed value\n")
    with contextlib.suppress(OSError):  # on Linux, the end of a terminal is an error
        while more := os.read(ours, 1000):
            shown += more
    assert process.wait(60) == 0
    os.close(ours)
    assert Secrets(store, {}).get("shop", "A") == "typed value"
    assert b"typed value" not in shown


def test_removing_a_secret(store: SqliteStore, data: Path) -> None:
    Secrets(store, {}).set("shop", "A", "value")
    assert (
        relive("secrets", "remove", "A", "--data", data).stdout
        == "A is removed from shop. Servers that run do without it within 1 second.\n"
    )
    again = relive("secrets", "remove", "A", "--data", data)
    assert (again.returncode, again.stderr) == (1, "shop has no secret A.\n")


@pytest.mark.parametrize(
    ("arguments", "stdin", "sentence"),
    [
        pytest.param(["set", "1A", "--value", "x"], "", "'1A' cannot be the name of a secret", id="name"),
        pytest.param(["set", "A"], "", "The secret A cannot be empty.", id="empty"),
        pytest.param(["set", "FIXED", "--value", "x"], "", "The secret FIXED comes from the settings", id="configured"),
    ],
)
def test_what_is_no_secret(store: SqliteStore, data: Path, arguments: list[str], stdin: str, sentence: str) -> None:
    settings = '{"shop": {"FIXED": "value-of-it"}}'
    process = relive("secrets", *arguments, "--data", data, stdin=stdin, RELIVE_SECRETS=settings)
    assert process.returncode == 1
    assert process.stderr.startswith(sentence)
    assert "value-of-it" not in process.stderr


# Logs


def test_the_newest_calls_oldest_first(store: SqliteStore, data: Path) -> None:
    kept = KeptLogs(store)
    for number in range(5):
        kept.write(call(number))
    kept.write(call(9, app="other"))
    shown = relive("logs", "--last", "3", "--data", data).stdout
    assert [line.split()[1] for line in shown.splitlines()] == ["function_2", "function_3", "function_4"]
    assert "function_9" in relive("logs", "--app", "other", "--data", data).stdout


def test_calls_as_json(store: SqliteStore, data: Path) -> None:
    KeptLogs(store).write(call(1))
    lines = relive("logs", "--json", "--data", data).stdout.splitlines()
    assert [json.loads(line) for line in lines] == [json.loads(json.dumps(call(1).to_json()))]


def test_following(store: SqliteStore, data: Path) -> None:
    kept = KeptLogs(store)
    kept.write(call(1))
    with running(["logs", "--follow", "--data", data]) as process:
        process.wait_for("function_1 ")
        kept.write(call(2))
        process.wait_for("function_2 ")
        assert process.end(signal.SIGINT) == 0
    assert "Traceback" not in process.output


def test_a_data_folder_from_which_nothing_was_served(data: Path) -> None:
    process = relive("logs", "--data", data)
    assert (process.returncode, process.stderr) == (1, f"No app was served from {data} yet. Say which app: --app ID\n")


def test_a_data_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    process = relive("logs", "--data", tmp_path / "file")
    assert process.returncode == 1
    assert "Traceback" not in process.stderr


# Code that is disabled


@pytest.mark.parametrize("code", ["slow", "types/Book"])
def test_enabling(store: SqliteStore, data: Path, code: str) -> None:
    Breaker(store, timeouts=1).record_timeout("shop", code)
    assert relive("enable", code, "--data", data).stdout.startswith(f"{code} is enabled again. ")
    Breaker(store).check("shop", code)
    again = relive("enable", code, "--data", data)
    assert (again.returncode, again.stdout) == (0, f"Nothing named {code} was disabled in shop.\n")


@pytest.mark.parametrize("code", ["types/Book.before_create", "types/Book.py", "functions/slow", "types/", ""])
def test_what_cannot_be_enabled(store: SqliteStore, data: Path, code: str) -> None:
    process = relive("enable", code, "--data", data)
    assert (process.returncode, process.stdout) == (1, "")
    assert (
        process.stderr == f"{code!r} is not a function's name. The handlers of a type are types/NAME, all together.\n"
    )


def test_what_can_be_enabled_is_told() -> None:
    assert "A function's name, or types/NAME." in relive("enable", "--help").stdout
