"""Processes that stand in a runner's place, and write to the server what a test wants them to.

A runner that was taken over by its guest could do all of this: it has its two pipes, and whatever it likes to put there.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runtime.sandbox.processes import ForkServer
from runtime.sandbox.runner_process import RunnerProcess
from runtime.sandbox.wire import HEADER, Kind, Message, encode

ROOT = Path(__file__).parents[2]

PROGRAM = """
import json, os, sys, time
root, incoming, outgoing, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4])
sys.path.insert(0, root)
from runtime.sandbox.wire import read_blocking, write_blocking

def write(data):
    while data: data = data[os.write(outgoing, data):]

def play(steps):
    for name, *arguments in steps:
        match name:
            case "read": read_blocking(incoming)
            case "write": write(bytes.fromhex(arguments[0]) * arguments[1])
            case "fill":
                for _ in range(arguments[0]): write(b"x" * 1000)
            case "drip":
                for byte in bytes.fromhex(arguments[0]): write(bytes([byte])); time.sleep(0.05)
            case "sleep": time.sleep(arguments[0])
            case "close": os.close({"in": incoming, "out": outgoing}[arguments[0]])
            case "exit": os._exit(arguments[0])
            case "for ever":
                while True: play(arguments[0])

print("up", flush=True)
try: play(steps)
except Exception: pass
time.sleep(60)
"""

Step = tuple[Any, ...]

READ: Step = ("read",)


def raw(data: bytes, times: int = 1) -> Step:
    """Write these bytes."""
    return "write", data.hex(), times


def say(kind: Kind, text: str = "", number: int = 0, times: int = 1) -> Step:
    """Write a message."""
    return raw(encode(Message(kind, number, text)), times)


def say_much(kind: Kind, thousands: int, before: str = "", after: str = "", number: int = 0) -> tuple[Step, ...]:
    """Write a message with so many thousand times an x in it."""
    length = len(before) + 1000 * thousands + len(after)
    return raw(header(length, kind, number) + before.encode()), ("fill", thousands), raw(after.encode())


def header(length: int, kind: int, number: int = 0) -> bytes:
    """A header by itself, true or not."""
    return HEADER.pack(length, kind, number)


DEFINED = (READ, say(Kind.DEFINED))
"""What an honest runner does with a definition."""

HANDLING = (*DEFINED, READ)
"""Up to the moment at which the handler runs."""


class Liar:
    """The process, which waits for its turn: `outgoing` and `incoming` are the server's ends of its pipes."""

    def __init__(self, script: tuple[Step, ...]) -> None:
        to_liar, from_liar = os.pipe(), os.pipe()
        pipes = (to_liar[0], from_liar[1])
        self.outgoing, self.incoming = to_liar[1], from_liar[0]
        self.took_its_turn = False
        command = [sys.executable, "-I", "-S", "-c", PROGRAM, str(ROOT), *map(str, pipes), json.dumps(script)]
        self.process = subprocess.Popen(command, pass_fds=pipes, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for descriptor in pipes:
            os.close(descriptor)
        for descriptor in (self.outgoing, self.incoming):
            os.set_blocking(descriptor, False)
        assert self.process.stdout is not None
        with self.process.stdout as told:
            assert told.readline() == b"up\n"

    def has_ended(self) -> bool:
        """Waits for a while, if need be."""
        assert self.took_its_turn, "it was never asked for"
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(60)
        return self.process.poll() is not None

    def end(self) -> None:
        """Whoever of its pipes still has them: it is gone."""
        self.process.kill()
        if not self.took_its_turn:
            self.process.wait()
            os.close(self.outgoing)
            os.close(self.incoming)


class LyingForkServer(ForkServer):
    """The next runner that it forks within `lying` is a liar; all others are honest.

    A liar is collected only when the server is through with it, since until then its process id must stay its own.
    """

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._next: Liar | None = None
        self._liars: dict[int, subprocess.Popen[bytes]] = {}

    @contextlib.contextmanager
    def lying(self, script: tuple[Step, ...]) -> Iterator[Liar]:
        """Within the block, the first new runner plays this script. At its end the liar is killed.

        The process is up when the block begins, so that its time does not count for the call.
        """
        self._next = liar = Liar(script)
        try:
            yield liar
        finally:
            self._next = None
            liar.end()

    def fork(self, app: str) -> RunnerProcess:
        runner = super().fork(app)
        if self._next is not None:
            liar, self._next = self._next, None
            self._exchange(runner, liar)
        return runner

    def reap(self, runner: RunnerProcess) -> None:
        if runner.pid in self._liars:
            self._liars.pop(runner.pid).wait(20)
        else:
            super().reap(runner)

    def close(self) -> None:
        super().close()
        for liar in self._liars.values():
            liar.kill()
            liar.wait()

    def _exchange(self, runner: RunnerProcess, liar: Liar) -> None:
        """Put the liar at the other end of the runner's pipes. The runner itself is reaped: nobody talks to it."""
        for descriptor in (runner.incoming, runner.outgoing):
            os.close(descriptor)
        super().reap(runner)
        liar.took_its_turn = True
        self._liars[liar.process.pid] = liar.process
        runner.pid, runner.outgoing, runner.incoming = liar.process.pid, liar.outgoing, liar.incoming


@contextlib.contextmanager
def bounded_memory(megabytes: int) -> Iterator[None]:
    """Fails if this process takes so much more memory at any moment of the block."""
    before, most, ended = resident(), 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not ended.wait(0.01):
            most = max(most, resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
    assert most - before < megabytes * 1024 * 1024, f"{(most - before) // 1024 // 1024} MB more"


def resident() -> int:
    """The memory of this process, in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")
