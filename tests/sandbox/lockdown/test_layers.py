"""What the layers report, and what happens where one cannot be had."""

import errno
import os
import signal
import sys
from pathlib import Path

import pytest

from runtime.sandbox.lockdown import libc
from runtime.sandbox.lockdown.layers import Layer, NotAvailable, attempt, decode, encode, summary
from runtime.sandbox.lockdown.lock import LAYERS_OF_A_RUNNER, in_a_fork, layers_to_inherit, lock
from runtime.sandbox.sandbox import Sandbox
from tests.sandbox.calls import HELLO, body, run
from tests.sandbox.lockdown.conftest import Lock
from tests.sandbox.lockdown.native import KILLED, NativeRunners

pytestmark = pytest.mark.slow

ALL = ["network", "root", "limits", "privileges", "no_new_privileges", "hidden", "landlock", "seccomp"]

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux locks runners")


def test_a_start_tells_of_every_layer(sandbox: Sandbox) -> None:
    layers = sandbox.start()
    assert [layer.name for layer in layers] == ["server_hidden", *ALL]
    assert all(layer.detail for layer in layers)


@needs_linux
@pytest.mark.parametrize("name", ["server_hidden", "limits", "privileges", "no_new_privileges", "hidden", "seccomp"])
def test_what_every_linux_has(sandbox: Sandbox, name: str) -> None:
    assert {layer.name: layer.active for layer in sandbox.start()}[name]


def test_the_report_goes_through_a_pipe() -> None:
    layers = (Layer("one", True, "it is there"), Layer("two", False, 'no "such" thing'))
    assert decode(encode(layers)) == layers


REPORTS = [
    ([("a", True), ("b", True)], "The sandbox is locked by a, b."),
    ([("a", True), ("b", False)], "The sandbox is locked by a. Missing: b (why)."),
    ([("b", False)], "The sandbox is not locked from outside. Missing: b (why)."),
]


@pytest.mark.parametrize(("layers", "line"), REPORTS)
def test_the_summary(layers: list[tuple[str, bool]], line: str) -> None:
    assert summary([Layer(name, active, "why") for name, active in layers]) == line


# Where a layer cannot be had


def _raise(exception: BaseException) -> str:
    raise exception


TROUBLES = [
    (NotAvailable("the kernel has none"), "the kernel has none"),
    (OSError(errno.EPERM, "Operation not permitted"), "Operation not permitted"),
    (ValueError("current limit exceeds maximum limit"), "current limit exceeds maximum limit"),
]


@pytest.mark.parametrize(("trouble", "detail"), TROUBLES, ids=lambda value: type(value).__name__)
def test_a_layer_that_cannot_be_had(trouble: Exception, detail: str) -> None:
    assert attempt("it", lambda: _raise(trouble)) == Layer("it", False, detail)


TRIALS = [
    (lambda: "worked", None, "worked"),
    (lambda: _raise(OSError(errno.ENOSYS, "Function not implemented")), OSError, "Function not implemented"),
    (lambda: str(os.kill(os.getpid(), signal.SIGSYS)), OSError, "ended by SIGSYS"),
    (lambda: _raise(ZeroDivisionError()), OSError, "its trial failed"),
]


@needs_linux
@pytest.mark.parametrize(("apply", "error", "told"), TRIALS, ids=["works", "fails", "kills", "breaks"])
def test_a_trial(apply: object, error: type[Exception] | None, told: str) -> None:
    if error is None:
        assert in_a_fork(apply) == told  # type: ignore[arg-type]
        return
    with pytest.raises(error, match=told):
        in_a_fork(apply)  # type: ignore[arg-type]


def test_a_layer_that_fails_its_trial_is_left_out() -> None:
    class Broken:
        def apply(self) -> str:
            raise OSError(errno.EINVAL, "Invalid argument")

    found = lock([("first", lambda: "there")], [("second", Broken)])  # type: ignore[list-item]
    assert found.layers == (Layer("first", True, "there"), Layer("second", False, "Invalid argument"))
    found.apply()


def test_elsewhere_nothing_but_limits_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Linux alone has says so on other systems, and calls nothing there."""
    monkeypatch.setattr(sys, "platform", "darwin")
    libc._library.cache_clear()
    for name, apply in layers_to_inherit(128):
        if name != "limits":
            assert attempt(name, apply) == Layer(name, False, "it needs Linux")
    for name, make in LAYERS_OF_A_RUNNER:
        layer = attempt(name, lambda make=make: make().apply())  # type: ignore[misc]
        assert not layer.active


@needs_linux
def test_no_guest_runs_when_a_layer_fails_after_all(guest: Path) -> None:
    runners = NativeRunners(guest, ["fails the second time"])
    try:
        assert [layer.active for layer in runners.layers] == [True]
        assert runners.attack("def attack(): return 'unlocked'") == KILLED
    finally:
        runners.close()


@needs_linux
@pytest.mark.parametrize("names", [[], ["seccomp"], ALL[:-1], ALL], ids=lambda names: " ".join(names) or "none")
def test_any_of_them_may_be_missing(locked_by: Lock, names: list[str]) -> None:
    assert locked_by(*names).attack("def attack(): return 'works'") == {"got": "works"}


def test_the_sandbox_works_under_all_of_them(sandbox: Sandbox) -> None:
    sandbox.start()
    assert body(run(sandbox, HELLO)) == "hello"
