"""`relive serve` from its first line to its end."""

import json
import re
import shlex
import signal
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import Process, relive
from tests.cli.conftest import FILES, Serve

pytestmark = pytest.mark.slow


def url_of(process: Process) -> str:
    return process.wait_for(r"Base URL +(\S+)")[1]


def key_of(process: Process) -> str:
    return process.wait_for(r"Master key +(\S+)")[1]


def ask(url: str, headers: dict[str, str] | None = None, body: str | None = None) -> Any:
    request = urllib.request.Request(url, body.encode() if body else None, headers or {})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        return json.load(error)


def as_curl(command: str) -> Any:
    """Do what the curl command does."""
    program, *words = shlex.split(command)
    assert program == "curl"
    given: dict[str, list[str]] = {"-H": [], "-d": []}
    urls = []
    while words:
        word = words.pop(0)
        given[word].append(words.pop(0)) if word in given else urls.append(word)
    headers = dict(header.split(": ", 1) for header in given["-H"])
    return ask(urls[0], headers, *given["-d"])


def descendants(pid: int) -> list[int]:
    """The process ids below a process; empty where there is no /proc."""
    children = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(status.read_text().rpartition(")")[2].split()[1]) == pid:
                children.append(int(status.parent.name))
        except OSError:
            continue
    return children + [below for child in children for below in descendants(child)]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_it_shows_works(serve: Serve) -> None:
    with serve() as process:
        url, key = url_of(process), key_of(process)
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/v1/shop", url)
        commands = re.findall(r"^ +(curl .*)$", process.output, re.MULTILINE)
        answers = [as_curl(command) for command in commands]
        process.wait_for(r"hello.*ok[\s\S]*staff.*ok")
    assert "The shop is served" in process.output
    assert "INFO: The sandbox is " in process.output
    assert answers == ["hello", {"hello": "world"}, "for staff"]
    assert key in commands[2]


def test_a_second_start_has_the_same_key(serve: Serve) -> None:
    with serve() as first:
        key = key_of(first)
    with serve() as second:
        assert key_of(second) == key


def test_the_key_of_the_environment(serve: Serve) -> None:
    with serve(RELIVE_MASTER_KEY="my own key") as process:
        assert "my own key" in process.output
        headers = {"Authorization": "MasterKey my own key"}
        assert ask(f"{url_of(process)}/Functions/staff", headers) == "for staff"


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=lambda ending: ending.name)
def test_it_ends_cleanly_even_while_a_call_runs(serve: Serve, ending: signal.Signals) -> None:
    with serve() as process, ThreadPoolExecutor(1) as clients:
        ask(f"{url_of(process)}/Functions/hello")
        asked = clients.submit(ask, f"{url_of(process)}/Functions/slow")
        time.sleep(0.5)  # nothing tells that the call has begun
        below = descendants(process.pid)
        assert below or sys.platform != "linux"
        assert process.end(ending) == 0
        assert "The server is stopping" in asked.result(60)["message"]
        assert not [pid for pid in below if is_running(pid)]
    assert process.output.endswith("Stopped.\n")


def test_a_port_in_use(serve: Serve, shop: Path, data: Path, guests: Path) -> None:
    with serve() as process:
        port = url_of(process).split(":")[2].split("/")[0]
        second = relive("serve", shop, "--port", port, "--data", data, RELIVE_GUESTS=str(guests))
    assert second.returncode == 1
    assert second.stderr == (
        f"Cannot listen on 127.0.0.1, port {port}: Address already in use. "
        "Choose another port with --port, or 0 for a free one.\n"
    )
    assert second.stdout == ""


def test_a_folder_that_is_no_app(shop: Path, data: Path) -> None:
    (shop / "relive.yaml").write_text(FILES["relive.yaml"] + "colour: red\n")
    (shop / "functions" / "extra.py").write_text("")
    process = relive("serve", shop, "--port", "0", "--data", data)
    assert process.returncode == 1
    assert f"The app in {shop} cannot be served:\n  relive.yaml:3: colour: " in process.stderr
    assert "functions/extra.py: relive.yaml has no entry" in process.stderr
    assert "Traceback" not in process.stderr
    assert not data.exists()


def test_a_file_that_does_not_compile_is_told_and_the_rest_runs(serve: Serve, shop: Path) -> None:
    (shop / "functions" / "slow.py").write_text("def on_request(request, response)\n    return 1\n")
    with serve() as process:
        assert "functions/slow.py:1: " in process.output
        assert ask(f"{url_of(process)}/Functions/slow")["errorCode"] == 951
        assert ask(f"{url_of(process)}/Functions/hello") == "hello"


def test_it_reloads(serve: Serve, shop: Path) -> None:
    hello = shop / "functions" / "hello.py"
    with serve() as process:
        saved = shop / "hello.py.new"  # by renaming: a save in place may be seen half-way on a slow machine
        saved.write_text("def on_request(request, response):\n    return 'new'\n")
        saved.replace(hello)
        process.wait_for("Reloaded shop: functions/hello.py changed")
        assert ask(f"{url_of(process)}/Functions/hello") == "new"
    with serve("--no-reload") as process:
        hello.write_text("def on_request(request, response):\n    return 'newer'\n")
        assert ask(f"{url_of(process)}/Functions/hello") == "new"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        pytest.param({"RELIVE_MEMORY_MB": "lots"}, "RELIVE_MEMORY_MB: Input should be a valid integer", id="type"),
        pytest.param({"RELIVE_MEMORY_MB": "1"}, "RELIVE_MEMORY_MB: Input should be greater", id="range"),
        pytest.param({"RELIVE_SECRETS": "{no-json"}, "RELIVE_SECRETS: must be JSON, and is not.", id="JSON"),
        pytest.param(
            {"RELIVE_SECRETS": '{"shop": {"A": 7391}}'}, "RELIVE_SECRETS (shop.A): Input should be", id="inside"
        ),
        pytest.param({"RELIVE_RUNNERS": "2"}, "The settings do not fit: runners is 2", id="together"),
    ],
)
def test_settings_that_do_not_fit(shop: Path, data: Path, variables: dict[str, str], sentence: str) -> None:
    process = relive("serve", shop, "--data", data, **variables)
    assert process.returncode == 1
    assert process.stderr.startswith(sentence)
    assert len(process.stderr.splitlines()) == 1
    assert "7391" not in process.stderr


def test_a_variable_that_is_no_setting(data: Path) -> None:
    process = relive("secrets", "list", "--app", "shop", "--data", data, RELIVE_MEMROY_MB="256")
    assert process.returncode == 0
    assert "RELIVE_MEMROY_MB is no setting and has no effect" in process.stderr
