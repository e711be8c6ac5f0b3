"""The component's entry point: the exports of the world, and what is done once, when the guest is built.

Everything that happens while this module is imported is part of the snapshot that each call starts from.
"""

import json

from relive_guest import preload

preload.import_standard_library()

# These come after the preload, which must see the standard library as it is.
import wit_world  # noqa: E402

from relive_guest import (  # noqa: E402
    checking,
    compiling,
    environment,
    failure,
    host,
    pending,
    rehearsal,
    snapshot,
    sources,
)
from relive_guest.definition import Definition  # noqa: E402
from relive_guest.handling import handle, make_ready  # noqa: E402

environment.prepare()

# One instance of the guest serves one call, so the definition that `handle` runs is the last one made.
_definitions: list[Definition] = []


class WitWorld(wit_world.WitWorld):
    """Nothing that user code does may be raised from an export: to the host it would look like an abort."""

    def warm_up(self) -> None:
        rehearsal.repeat(handle, _forget_call)

    def define(self, code: str) -> str:
        try:
            what, _, files = code.partition(":")
            if what in ("check", "compile"):
                return (checking.check if what == "check" else compiling.compile_all)(json.loads(files))
            _definitions.append(Definition.load(code))
        except BaseException as exception:
            return failure.ending(exception)
        return ""

    def handle(self, event: str) -> str:
        try:
            return handle(_definitions[-1], event)
        except BaseException as exception:
            return failure.ending(exception)


def _forget_call() -> None:
    _definitions.clear()
    for module in (environment, host, pending, sources):
        module.forget_call()
    make_ready()


make_ready()
rehearsal.rehearse(WitWorld(), _forget_call)
snapshot.settle()
