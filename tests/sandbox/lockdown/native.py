"""Starts runners that run native code, and tells what they got."""

import json
import os
import select
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from runtime.sandbox import processes
from runtime.sandbox.lockdown.layers import Layer
from runtime.sandbox.processes import ForkServer
from runtime.sandbox.runner_process import RunnerProcess
from runtime.sandbox.wire import HEADER, LONGEST_MESSAGE, Kind, Message, decode_header, encode

PATIENCE = 20

KILLED = "killed"
"""The answer of a runner that has none, since it is no more."""

Answer = dict[str, Any] | str


class NativeRunners:
    """A fork server and runners under the given layers alone; None for all of them."""

    def __init__(self, guest: Path, names: Sequence[str] | None) -> None:
        self._server = ForkServer(guest, memory_mb=128)
        bootstrap = processes.BOOTSTRAP.replace(
            "runtime.sandbox.forkserver", "tests.sandbox.lockdown.in_a_runners_place"
        )
        told = json.dumps(json.dumps(list(names) if names is not None else None))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(processes, "BOOTSTRAP", bootstrap.replace("main()", f"sys.argv.insert(1, {told}); main()"))
            self.layers: tuple[Layer, ...] = self._server.start()

    @property
    def fork_server(self) -> int:
        assert self._server.pid is not None
        return self._server.pid

    def runner(self) -> RunnerProcess:
        return self._server.fork("app")

    def attack(self, code: str, **given: object) -> Answer:
        """What `attack`, a function in the code, returned or was refused with, in a new runner."""
        runner = self.runner()
        try:
            return ask(runner, code, **given)
        finally:
            runner.end()

    def close(self) -> None:
        self._server.close()


def ask(runner: RunnerProcess, code: str, **given: object) -> Answer:
    message = encode(Message(Kind.DEFINE, text=json.dumps({"code": code, "given": given})))
    try:
        os.write(runner.outgoing, message)
    except BrokenPipeError:
        return KILLED
    header = _read(runner, HEADER.size)
    if not header:
        return KILLED
    length, _, _ = decode_header(header, LONGEST_MESSAGE)
    answer: Answer = json.loads(_read(runner, length))
    return answer


def _read(runner: RunnerProcess, size: int) -> bytes:
    received = b""
    while len(received) < size:
        poll = select.poll()
        poll.register(runner.incoming, select.POLLIN)
        assert poll.poll(PATIENCE * 1000), "the runner says nothing"
        chunk = os.read(runner.incoming, size - len(received))
        if not chunk:
            return b""
        received += chunk
    return received
