"""Whoever runs a server is told when a runner did what only code outside of WebAssembly can."""

import logging
import os
import signal
import threading

import pytest

from runtime.sandbox.endings import Crashed
from runtime.sandbox.processes import BROKEN_OUT
from runtime.sandbox.sandbox import Sandbox
from tests.sandbox.calls import HELLO, SPIN, body, run
from tests.sandbox.processes import needs_proc, runners, wait_until

pytestmark = pytest.mark.slow


@needs_proc
@pytest.mark.parametrize(
    ("ending", "told"),
    [(signal.SIGSYS, [(logging.CRITICAL, BROKEN_OUT, "shop")]), (signal.SIGKILL, []), (signal.SIGABRT, [])],
    ids=["by the filter", "by the server", "by itself"],
)
def test_a_runner_is_ended(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture, ending: signal.Signals, told: list[object]
) -> None:
    endings: list[object] = []
    call = threading.Thread(target=lambda: endings.append(run(sandbox, SPIN, app="shop")))
    call.start()
    wait_until(lambda: runners(sandbox), "a runner")
    os.kill(runners(sandbox)[0], ending)
    call.join(20)
    assert [type(ending) for ending in endings] == [Crashed]
    records = [each for each in caplog.records if each.name == "runtime.sandbox.processes"]
    assert [(each.levelno, each.getMessage(), vars(each)["app"]) for each in records] == told
    assert body(run(sandbox, HELLO, app="shop")) == "hello"
