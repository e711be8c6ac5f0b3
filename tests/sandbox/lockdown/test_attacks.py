"""Native code in a runner's place finds every door shut: by each layer that is to hold it, and by all together."""

import os
import sys
from typing import Any

import pytest

from runtime.sandbox.architecture import this_machine
from tests.sandbox.lockdown.attacks import ATTACKS, KILLING, Attack
from tests.sandbox.lockdown.conftest import Lock
from tests.sandbox.lockdown.native import KILLED, Answer, NativeRunners

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux locks runners"),
]

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gets as far as a single layer without the others")
needs_x86 = pytest.mark.skipif(this_machine() != "x86_64", reason="the numbers of system calls are those of x86_64")


def attacked(runners: NativeRunners, attack: Attack, prey: dict[str, Any]) -> Answer:
    neighbour = runners.runner()
    try:
        given = {**prey, "fork_server": runners.fork_server, "neighbour": neighbour.pid}
        return runners.attack(attack.source, **given)
    finally:
        neighbour.end()


def is_shut(answer: Answer) -> bool:
    return answer == KILLED or "refused" in answer


def require(runners: NativeRunners, name: str, version: int = 1) -> None:
    """Skip where this kernel does not have the layer, or an older one."""
    (layer,) = (layer for layer in runners.layers if layer.name == name)
    if not layer.active:
        pytest.skip(f"{name}: {layer.detail}")
    if name == "landlock" and int(layer.detail.split(":")[0].removeprefix("version ")) < version:
        pytest.skip(f"landlock: it takes version {version}")


@needs_root
@needs_x86
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_without_locks_the_door_is_open(locked_by: Lock, prey: dict[str, Any], attack: Attack) -> None:
    """Otherwise the tests below would prove nothing."""
    assert not is_shut(attacked(locked_by(), attack, prey))


ALONE = [
    pytest.param(attack, layer, id=f"{layer}-{attack.name}") for attack in ATTACKS for layer in sorted(attack.layers)
]


@needs_root
@needs_x86
@pytest.mark.parametrize(("attack", "layer"), ALONE)
def test_a_layer_alone_shuts_it(locked_by: Lock, prey: dict[str, Any], attack: Attack, layer: str) -> None:
    runners = locked_by(layer)
    require(runners, layer, attack.landlock)
    assert is_shut(attacked(runners, attack, prey))


@needs_x86
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_all_together_shut_it(locked_by: Lock, prey: dict[str, Any], attack: Attack) -> None:
    assert is_shut(attacked(locked_by(None), attack, prey))


@needs_x86
@pytest.mark.parametrize("attack", KILLING, ids=lambda attack: attack.name)
def test_what_no_honest_runner_does_is_its_end(locked_by: Lock, prey: dict[str, Any], attack: Attack) -> None:
    runners = locked_by(None)
    require(runners, "seccomp")
    assert attacked(runners, attack, prey) == KILLED
