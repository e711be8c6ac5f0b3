"""Runs user code: each call in a fresh instance of the guest, in a process of its own, until its deadline."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runtime.deadline import Deadline
from runtime.sandbox.endings import Crashed, Ending, TimedOut
from runtime.sandbox.exchange import Exchange
from runtime.sandbox.host import Host
from runtime.sandbox.pool import Pool
from runtime.sandbox.processes import ForkServer


@dataclass(frozen=True)
class Limits:
    """Limits of one call, and of the sandbox as a whole: `runners` processes for calls nested `depth` deep."""

    memory_mb: int = 128
    definition_seconds: float = 10
    runners: int = 16
    depth: int = 8


class Sandbox:
    """The one way in which user code runs. Safe to use from several threads."""

    def __init__(self, guest: Path, limits: Limits) -> None:
        self._limits = limits
        self._fork_server = ForkServer(guest)
        self._pool = Pool(self._fork_server, limits.runners, limits.depth)

    def start(self) -> None:
        """Start the fork server ahead of the first call. Raises SandboxUnavailable."""
        self._fork_server.start()

    def run(
        self, app: str, code: str, make_event: Callable[[], str], *, host: Host, deadline: Deadline, depth: int = 0
    ) -> Ending:
        """Run one handler of an app's code and tell how it ended.

        `code` and the event are texts for the guest; the event is made when the handler is about to start. `depth` is
        how many calls of user code this one is nested in. Raises NoRunnerInTime, SandboxUnavailable.
        """
        runner = self._pool.acquire(app, depth, deadline)
        ending: Ending = Crashed("the call was given up")
        try:
            exchange = Exchange(runner, host, deadline)
            ending = exchange.run(code, make_event, self._limits.memory_mb, self._limits.definition_seconds)
            return ending
        finally:
            self._pool.release(runner, depth, reusable=not isinstance(ending, TimedOut | Crashed))

    def close(self) -> None:
        """End all processes."""
        self._pool.close()
        self._fork_server.close()
