"""All layers together: those that the fork server takes on and its runners inherit, and those of each runner."""

import os
import signal
from collections.abc import Callable, Sequence
from functools import partial

from runtime.sandbox.lockdown import empty_root, limits, namespaces, privileges, process
from runtime.sandbox.lockdown.landlock import Landlock
from runtime.sandbox.lockdown.layers import Layer, attempt
from runtime.sandbox.lockdown.seccomp import Seccomp

Apply = Callable[[], str]
MakeLayer = Callable[[], Landlock | Seccomp]


class RunnerLock:
    """What is left for a runner to lock when it has been forked. `layers` tells of all layers, inherited or its own."""

    def __init__(self, layers: Sequence[Layer], own: Sequence[Apply]) -> None:
        self.layers = tuple(layers)
        self._own = tuple(own)

    def apply(self) -> None:
        """Lock this process. Raises OSError if a layer fails that did not at its trial: no guest may run then."""
        for apply in self._own:
            apply()


def lock_fork_server(memory_mb: int) -> RunnerLock:
    """Lock this process as far as one can be that still has to fork, and find out what its runners can have beyond.

    It must have loaded everything: afterwards it finds no file. Layers that this system does not have are left out.
    """
    return lock(layers_to_inherit(memory_mb), LAYERS_OF_A_RUNNER)


def layers_to_inherit(memory_mb: int) -> list[tuple[str, Apply]]:
    """In this order: each step may need a right that a later one gives up."""
    return [
        ("network", namespaces.leave_the_network),
        ("root", empty_root.enter),
        ("limits", partial(limits.limit, memory_mb)),
        ("privileges", privileges.drop),
        ("no_new_privileges", process.forgo_new_privileges),
        ("hidden", process.hide),
    ]


LAYERS_OF_A_RUNNER: tuple[tuple[str, MakeLayer], ...] = (("landlock", Landlock), ("seccomp", Seccomp))


def lock(inherited: Sequence[tuple[str, Apply]], of_a_runner: Sequence[tuple[str, MakeLayer]]) -> RunnerLock:
    """Apply the layers that are inherited, and prepare those of a runner."""
    layers = [attempt(name, apply) for name, apply in inherited]
    own: list[Apply] = []
    layers += [attempt(name, partial(_prepare, make, own)) for name, make in of_a_runner]
    return RunnerLock(layers, own)


def _prepare(make: MakeLayer, own: list[Apply]) -> str:
    """Make a layer that each runner applies itself, and keep it if it passes a trial."""
    layer = make()
    detail = in_a_fork(layer.apply)
    own.append(layer.apply)
    return detail


def in_a_fork(apply: Apply) -> str:
    """Apply a layer in a child process, which must be able to tell of it. Raises OSError with what went wrong there."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        _tell_and_exit(apply, writing)
    os.close(writing)
    try:
        told = os.read(reading, 4096).decode()
    finally:
        os.close(reading)
        _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        raise OSError(0, f"its trial was ended by {signal.Signals(os.WTERMSIG(status)).name}")
    if os.WEXITSTATUS(status) != 0:
        raise OSError(0, told or "its trial failed")
    return told


def _tell_and_exit(apply: Apply, writing: int) -> None:
    failed = 1
    try:
        outcome = attempt("", apply)
        os.write(writing, outcome.detail.encode())
        failed = 0 if outcome.active else 1
    finally:
        os._exit(failed)
