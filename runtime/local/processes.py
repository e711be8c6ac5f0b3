"""The parent of the processes that serve an app together."""

import contextlib
import logging
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from runtime.apps.app import App
from runtime.apps.problem import Problem
from runtime.apps.service import Apps
from runtime.local.listener import Listener
from runtime.local.messages import Check, GoneError, Prepare, Start, Switch
from runtime.local.shares import shares
from runtime.local.worker_process import WorkerProcess
from runtime.settings import Settings

TICK_SECONDS = 0.1
"""How long a stop may go unnoticed, and how long to wait when no descriptor is left."""

FULL_SECONDS = 0.01
"""How long to wait when no process takes a connection."""

END_SECONDS = 10.0
"""How long processes may take to end. They give their requests two seconds."""

LEAST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a process is started again whose predecessor did not live for long: each time twice as many."""

LONG_SECONDS = 60.0

logger = logging.getLogger(__name__)


class CannotServeError(Exception):
    """A process died before it could serve; the message is a sentence."""


class Processes:
    """Several processes that serve an app together, each with its share of what the settings allow.

    This one accepts connections, and hands each to the process that has the fewest. All serve the same version. One
    that dies is started anew, while the others go on.
    """

    def __init__(self, listener: Listener, settings: Settings, master_key: str, *, coloured: bool) -> None:
        self.apps = Apps()
        self._listener = listener
        self._shares = shares(settings)
        self._master_key = master_key
        self._coloured = coloured
        self._all: set[WorkerProcess] = set()
        self._ready: Sequence[WorkerProcess] = ()
        self._members = threading.Lock()
        # Held while a process gets ready and while a version is applied, so that none misses a version.
        self._versions = threading.Lock()
        self._version: App | None = None
        self._keepers: list[threading.Thread] = []
        self._stopping = threading.Event()

    def start(self, app: App) -> list[Problem]:
        """Have all processes ready for an app, and tell what is wrong with its code.

        Raises whatever keeps the first of them from starting, or CannotServeError.
        """
        self._version = app
        self.apps.apply(app)
        first, *others = workers = [self._launch(number) for number in range(len(self._shares))]
        self._tell_start(first, is_first=True)
        problems: list[Problem] = _first_answer(first)  # before the others, because it makes what the store lacks
        for worker in others:
            self._tell_start(worker)
        for worker in others:
            _first_answer(worker)
        self._ready = workers
        for worker in workers:
            keeper = threading.Thread(target=self._keep, args=(worker,), name=f"keeper {worker.number}", daemon=True)
            self._keepers.append(keeper)
            keeper.start()
        return problems

    def check(self, app: App) -> list[Problem]:
        """What is wrong with a version; one process looks, for all. Raises CannotServeError when the server stops."""
        while True:
            for worker in self._ready:
                with contextlib.suppress(GoneError):
                    problems: list[Problem] = worker.ask(Check(app))
                    return problems
            if self._stopping.wait(TICK_SECONDS):
                raise CannotServeError("The server is stopping.")

    def apply(self, app: App) -> None:
        """Serve a version: once all processes are prepared for it, all switch, and have when this returns.

        If one cannot be prepared, none switches, and its error is raised.
        """
        with self._versions:
            workers = _those_that_live(self._ready, lambda worker: worker.ask(Prepare(app)))
            self._version = app
            self.apps.apply(app)
            workers = _those_that_live(workers, lambda worker: worker.tell(Switch(app)))
            _those_that_live(workers, lambda worker: worker.answer())

    def run(self) -> None:
        """Have connections served until SIGINT or SIGTERM. A second one has `close` wait for no request."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        listening = self._listener.socket
        listening.setblocking(False)
        poll = select.poll()
        poll.register(listening, select.POLLIN)
        while not self._stopping.is_set():
            if not poll.poll(TICK_SECONDS * 1000):
                self._count()
                continue
            try:
                connection, _ = listening.accept()
            except (BlockingIOError, ConnectionError):  # the client has gone
                continue
            except OSError:  # out of descriptors or memory
                time.sleep(TICK_SECONDS)
                continue
            with connection:
                self._hand_over(connection)
        self._listener.close()

    def close(self) -> None:
        """End all processes in good order: requests that are nearly done are answered."""
        with self._members:
            self._stopping.set()
        self._listener.close()
        workers = tuple(self._all)
        for worker in workers:
            worker.stop()
        give_up_at = time.monotonic() + END_SECONDS
        for worker in workers:
            try:
                worker.wait(max(0, give_up_at - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        for keeper in self._keepers:
            keeper.join()

    def _on_signal(self, *_: object) -> None:
        if self._stopping.is_set():
            for worker in tuple(self._all):
                worker.hurry()
        self._stopping.set()

    def _hand_over(self, connection: socket.socket) -> None:
        """Wait for a process that takes it, if there must be. To the first of those that have equally few."""
        while not self._stopping.is_set():
            self._count()
            for worker in sorted(self._ready, key=lambda worker: worker.outlet.open):
                if worker.outlet.give(connection):
                    return
            time.sleep(FULL_SECONDS)

    def _count(self) -> None:
        for worker in self._ready:
            worker.outlet.count()

    def _launch(self, number: int) -> WorkerProcess:
        """Raises OSError, and CannotServeError if this is the end."""
        with self._members:
            if self._stopping.is_set():
                raise CannotServeError("The server is stopping.")
            worker = WorkerProcess(number)
            self._all.add(worker)
            return worker

    def _tell_start(self, worker: WorkerProcess, *, is_first: bool = False) -> None:
        """One that has died already is found out when its answer is awaited."""
        assert self._version is not None, "nothing is told before `start`"
        share, address = self._shares[worker.number], self._listener.address
        with contextlib.suppress(GoneError):
            worker.tell(Start(self._version, share, self._master_key, address, self._coloured, is_first))

    def _keep(self, worker: WorkerProcess) -> None:
        """Start a process anew whenever it has died, until the end."""
        number, began, pause = worker.number, time.monotonic(), 0.0
        how = self._end_of(worker)
        while not self._stopping.is_set():
            if time.monotonic() - began > LONG_SECONDS:
                pause = 0
            when = f" in {pause:g} seconds" if pause else ""
            logger.warning("Process %d of %d %s. It is started again%s.", number + 1, len(self._shares), how, when)
            if self._stopping.wait(pause):
                return
            pause = min(max(2 * pause, LEAST_PAUSE), LONGEST_PAUSE)
            began = time.monotonic()
            how = self._live(number)

    def _live(self, number: int) -> str:
        """A process from its start to its end; how it ended."""
        try:
            worker = self._launch(number)
        except (OSError, CannotServeError) as error:
            return f"cannot be started: {error}"
        try:
            with self._versions:
                self._tell_start(worker)
                worker.answer()
                with self._members:
                    self._ready = [*self._ready, worker]
        except GoneError:
            pass
        except Exception as error:
            worker.stop()
            self._end_of(worker)
            return f"cannot serve: {error}"
        return self._end_of(worker)

    def _end_of(self, worker: WorkerProcess) -> str:
        how = worker.wait()
        with self._members:
            self._all.discard(worker)
            self._ready = [other for other in self._ready if other is not worker]
        return how


def _first_answer(worker: WorkerProcess) -> Any:
    try:
        return worker.answer()
    except GoneError:
        raise CannotServeError(f"A process of the server {worker.wait()} before it could serve.") from None


def _those_that_live(workers: Iterable[WorkerProcess], talk: Callable[[WorkerProcess], Any]) -> list[WorkerProcess]:
    """Talk to each, and leave out who has died; when it is started anew, that is with the version of that moment."""
    living = []
    for worker in workers:
        with contextlib.suppress(GoneError):
            talk(worker)
            living.append(worker)
    return living
