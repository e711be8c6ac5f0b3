"""The Lambda handlers, as they are in the source tree, answer the events that are there for trying them out."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from runtime.errors import CATALOGUE
from tests.conftest import ROOT
from tests.functions.events import API, ON_ITEMS, RUN, check, environment, event, scenarios

pytestmark = pytest.mark.slow

INVOKE = Path(__file__).with_name("invoke.py")


class Handlers:
    """Both handlers were called, each in a process of its own, with all its events."""

    def __init__(self, guests: Path, folder: Path) -> None:
        self.answers: dict[str, dict[str, Any]] = {}
        self.logs: dict[str, list[dict[str, Any]]] = {}
        for module in (API, RUN):
            names = [name for name, *_ in scenarios(module)]
            (folder / "events.json").write_text(json.dumps([event(name) for name in names]))
            finished = subprocess.run(
                [sys.executable, str(INVOKE), module, str(folder / "events.json"), str(folder / "answers.json")],
                env=environment(str(ROOT / "examples/bookstore"), str(guests), str(folder / "data")),
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert finished.returncode == 0, finished.stderr
            assert finished.stderr == ""
            self.answers |= dict(zip(names, json.loads((folder / "answers.json").read_text()), strict=True))
            self.logs[module] = [json.loads(line) for line in finished.stdout.splitlines()]


@pytest.fixture(scope="module")
def handlers(guests: Path, tmp_path_factory: pytest.TempPathFactory) -> Handlers:
    return Handlers(guests, tmp_path_factory.mktemp("handlers"))


@pytest.mark.parametrize(("name", "module", "status", "code", "part"), [*scenarios(API), *scenarios(RUN)])
def test_events(handlers: Handlers, name: str, module: str, status: int, code: int | None, part: str) -> None:
    check(handlers.answers[name], status, code, part)


def test_every_event_file_has_a_scenario(handlers: Handlers) -> None:
    assert {path.stem for path in (ROOT / "events").glob("*.json")} == set(handlers.answers)


def test_the_request_id_is_lambdas(handlers: Handlers) -> None:
    assert handlers.answers["hello"]["headers"]["x-relive-request-id"] == "request-0"


def test_direct_invoke_answers_a_json_value(handlers: Handlers) -> None:
    assert handlers.answers["run-hello"]["body"][0]["Title"] == "The Salt Road"


@pytest.mark.parametrize("module", [API, RUN])
def test_every_call_is_in_the_log_with_its_outcome(handlers: Handlers, module: str) -> None:
    ended = [entry for entry in handlers.logs[module] if "outcome" in entry]
    outcomes = [entry["outcome"] for entry in ended if not entry["function"].startswith("types/")]
    called = [(name, code) for name, _, _, code, _ in scenarios(module) if name not in ON_ITEMS]
    assert outcomes == [str(code or "ok") for _, code in called]


@pytest.mark.parametrize("module", [API, RUN])
def test_the_start_tells_how_the_sandbox_is_locked(handlers: Handlers, module: str) -> None:
    (told,) = (entry for entry in handlers.logs[module] if "lockdown" in entry)
    assert told["message"].startswith("The sandbox is ")
    assert {"server_hidden", "landlock", "seccomp"} <= set(told["lockdown"])
    assert set(told["lockdown"].values()) <= {True, False}


def totals(module: str, handlers: Handlers) -> Counter[tuple[str, str]]:
    """The sums of all metrics, by name and code."""
    found: Counter[tuple[str, str]] = Counter()
    for entry in handlers.logs[module]:
        if "_aws" in entry:
            assert entry["service"] == {API: "api", RUN: "run"}[module]
            for metric in entry["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
                found[metric["Name"], entry.get("code", "")] += sum(entry[metric["Name"]])
    return found


@pytest.mark.parametrize("module", [API, RUN])
def test_the_metrics_tell_how_requests_and_calls_ended(handlers: Handlers, module: str) -> None:
    found = totals(module, handlers)
    codes = {code for *_, code, _ in scenarios(module)}
    ended = Counter(
        str((code if code in CATALOGUE else "custom") if code else "ok") for *_, code, _ in scenarios(module)
    )
    assert {code: count for (name, code), count in found.items() if name == "Requests"} == ended
    assert found["ColdStarts", ""] == 1
    assert found["RunnerKills", ""] == (902 in codes)
    assert found["Calls", "902"] == (902 in codes)
    assert found["RequestDuration", ""] > 0
    assert found["CallDuration", ""] > 0
