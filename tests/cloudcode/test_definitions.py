"""Files are compiled once, and what was compiled is what runs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from runtime.apps.app import App
from runtime.apps.definition import AppDefinition
from runtime.cloudcode.definitions import Definitions
from runtime.deadline import Deadline
from runtime.sandbox.endings import Crashed, Ending
from runtime.sandbox.pool import NoRunnerInTime
from runtime.sandbox.processes import SandboxUnavailable
from runtime.sandbox.sandbox import Limits, Sandbox
from tests.sandbox.calls import RecordingHost, body, event, failure

GOOD = "from shared import prices\ndef on_request(request, response): return prices.VAT"
BROKEN = "def on_request(request, response)\n    return 1"
PRICES = "VAT = 0.2"

PATH = "functions/f.py"


@pytest.fixture
def sandbox(guest: Path) -> Iterator[Sandbox]:
    sandbox = Sandbox(guest, Limits(runners=2, depth=0))
    yield sandbox
    sandbox.close()


def app(**files: str) -> App:
    code = {f"{'functions' if name == 'f' else 'shared'}/{name}.py": source for name, source in files.items()}
    return App(AppDefinition.model_validate({"app": {"id": "shop", "title": "Shop"}}), code)


def text(definitions: Definitions, app: App) -> str:
    return definitions.text(app, PATH, Deadline.after(30))


def run(sandbox: Sandbox, definition: str) -> Any:
    return sandbox.run("shop", definition, event, host=RecordingHost(), deadline=Deadline.after(30))


def test_the_file_and_what_it_may_import_are_compiled(sandbox: Sandbox) -> None:
    told = json.loads(text(Definitions(sandbox), app(f=GOOD, prices=PRICES)))
    assert told["entry"] == PATH
    assert told["files"] == {PATH: GOOD, "shared/prices.py": PRICES}
    assert set(told["compiled"]) == set(told["files"])


def test_it_is_done_once(sandbox: Sandbox) -> None:
    definitions = Definitions(sandbox)
    assert text(definitions, app(f=GOOD)) is text(definitions, app(f=GOOD))


def test_another_version_is_another_text(sandbox: Sandbox) -> None:
    definitions = Definitions(sandbox)
    assert text(definitions, app(f=GOOD, prices=PRICES)) != text(definitions, app(f=GOOD, prices="VAT = 0.3"))
    assert body(run(sandbox, text(definitions, app(f=GOOD, prices="VAT = 0.3")))) == 0.3


def test_what_was_compiled_is_what_runs(sandbox: Sandbox) -> None:
    told = json.loads(text(Definitions(sandbox), app(f=GOOD, prices=PRICES)))
    told["files"] = dict.fromkeys(told["files"], "raise ValueError('this is not run')")
    assert body(run(sandbox, json.dumps(told))) == 0.2


def test_a_file_that_does_not_compile_says_so_when_it_is_called(sandbox: Sandbox) -> None:
    definition = text(Definitions(sandbox), app(f=BROKEN, prices=PRICES))
    assert set(json.loads(definition)["compiled"]) == {"shared/prices.py"}
    assert "SyntaxError" in run(sandbox, definition).text


class Troubled:
    """A sandbox in which the first calls have a trouble, and those after them have none."""

    def __init__(self, sandbox: Sandbox, trouble: str, calls: int) -> None:
        self._sandbox = sandbox
        self._trouble = trouble
        self._calls = calls

    def run(self, app: str, code: str, *rest: Any, deadline: Deadline, **named: Any) -> Ending:
        self._calls -= 1
        if self._calls < 0:
            return self._sandbox.run(app, code, *rest, deadline=deadline, **named)
        match self._trouble:
            case "no runner in time":
                raise NoRunnerInTime
            case "no sandbox":
                raise SandboxUnavailable("There is no compiled guest.")
            case "no time":
                deadline.end()
                return self._sandbox.run(app, code, *rest, deadline=deadline, **named)
            case _:
                return Crashed("the sandbox's process died: it closed its pipe")


@pytest.mark.parametrize("trouble", ["no runner in time", "no sandbox", "no time"])
def test_it_runs_without_until_the_next_call(sandbox: Sandbox, trouble: str) -> None:
    definitions = Definitions(cast(Sandbox, Troubled(sandbox, trouble, calls=1)))
    definition = text(definitions, app(f=GOOD, prices=PRICES))
    assert json.loads(definition)["compiled"] == {}
    assert body(run(sandbox, definition)) == 0.2
    assert set(json.loads(text(definitions, app(f=GOOD, prices=PRICES)))["compiled"]) == {PATH, "shared/prices.py"}


def test_a_runner_that_was_killed_is_asked_again(sandbox: Sandbox) -> None:
    definitions = Definitions(cast(Sandbox, Troubled(sandbox, "killed", calls=1)))
    assert json.loads(text(definitions, app(f=GOOD)))["compiled"].keys() == {PATH}


def test_files_that_bring_the_compiler_down_are_not_compiled_again(sandbox: Sandbox) -> None:
    definitions = Definitions(cast(Sandbox, Troubled(sandbox, "killed", calls=2)))
    assert [json.loads(text(definitions, app(f=GOOD)))["compiled"] for _ in range(2)] == [{}, {}]


def test_a_traceback_shows_the_lines_of_the_source(sandbox: Sandbox) -> None:
    source = "def on_request(request, response):\n    return 1 / 0  # here"
    ending = run(sandbox, text(Definitions(sandbox), app(f=source)))
    assert failure(ending) == "ZeroDivisionError"
    assert "return 1 / 0  # here" in ending.text


def test_no_call_reaches_the_code_of_the_next(sandbox: Sandbox) -> None:
    source = "import shared.prices\ndef on_request(request, response):\n    old = shared.prices.vat()\n    shared.prices.vat.__code__ = (lambda: 9).__code__\n    on_request.__code__ = (lambda request, response: 8).__code__\n    return old"
    definition = text(Definitions(sandbox), app(f=source, prices="def vat(): return 0.2"))
    assert [body(run(sandbox, definition)) for _ in range(5)] == [0.2] * 5
