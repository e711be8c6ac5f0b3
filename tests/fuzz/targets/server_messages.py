"""Server to runner: whatever a runner is sent, it answers in messages of its own, and ends when its pipe closes."""

import os
import select
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from runtime.sandbox.architecture import compiled_guest
from runtime.sandbox.processes import ForkServer
from runtime.sandbox.runner_process import RunnerProcess
from runtime.sandbox.wire import BrokenWire, Kind, read_blocking
from tests.conftest import ROOT
from tests.fuzz.mutating.messages import message_mutator, split
from tests.fuzz.target import Attempt, BrokenPromise, Target

PATIENCE_SECONDS = 20

LONGEST = 4096
"""What a pipe takes at once in any case: nobody reads while it is written."""

FROM_RUNNER = {kind for kind in Kind if kind > Kind.READY}

TOKENS = (
    '{"entry": "functions/f.py", "files": {}}', "check:", "entry", "files", "handler", "time_left", "request",
    "on_request", "before_create", ":handlers", '{"value": null}', '{"error": {"kind": "HttpError", "message": ""}}',
    "import cloud", "from shared import x", "raise SystemExit", "\\u0000",
)  # fmt: skip


@contextmanager
def opened(_: Path) -> Iterator[Attempt]:
    guest = compiled_guest(ROOT / "build" / "guests")
    with closing(ForkServer(guest, 128)) as server:
        server.start()

        def attempt(data: bytes) -> None:
            _check_reader(data)
            runner = server.fork("app")
            try:
                _check_messages(_conversation(runner, data))
            finally:
                runner.end()

        yield attempt


def _check_reader(data: bytes) -> None:
    """What a runner reads is a message, or a BrokenWire."""
    reader, writer = os.pipe()
    try:
        os.write(writer, data)
        os.close(writer)
        while True:
            read_blocking(reader)
    except BrokenWire:
        return
    finally:
        os.close(reader)


def _conversation(runner: RunnerProcess, data: bytes) -> bytes:
    """All that the runner says to these bytes until it ends, which it must do once there are no more of them."""
    poll, said = select.poll(), b""
    poll.register(runner.incoming, select.POLLIN)
    end = time.monotonic() + PATIENCE_SECONDS
    _send(runner, data)
    while time.monotonic() < end:
        if poll.poll(1000):
            chunk = os.read(runner.incoming, 1 << 16)
            if not chunk:
                return said
            said += chunk
    raise BrokenPromise(f"the runner has not ended; it said {said[:300]!r}")


def _send(runner: RunnerProcess, data: bytes) -> None:
    """Write it all, which the pipe has room for, and close the pipe; its number stays taken until the runner ends."""
    with suppress(BrokenPipeError):  # it has ended already, which it may
        os.write(runner.outgoing, data)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, runner.outgoing)
    os.close(nothing)


def _check_messages(said: bytes) -> None:
    messages, rest = split(said)
    if rest:
        raise BrokenPromise(f"the runner said half a message: {rest[:300]!r}")
    for _, kind, _, text in messages:
        if kind not in FROM_RUNNER:
            raise BrokenPromise(f"the runner sent a message of kind {kind}")
        text.decode()


TARGET = Target("server-messages", opened, message_mutator(TOKENS), TOKENS, share=2, longest=LONGEST)
