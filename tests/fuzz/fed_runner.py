"""A runner that says what it is told to: real pipes, and no process behind them."""

import os
import threading
import time

from runtime.cloudcode.call_log import CallLog
from runtime.deadline import Deadline
from runtime.sandbox.endings import Ending
from runtime.sandbox.exchange import Exchange
from runtime.sandbox.host import Host
from runtime.sandbox.runner_process import Prepared, RunnerProcess
from runtime.threads import Threads
from tests.fuzz.target import BrokenPromise

NO_PROCESS = 2**22 + 1
"""Greater than any process id that Linux gives (proc(5), pid_max)."""

SLACK_SECONDS = 10
"""How long after its deadline an exchange may end on a machine that is busy."""


CODE, EVENT = "{}", "{}"


class FedRunner(RunnerProcess):
    """Both ends of its pipes are here. Killing it closes the end that it would write to."""

    def __init__(self) -> None:
        self.heard, outgoing = os.pipe()
        incoming, self.mouth = os.pipe()
        for descriptor in (outgoing, incoming):
            os.set_blocking(descriptor, False)
        super().__init__(
            pid=NO_PROCESS,
            app="app",
            incoming=incoming,
            outgoing=outgoing,
            _server=None,  # type: ignore[arg-type]
        )
        self._speaking = threading.Lock()
        self._silent = False

    def say(self, data: bytes) -> None:
        """Raises OSError when nobody listens any more."""
        with self._speaking:
            if not self._silent:
                os.write(self.mouth, data)

    def be_prepared(self) -> None:
        """As one that was given the code of the next call in advance."""
        now = time.monotonic()
        self.prepared = Prepared(CODE, now, now + SLACK_SECONDS)

    def fall_silent(self) -> None:
        """End, as far as the other side can tell."""
        with self._speaking:
            if not self._silent:
                self._silent = True
                os.close(self.mouth)

    def kill(self) -> None:
        self.fall_silent()

    def end(self) -> None:
        self.fall_silent()
        for descriptor in (self.heard, self.incoming, self.outgoing):
            os.close(descriptor)


class QuietHost:
    """Answers every call, and reads every line of the log as the real one does."""

    def __init__(self) -> None:
        self._log = CallLog(10_000)

    def call(self, capability: str, arguments: str) -> str | None:
        return '{"value": null}'

    def log(self, line: str) -> None:
        self._log.add_from_guest(line)


def exchange_with(runner: FedRunner, host: Host, seconds: float) -> Ending:
    """One call on this runner.

    Raises PreparationLost if the runner was prepared and what it has to say is of no use, and BrokenPromise if the call
    does not end by its deadline, or leaves threads behind.
    """
    started, threads = time.monotonic(), Threads()
    try:
        return Exchange(runner, host, threads, Deadline.after(seconds)).run(CODE, lambda: EVENT, seconds)
    finally:
        took = time.monotonic() - started
        if took > seconds + SLACK_SECONDS:
            raise BrokenPromise(f"the exchange took {took:.1f} seconds, and had {seconds}")
        _check(threads)
        threads.close()


def _check(threads: Threads) -> None:
    end = time.monotonic() + SLACK_SECONDS
    while threads.at_work:
        if time.monotonic() > end:
            raise BrokenPromise(f"{threads.at_work} threads go on after the end of their call")
        time.sleep(0.001)
